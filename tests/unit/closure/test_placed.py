"""What somebody put into the image is kept; what came by the way is not."""

from small_image import SmallImage


def base(tmp_path):
    image = SmallImage(tmp_path / "image").program("/usr/bin/tool", "").file("/etc/tool.conf")
    image.file("/usr/share/unowned-below").file("/etc/skel/.bashrc", "skel").folder_at("/usr/share/tool")
    return image.packages(tool=["/etc", "/usr", "/usr/bin", "/usr/bin/tool", "/etc/tool.conf", "/usr/share",
                                "/usr/share/tool"])  # fmt: skip


def test_unowned_files_of_a_layer_without_packages_are_kept_wherever_they_lie(tmp_path):
    placed = ["/var/www/errors/e404.html", "/usr/share/altdata/x.txt", "/srv/templates/a.html",
              "/etc/myapp/cfg.ini", "/docker-init.d/10.sh", "/etc/mytool.conf"]  # fmt: skip
    image = base(tmp_path).next_layer()
    for path in placed:
        image.file(path)
    plan = image.folder_at("/data/uploads").folder_at("/run/tool").plan()
    assert {*placed, "/data/uploads", "/run/tool"} <= set(plan.kept)
    assert plan.kept["/etc/mytool.conf"][0].detail == "a layer that brought no package put it there"
    assert "/usr/share/unowned-below" in plan.dropped


def test_caches_accounts_and_language_packages_of_such_a_layer_do_not_count(tmp_path):
    passing = ["/root/.cache/pip/x", "/tmp/x", "/var/cache/tool/x", "/var/log/tool.log", "/etc/passwd-",
               "/etc/.pwd.lock", "/app/node_modules/a/index.js", "/app/.git/x",
               "/venv/lib/python3.11/site-packages/idle.py"]  # fmt: skip
    image = base(tmp_path).next_layer()
    for path in passing:
        image.file(path)
    image.file("/home/me/.bashrc", "skel").file("/home/me/.toolrc", "mine")
    plan = image.plan()
    assert set(passing) | {"/home/me/.bashrc"} <= set(plan.dropped)
    assert "/home/me/.toolrc" in plan.kept


def test_what_a_layer_with_packages_generated_is_not_kept_for_that(tmp_path):
    for number, sign in enumerate(("/var/lib/dpkg/info/new.list", "/var/lib/apt/lists/x", "/var/log/dpkg.log",
                                   "/lib/apk/db/installed", "/usr/local/lib/python3.11/os.py")):  # fmt: skip
        image = base(tmp_path / str(number)).next_layer().file(sign).file("/usr/share/generated")
        assert "/usr/share/generated" in image.plan().dropped, sign


def test_a_layer_that_replaces_a_packages_file_is_still_the_users(tmp_path):
    image = base(tmp_path).next_layer().file("/etc/tool.conf", "mine").program("/usr/bin/tool", "mine")
    assert "/usr/share/mine" in image.file("/usr/share/mine").plan().kept


def test_an_apk_layer_is_known_by_its_files_where_its_record_was_replaced(tmp_path):
    image = SmallImage(tmp_path / "image").next_layer().program("/usr/bin/a", "").file("/usr/share/generated")
    image.next_layer().file("/lib/apk/db/installed", "P:a\nV:1\nF:usr/bin\nR:a\n")
    plan = image.next_layer().file("/usr/share/mine").plan()
    assert "/usr/share/mine" in plan.kept
    assert "/usr/share/generated" in plan.dropped


def test_below_the_last_sign_of_rpm_nothing_is_known(tmp_path):
    image = SmallImage(tmp_path / "image").next_layer().file("/opt/generated")
    image.next_layer().file("/var/lib/rpm/rpmdb.sqlite").next_layer().file("/opt/mine").file("/usr/share/x")
    plan = image.plan()
    assert "/opt/mine" in plan.kept
    assert {"/opt/generated", "/usr/share/x"} <= set(plan.dropped)


def test_a_link_to_a_packages_file_is_no_reason_to_keep_that(tmp_path):
    image = base(tmp_path).next_layer().link("/usr/local/bin/t", "/usr/bin/tool").link("/here", "/nowhere")
    plan = image.file("/data/real").link("/data-now", "data").plan()
    assert {"/here", "/data/real", "/data-now"} <= set(plan.kept)
    assert {"/usr/local/bin/t", "/usr/bin/tool"} <= set(plan.dropped)
