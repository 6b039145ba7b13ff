"""What the application is, and that it is kept whole less rubbish."""

from small_image import SmallImage


def test_everything_unowned_under_the_working_folder_is_kept(tmp_path):
    image = (
        SmallImage(tmp_path).file("/app/main.py").file("/app/templates/late.html").folder_at("/app/uploads")
    )
    image.file("/app/.git/config").file("/app/__pycache__/main.cpython-311.pyc").file("/other/x")
    plan = image.starts("python3", "main.py", WorkingDir="/app").plan()
    assert {"/app/main.py", "/app/templates/late.html", "/app/uploads"} <= set(plan.kept)
    assert plan.dropped["/app/.git/config"] == "version control (profile rubbish)"
    assert plan.dropped["/app/__pycache__/main.cpython-311.pyc"].startswith("a cache")
    assert "/other/x" in plan.dropped


def test_what_was_observed_stays_though_it_looks_like_rubbish(tmp_path):
    image = SmallImage(tmp_path).file("/app/main.py").file("/app/.git/HEAD").used("/app/.git/HEAD")
    assert "/app/.git/HEAD" in image.starts("python3", WorkingDir="/app").plan().kept


def test_the_project_around_used_code_is_the_topmost_folder_that_is_not_shared(tmp_path):
    image = SmallImage(tmp_path)
    for top in ("/opt/tool", "/usr/local/lib/tool", "/home/me/tool", "/usr/src/tool", "/tool"):
        image.file(f"{top}/bin/deep/run").file(f"{top}/data/late").used(f"{top}/bin/deep/run")
    image.file("/opt/other/x").file("/home/me/.bashrc").file("/usr/local/lib/libx.so")
    plan = image.packages(base=["/etc"]).plan()
    for top in ("/opt/tool", "/usr/local/lib/tool", "/home/me/tool", "/usr/src/tool", "/tool"):
        assert f"{top}/data/late" in plan.kept
    assert {"/opt/other/x", "/usr/local/lib/libx.so"} <= set(plan.dropped)


def test_a_folder_that_a_link_of_the_project_leads_to_belongs_to_it(tmp_path):
    image = (
        SmallImage(tmp_path)
        .file("/app/main")
        .link("/app/static", "/data/static")
        .file("/data/static/late.css")
    )
    image.file("/data/other").link("/app/back", "/app").link("/app/etc", "/etc").file("/etc/unused")
    plan = image.packages(base=["/usr"]).starts("x", WorkingDir="/app").plan()
    assert "/data/static/late.css" in plan.kept
    assert {"/data/other", "/etc/unused"} <= set(plan.dropped)


def test_shared_folders_are_never_a_project(tmp_path):
    image = SmallImage(tmp_path)
    for folder in ("/usr/local/bin", "/usr/local/lib", "/etc", "/var/lib", "/usr/lib/x86_64-linux-gnu"):
        image.file(f"{folder}/used").file(f"{folder}/unused").used(f"{folder}/used")
    plan = image.starts("/usr/local/bin/used", WorkingDir="/usr/local").packages(base=["/usr"]).plan()
    assert [path for path in plan.kept if path.endswith("/unused")] == []


def test_folders_that_a_package_lists_are_no_project(tmp_path):
    image = SmallImage(tmp_path).file("/usr/share/tool/generated").file("/usr/share/tool/other")
    image.packages(tool=["/usr/share/tool"]).used("/usr/share/tool/generated")
    assert "/usr/share/tool/other" in image.plan().dropped


def test_without_a_package_database_system_folders_are_no_project(tmp_path):
    image = (
        SmallImage(tmp_path).file("/usr/share/a/used").file("/usr/share/a/other").used("/usr/share/a/used")
    )
    assert "/usr/share/a/other" in image.plan().dropped


def test_folders_named_after_an_unowned_program_are_its_own(tmp_path):
    image = (
        SmallImage(tmp_path)
        .program("/usr/local/bin/tool", "")
        .file("/usr/local/share/tool/data")
        .file("/etc/tool/conf")
    )
    image.file("/usr/local/share/other/data").packages(base=["/etc"])
    plan = image.starts("tool").plan()
    assert {"/usr/local/share/tool/data", "/etc/tool/conf"} <= set(plan.kept)
    assert "/usr/local/share/other/data" in plan.dropped


def test_an_image_without_loader_and_packages_is_all_application(tmp_path):
    image = SmallImage(tmp_path).program("/server", "").file("/templates/late.html").file("/.git/x")
    image.host("/usr/lib/ld-none.so").unlink()
    plan = image.starts("/server").plan()
    assert "/templates/late.html" in plan.kept
    assert "/.git/x" in plan.dropped


