"""The plan as a whole: seeds, links, parents, includes and excludes, what is said of each path."""

from small_image import SmallImage

from probes.watch.trace import Use


def reasons(plan, path):
    return [(reason.rule, reason.detail) for reason in plan.kept[path]]


def test_every_path_is_kept_or_dropped_and_parents_are_kept(tmp_path):
    image = SmallImage(tmp_path).file("/a/b/c").file("/a/d").used("/a/b/c")
    plan = image.plan(keep="traced")
    assert set(plan.kept) | set(plan.dropped) == set(image.tree)
    assert not set(plan.kept) & set(plan.dropped)
    assert {"/", "/a", "/a/b", "/a/b/c"} <= set(plan.kept)
    assert "/a/d" in plan.dropped


def test_the_same_input_gives_the_same_plan(tmp_path):
    image = (
        SmallImage(tmp_path).file("/a/b").file("/a/c").link("/x", "a").used("/x/b").used("/a/c", Use.LOOKUP)
    )
    assert image.plan() == image.plan()
    assert list(image.plan().kept) == sorted(image.plan().kept)


def test_every_link_on_the_way_is_kept(tmp_path):
    image = SmallImage(tmp_path).file("/usr/lib/x").link("/lib", "usr/lib").link("/opt/way", "../lib/x")
    plan = image.used("/opt/way").plan(keep="traced")
    assert {"/opt/way", "/lib", "/usr/lib/x"} <= set(plan.kept)
    assert reasons(plan, "/lib")[0] == ("link", "on the way to /usr/lib/x: opened under GET /")


def test_a_link_that_was_only_looked_at_keeps_itself(tmp_path):
    image = SmallImage(tmp_path).file("/target").link("/link", "target").used("/link", Use.LINK_LOOKUP)
    plan = image.plan(keep="traced")
    assert "/link" in plan.kept
    assert "/target" not in plan.kept


def test_a_folder_that_was_listed_keeps_itself_and_not_its_content(tmp_path):
    image = SmallImage(tmp_path).file("/data/a").folder_at("/data/b").used("/data", Use.LIST)
    plan = image.plan(keep="traced")
    assert "/data" in plan.kept
    assert {"/data/a", "/data/b"} <= set(plan.dropped)


def test_writing_keeps_the_folder_and_the_file_that_was_there(tmp_path):
    image = SmallImage(tmp_path).file("/var/x/old").folder_at("/var/y").file("/var/y/other")
    image.used("/var/x/old", Use.WRITE).used("/var/y/new", Use.WRITE)
    plan = image.plan(keep="traced")
    assert {"/var/x/old", "/var/y"} <= set(plan.kept)
    assert "/var/y/other" in plan.dropped
    assert reasons(plan, "/var/y") == [("observed", "its content was written under GET /")]


def test_an_open_that_made_a_file_keeps_its_folder(tmp_path):
    """touch(1) of busybox, Python's "a+": O_CREAT and O_RDWR."""
    image = SmallImage(tmp_path).folder_at("/var/y").file("/var/y/other").folder_at("/var/z")
    image.used("/var/y/new").used("/var/z/none", error="ENOENT")
    plan = image.plan(keep="traced")
    assert reasons(plan, "/var/y") == [("observed", "its content was opened under GET /")]
    assert {"/var/y/other", "/var/z"} <= set(plan.dropped)


def test_a_failed_look_up_keeps_nothing_but_a_refused_one_keeps_what_refused(tmp_path):
    image = SmallImage(tmp_path).file("/etc/secret", mode=0o600).folder_at("/etc/empty").file("/etc/file")
    image.used("/etc/empty/x", error="ENOENT").used("/etc/secret", error="EACCES").used(
        "/etc/file/x", error="ENOTDIR"
    )
    plan = image.plan(keep="traced")
    assert "/etc/empty" in plan.dropped
    assert {"/etc/secret", "/etc/file"} <= set(plan.kept)
    assert reasons(plan, "/etc/secret") == [("observed", "opened under GET / (EACCES)")]


def test_paths_outside_the_image_are_nothing_to_it(tmp_path):
    image = SmallImage(tmp_path).used("/proc/self/maps").used("/../../etc/hostname").used("/dev/pts/0")
    assert image.plan(keep="traced").warnings == ()


def test_a_loop_of_links_ends(tmp_path):
    image = SmallImage(tmp_path).link("/a", "b").link("/b", "a").used("/a", Use.LOOKUP, error="ELOOP")
    assert {"/a", "/b"} & set(image.plan().kept)


