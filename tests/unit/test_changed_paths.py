"""Paths that were used and are not the same in two images."""

from handmade import Handmade

from probes.watch.trace import Access, Trace, Use
from slim.oci.compare import Aspect
from slim.verify.changed import changed_paths


def trace(*paths, use=Use.OPEN, error=""):
    accesses = tuple(Access(path, use, error, "/bin/app", 1, "GET /", 0.1, 1) for path in paths)
    return Trace("sha256:0", True, accesses=accesses)


def base(folder, **more):
    made = Handmade(folder).folder("/etc").folder("/opt").link("/current", "opt")
    return made.file("/etc/app.conf", more.pop("conf", b"a=1\n"), **more)


def changes(tmp_path, fat, slim, *traces):
    found = changed_paths(traces, fat.image().tree, slim.image().tree)
    return {one.path: [each.aspect for each in one.changes] for one in found}


def test_what_is_the_same_is_not_told_whatever_its_time(tmp_path):
    fat, slim = base(tmp_path / "a"), base(tmp_path / "b", mtime=1)
    assert changes(tmp_path, fat, slim, trace("/etc/app.conf")) == {}


def test_other_content_is_told_with_who_used_it(tmp_path):
    fat, slim = base(tmp_path / "a"), base(tmp_path / "b", conf=b"a=2\n")
    (found,) = changed_paths([trace("/etc/app.conf")], fat.image().tree, slim.image().tree)
    assert (found.path, found.executable, found.probe) == ("/etc/app.conf", "/bin/app", "GET /")
    assert [one.aspect for one in found.changes] == [Aspect.CONTENT]


def test_what_nobody_used_is_not_told(tmp_path):
    fat, slim = base(tmp_path / "a"), base(tmp_path / "b", conf=b"a=2\n")
    used = (trace("/opt"), trace("/etc/app.conf", error="EINTR"), trace("/etc/app.conf", use=Use.LOOKUP))
    assert changes(tmp_path, fat, slim, *used) == {}


def test_mode_and_owner_of_what_was_run_are_told(tmp_path):
    fat, slim = base(tmp_path / "a"), base(tmp_path / "b", mode=0o4755, uid=7)
    used = trace("/etc/app.conf", use=Use.EXEC)
    assert changes(tmp_path, fat, slim, used) == {"/etc/app.conf": [Aspect.MODE, Aspect.OWNER]}


def test_a_link_on_the_way_that_leads_elsewhere_is_told(tmp_path):
    fat = base(tmp_path / "a").file("/opt/x", b"1").file("/etc/x", b"1")
    slim = base(tmp_path / "b").file("/opt/x", b"1").file("/etc/x", b"1").link("/current", "etc")
    assert changes(tmp_path, fat, slim, trace("/current/x")) == {"/current": [Aspect.LINK_TARGET]}


def test_what_only_one_image_holds_is_for_look_ups_to_tell(tmp_path):
    fat, slim = base(tmp_path / "a").file("/opt/x", b"1"), base(tmp_path / "b").file("/opt/y", b"1")
    assert changes(tmp_path, fat, slim, trace("/opt/x", "/opt/y")) == {}


def test_what_was_refused_is_told_with_the_folder_that_may_be_why(tmp_path):
    fat, slim = base(tmp_path / "a"), base(tmp_path / "b").folder("/etc", 0o700)
    used = trace("/etc/app.conf", use=Use.LOOKUP, error="EACCES")
    assert changes(tmp_path, fat, slim, used) == {"/etc": [Aspect.MODE]}