def server(tmp_path):
    image = SmallImage(tmp_path).program("/usr/sbin/server", "").file("/usr/share/server/errors/404.html")
    image.file("/usr/share/doc/server/README").file("/usr/share/man/man8/server.8").file("/etc/init.d/server")
    image.file("/etc/server/main.conf").file("/etc/server/sites/mine.conf").file(
        "/usr/share/locale/de/server.mo"
    )
    image.file("/usr/bin/sed").program("/usr/bin/tool", "").file("/usr/share/tool/data")
    return image.packages(
        server=["/usr", "/usr/sbin", "/usr/sbin/server", "/usr/share/server/errors/404.html",
                "/usr/share/doc/server/README", "/usr/share/man/man8/server.8", "/etc", "/etc/server",
                "/etc/server/main.conf", "/etc/init.d/server", "/usr/share/locale/de/server.mo"],
        tool=["/usr/bin/tool", "/usr/share/tool/data", "/etc", "/usr"],
        sed=["/usr/bin/sed"],
    )  # fmt: skip


def test_a_package_whose_program_the_entrypoint_starts_is_kept_whole_less_documentation(tmp_path):
    plan = server(tmp_path).starts("server").plan()
    assert {"/usr/share/server/errors/404.html", "/etc/server/main.conf"} <= set(plan.kept)
    assert {"/usr/share/tool/data", "/usr/bin/sed"} <= set(plan.dropped)
    assert plan.dropped["/usr/share/doc/server/README"] == "documentation (profile rubbish)"
    assert plan.dropped["/usr/share/man/man8/server.8"] == "documentation (profile rubbish)"
    assert plan.dropped["/usr/share/locale/de/server.mo"].startswith("translations")
    assert plan.dropped["/etc/init.d/server"].startswith("for an init system")


def test_the_users_files_in_folders_of_that_package_are_kept(tmp_path):
    assert "/etc/server/sites/mine.conf" in server(tmp_path).starts("server").plan().kept


def test_the_application_is_found_behind_wrappers_and_in_what_pid_1_became(tmp_path):
    for number, arguments in enumerate(
        (
            ["tini", "--", "server"],
            ["/bin/sh", "-c", "exec server -x"],
            ["env", "A=1", "server"],
            ["/entry.sh", "server"],
        )
    ):
        image = server(tmp_path / str(number)).program("/usr/bin/tini", "").program("/bin/sh", "")
        image.program("/usr/bin/env", "").program("/entry.sh", '#!/bin/sh\nexec "$@"\n')
        assert "/usr/share/server/errors/404.html" in image.starts(*arguments).plan().kept, arguments
    image = server(tmp_path / "pid1").program("/entry.sh", "#!/bin/sh\n").starts("/entry.sh")
    image.executed("/entry.sh").executed("/usr/sbin/server").executed("/usr/bin/tool", process=7)
    plan = image.plan()
    assert "/usr/share/server/errors/404.html" in plan.kept
    assert "/usr/share/tool/data" in plan.dropped


def test_an_interpreter_that_runs_a_script_is_not_the_application(tmp_path):
    image = (
        SmallImage(tmp_path).program("/usr/bin/python3", "").file("/usr/share/python3/late").file("/app/x.py")
    )
    image.packages(python3=["/usr/bin/python3", "/usr/share/python3/late"]).starts(
        "python3", "x.py", WorkingDir="/app"
    )
    assert "/usr/share/python3/late" in image.plan().dropped


def test_a_base_package_of_many_tools_is_never_the_application(tmp_path):
    image = SmallImage(tmp_path).program("/bin/sleep", "").program("/bin/ls", "")
    image.packages(coreutils=["/bin/sleep", "/bin/ls"]).starts("sleep", "1")
    status = image.host("/var/lib/dpkg/status")
    status.write_text(status.read_text() + "Essential: yes\n")
    assert "/bin/ls" in image.plan().dropped


def test_a_part_of_the_application_in_another_package_of_its_source_gives_configuration_and_data(tmp_path):
    image = (
        SmallImage(tmp_path)
        .program("/usr/sbin/server", "")
        .file("/etc/server/late.conf")
        .file("/etc/server/main.conf")
    )
    image.program("/usr/bin/server-tool", "").file("/etc/lib/late")
    image.packages(
        server=["/usr/sbin/server"],
        server_common=["/etc/server/main.conf", "/etc/server/late.conf", "/usr/bin/server-tool"],
        library=["/etc/lib/late"],
    )
    image.file(
        "/var/lib/dpkg/status",
        "Package: server\nVersion: 1\nDepends: libc6 (>= 2), server-common (<< 1.1~), library\n\n"
        "Package: server-common\nSource: server\nVersion: 1\n\nPackage: library\nVersion: 1\n",
    )
    plan = image.starts("server").used("/etc/server/main.conf").plan()
    assert "/etc/server/late.conf" in plan.kept
    assert {"/usr/bin/server-tool", "/etc/lib/late"} <= set(plan.dropped)