def test_names_that_are_not_utf_8_survive(tmp_path):
    image = SmallImage(tmp_path).file("/srv/caf\udce9").used("/srv/caf\udce9")
    assert "/srv/caf\udce9" in image.plan().kept


def test_a_path_has_eight_reasons_at_most_the_first_found_first(tmp_path):
    image = SmallImage(tmp_path).file("/a")
    for number in range(20):
        image.used("/a", executable=f"/bin/{number:02}")
    found = reasons(image.plan(), "/a")
    assert len(found) == 8
    assert found[0] == ("observed", "opened by /bin/00 under GET /")


def test_one_name_of_a_set_of_hard_links_does_not_keep_the_others(tmp_path):
    image = (
        SmallImage(tmp_path)
        .file("/usr/bin/git")
        .hard("/usr/bin/git", "/usr/lib/git/git-add")
        .used("/usr/bin/git")
    )
    plan = image.plan()
    assert plan.dropped["/usr/lib/git/git-add"] == (
        "another name (hard link) of /usr/bin/git, which is kept; nothing used this name"
    )


def test_other_names_of_what_is_kept_are_kept(tmp_path):
    image = SmallImage(tmp_path).file("/usr/bin/mawk").link("/etc/alternatives/awk", "/usr/bin/mawk")
    image.link("/usr/bin/awk", "/etc/alternatives/awk").link("/usr/share/doc/x/mawk", "/usr/bin/mawk").used(
        "/usr/bin/mawk"
    )
    plan = image.plan()
    assert {"/etc/alternatives/awk", "/usr/bin/awk"} <= set(plan.kept)
    assert "/usr/share/doc/x/mawk" in plan.dropped


def test_links_to_a_folder_are_kept_where_their_own_folder_is(tmp_path):
    image = SmallImage(tmp_path).file("/usr/lib/a").link("/lib", "usr/lib").link("/far/away/lib", "/usr/lib")
    plan = image.used("/usr/lib/a").plan()
    assert "/lib" in plan.kept
    assert "/far/away/lib" in plan.dropped


def test_volumes_are_kept_with_their_content(tmp_path):
    image = SmallImage(tmp_path).file("/data/a/b").file("/data/.git/c")
    image.starts(Volumes={"/data": {}})
    assert {"/data/a/b", "/data/.git/c"} <= set(image.plan().kept)


def test_the_working_folder_and_the_users_home_are_kept(tmp_path):
    image = SmallImage(tmp_path).folder_at("/var/spool/work").folder_at("/var/people/app")
    image.file("/etc/passwd", "app:x:1000:1000::/var/people/app:/bin/sh\n")
    image.starts(WorkingDir="/var/spool/work", User="app:app")
    assert {"/var/spool/work", "/var/people/app", "/etc/passwd"} <= set(image.plan().kept)


def test_the_programs_of_entrypoint_and_health_check_are_kept(tmp_path):
    image = (
        SmallImage(tmp_path)
        .program("/opt/bin/server", "")
        .program("/bin/sh", "")
        .program("/opt/bin/check", "")
    )
    image.program("/opt/bin/unused", "")
    image.starts(
        "server", Env=["PATH=/opt/bin"], Healthcheck={"Test": ["CMD-SHELL", "check --all || exit 1"]}
    )
    plan = image.plan(keep="traced")
    assert {"/opt/bin/server", "/bin/sh", "/opt/bin/check"} <= set(plan.kept)
    assert "/opt/bin/unused" in plan.dropped


def test_an_entrypoint_that_is_not_there_is_a_warning(tmp_path):
    image = SmallImage(tmp_path).starts("/gone")
    assert image.plan().warnings == (
        "the image's entrypoint starts /gone, which is not a program of the image",
    )


def test_includes_keep_whatever_matches_with_its_content_and_closure(tmp_path):
    image = (
        SmallImage(tmp_path)
        .program("/opt/tool/run", "#!/opt/sh\n")
        .program("/opt/sh", "")
        .file("/opt/tool/d/x")
    )
    plan = image.plan(include=("/opt/t*",), keep="traced")
    assert {"/opt/tool/run", "/opt/tool/d/x", "/opt/sh"} <= set(plan.kept)


def test_an_include_that_matches_nothing_is_a_warning(tmp_path):
    plan = SmallImage(tmp_path).plan(include=("/nothing/**",))
    assert plan.warnings == ("--include /nothing/** matches nothing in the image",)


def test_an_exclude_drops_with_content_and_warns_where_something_was_used(tmp_path):
    image = SmallImage(tmp_path).file("/a/b/c").file("/a/d").used("/a/b/c").used("/a/d")
    plan = image.plan(exclude=("/a/b",))
    assert "/a/d" in plan.kept
    assert plan.dropped["/a/b/c"] == "dropped on purpose: --exclude"
    assert plan.warnings == ("--exclude drops /a/b/c, which was used: opened under GET /",)


def test_an_include_wins_over_an_exclude(tmp_path):
    image = SmallImage(tmp_path).file("/a/b").file("/a/c")
    plan = image.plan(include=("/a/b",), exclude=("/a",))
    assert "/a/b" in plan.kept
    assert "/a/c" in plan.dropped


def test_a_dropped_path_says_which_package_was_not_used(tmp_path):
    image = SmallImage(tmp_path).file("/usr/bin/a").file("/usr/bin/b").file("/usr/bin/c").file("/x")
    image.packages(one=["/usr", "/usr/bin", "/usr/bin/a", "/usr/bin/b"], two=["/usr/bin/c"]).used(
        "/usr/bin/a"
    )
    dropped = image.plan().dropped
    assert dropped["/usr/bin/b"] == "package one: not accessed, and nothing kept needs it"
    assert dropped["/usr/bin/c"] == "package two: none of its files was used"
    assert dropped["/x"] == "not accessed, and nothing kept needs it"


def test_keep_package_keeps_used_packages_whole(tmp_path):
    image = SmallImage(tmp_path).file("/usr/bin/a").file("/usr/share/a/b").file("/usr/bin/c")
    image.packages(one=["/usr/bin/a", "/usr/share/a/b"], two=["/usr/bin/c"]).used("/usr/bin/a")
    plan = image.plan(keep="package")
    assert "/usr/share/a/b" in plan.kept
    assert "/usr/bin/c" in plan.dropped


LOOKED_UP = "only looked up, content kept because a look-up tells its size"


def test_of_a_file_that_nothing_opened_the_plan_says_why_its_content_stays(tmp_path):
    image = SmallImage(tmp_path).file("/a", "content").used("/a", Use.LOOKUP, executable="/p")
    assert reasons(image.plan(keep="traced"), "/a") == [
        ("observed", f"looked up by /p under GET /: {LOOKED_UP}")
    ]


def test_a_file_that_was_opened_by_any_of_its_names_was_not_only_looked_up(tmp_path):
    image = SmallImage(tmp_path).file("/a", "content").link("/link", "a").hard("/a", "/b").file("/c", "x")
    image.used("/a", Use.LOOKUP).used("/link").used("/b", Use.LOOKUP)
    image.used("/c", Use.LOOKUP).used("/c", error="EACCES")
    plan = image.plan(keep="traced")
    assert not [detail for path in ("/a", "/b") for _, detail in reasons(plan, path) if LOOKED_UP in detail]
    assert ("observed", f"looked up under GET /: {LOOKED_UP}") in reasons(plan, "/c")


def test_what_has_no_content_is_just_looked_up(tmp_path):
    image = SmallImage(tmp_path).file("/empty").folder_at("/folder").link("/link", "nowhere")
    image.used("/empty", Use.LOOKUP).used("/folder", Use.LOOKUP).used("/link", Use.LINK_LOOKUP)
    plan = image.plan(keep="traced")
    assert not [path for path in plan.kept for _, detail in reasons(plan, path) if LOOKED_UP in detail]


def test_a_folder_that_a_path_only_leads_out_of_is_needed(tmp_path):
    """path_resolution(7): `..` is looked up in a folder that must be there."""
    image = (
        SmallImage(tmp_path)
        .file("/srv/flag")
        .folder_at("/srv/a/b")
        .folder_at("/srv/c")
        .link("/d", "srv/c/..")
    )
    image.used("/srv/a/b/../../flag", Use.LOOKUP).used("/srv/none/../flag", Use.LOOKUP, error="ENOENT")
    image.used("/d/flag", Use.LOOKUP)
    plan = image.plan(keep="traced")
    assert {"/srv/flag", "/srv/a/b", "/srv/a", "/srv/c", "/d"} <= set(plan.kept)
    assert [rule for rule, _ in reasons(plan, "/srv/a/b")] == ["parent"]