def test_commands_that_an_entrypoint_script_names_in_other_branches_are_kept(tmp_path):
    image = (
        SmallImage(tmp_path)
        .program("/bin/sh", "")
        .program("/bin/chown", "")
        .program("/bin/never", "")
        .program("/bin/dirname", "")
    )
    image.program("/entry.sh", '#!/bin/sh\n. /lib/more.sh\nif [ "$1" = x ]; then chown a b; fi\nexec "$@"\n')
    image.file("/lib/more.sh", "more() { dirname $0; }\n").packages(
        base=["/bin/sh", "/bin/chown", "/bin/never"]
    )
    plan = image.starts("/entry.sh").executed("/entry.sh").plan()
    assert {"/bin/chown", "/lib/more.sh", "/bin/dirname"} <= set(plan.kept)
    assert "/bin/never" in plan.dropped


def test_a_used_language_package_is_kept_whole_less_tests_and_caches(tmp_path):
    site = "/usr/local/lib/python3.11/site-packages"
    image = SmallImage(tmp_path)
    files = [
        "pkg/__init__.py",
        "pkg/late.py",
        "pkg/data.json",
        "pkg/tests/test_a.py",
        "pkg/__pycache__/late.cpython-311.pyc",
    ]
    for file in (*files, "pkg-1.dist-info/METADATA", "idle/__init__.py", "idle-1.dist-info/METADATA",
                 "meta-1.dist-info/METADATA",
                 "meta-1.dist-info/entry_points.txt", "meta/__init__.py"):  # fmt: skip
        image.file(f"{site}/{file}")
    for name, own in (("pkg", files), ("idle", ["idle/__init__.py"]), ("meta", ["meta/__init__.py"])):
        image.file(f"{site}/{name}-1.dist-info/RECORD", "".join(f"{file},,\n" for file in own))
    image.used(f"{site}/pkg/__init__.py").used(f"{site}/meta-1.dist-info/entry_points.txt")
    plan = image.plan()
    for path in ("pkg/late.py", "pkg/data.json", "pkg-1.dist-info/METADATA", "meta-1.dist-info/METADATA"):
        assert f"{site}/{path}" in plan.kept
    for path in (
        "pkg/tests/test_a.py",
        "pkg/__pycache__/late.cpython-311.pyc",
        "idle/__init__.py",
        "meta/__init__.py",
    ):
        assert f"{site}/{path}" in plan.dropped


def test_a_used_npm_package_is_kept_as_far_as_it_reaches_whatever_runs_it(tmp_path):
    modules = "/app/node_modules"
    image = SmallImage(tmp_path).file("/app/index.js")
    for file in (
        "a/package.json",
        "a/index.js",
        "a/lib/late.js",
        "a/test/x.js",
        "a/README.md",
        "b/package.json",
        "b/index.js",
    ):
        image.file(f"{modules}/{file}", "{}")
    image.file(f"{modules}/a/index.js", "require('./lib/late')")
    image.link(f"{modules}/.bin/b", "../b/index.js").starts("node", "index.js", WorkingDir="/app")
    plan = image.used(f"{modules}/a/index.js").used(f"{modules}/b/package.json").plan()
    assert {f"{modules}/a/lib/late.js", f"{modules}/a/package.json"} <= set(plan.kept)
    assert {
        f"{modules}/a/test/x.js",
        f"{modules}/a/README.md",
        f"{modules}/b/index.js",
        f"{modules}/.bin/b",
    } <= set(plan.dropped)


def test_parts_of_the_applications_package_count_though_no_probe_met_them(tmp_path):
    image = SmallImage(tmp_path).program("/usr/sbin/web", "").file("/usr/share/web/icons/a.gif")
    image.file("/etc/web/web.conf").file("/usr/share/other/x")
    image.packages(web=["/etc/web/web.conf"], web_bin=["/usr/sbin/web"],
                   web_data=["/usr/share/web/icons/a.gif"], web_extra=["/usr/share/other/x"])  # fmt: skip
    image.file(
        "/var/lib/dpkg/status",
        "Package: web\nVersion: 1\nDepends: web-bin, web-data\n\n"
        "Package: web-bin\nSource: web\nVersion: 1\n\n"
        "Package: web-data\nSource: web\nVersion: 1\n\nPackage: web-extra\nSource: web\nVersion: 1\n",
    )
    plan = image.starts("web").plan()
    assert {"/usr/share/web/icons/a.gif", "/etc/web/web.conf"} <= set(plan.kept)
    assert "/usr/share/other/x" in plan.dropped


def test_files_of_packages_that_the_application_names_are_kept_but_for_what_people_read(tmp_path):
    image = SmallImage(tmp_path / "image").used("/srv/app/main.php")
    font, licence = "/usr/share/fonts/a.ttf", "/usr/share/doc/a/copyright"
    image.file("/srv/app/main.php", f"<?php draw('{font}'); // see {licence}").file(font, "x").file(
        licence, "x"
    )
    image.packages(fonts=[font, licence])
    kept = image.kept()
    assert font in kept and licence not in kept
