"""What programs of images of different make do: other programs' deeds are their own, the same ones' count."""

import pytest

from probes.watch.trace import Access, Trace, Use
from slim.oci.overlay import read_layer_folders
from slim.verify.deeds import MADE_ANEW, WHY, Programs, with_folders_made
from slim.verify.model import Difference, Verdict

SERVER, SCRIPT, TOOL = "/bin/server", "/entry.sh", "/bin/id"


@pytest.fixture
def programs(tmp_path):
    """Two images with the same programs but for the entrypoint's script; /bin/new is in the second alone."""
    for image, files in (
        ("fat", {SCRIPT: "id", SERVER: "s", TOOL: "i"}),
        ("slim", {SCRIPT: "", SERVER: "s", TOOL: "i", "/bin/new": "n"}),
    ):
        for path, content in files.items():
            target = tmp_path / image / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
            target.chmod(0o755)
    return Programs(read_layer_folders([tmp_path / "fat"]), read_layer_folders([tmp_path / "slim"]))


def trace(*accesses, tracer="strace"):
    made = tuple(
        Access(path, use, "", by, 1, probe, 0.1, 1, tracer)
        for path, use, by, probe in ((*one, "GET /")[:4] for one in accesses)
    )
    return Trace("sha256:0", True, accesses=made)


def started(fat="", slim=""):
    return Difference("the run", "process started", fat, slim)


def written(fat="", slim=""):
    return Difference("the run", "file written", fat, slim)


def counting(programs, *differences, fat=None, slim=None, other_command=False):
    """Those that still count; the others are noted."""
    empty = trace()
    verdict = programs.judged(
        Verdict(1, 1, differences, (), ()), fat or empty, slim or empty, other_command=other_command
    )
    assert {(one.fat, one.slim) for one in (*verdict.differences, *verdict.noted)} == {
        (one.fat, one.slim) for one in differences
    }
    assert all(one.why == WHY for one in verdict.noted)
    return list(verdict.differences)


def test_what_a_script_does_that_is_not_the_same_is_its_own(programs):
    fat = trace((TOOL, Use.EXEC, SCRIPT), ("/tmp/uid", Use.WRITE, SCRIPT))
    assert counting(programs, started(TOOL), written("/tmp/uid"), fat=fat) == []


def test_what_a_program_does_that_such_a_script_starts_alone_is_its_own(programs):
    fat = trace((TOOL, Use.EXEC, SCRIPT), ("/tmp/uid", Use.WRITE, TOOL))
    assert counting(programs, written("/tmp/uid"), started(TOOL), fat=fat) == []
    assert counting(programs, written("/tmp/uid"), fat=fat) == [written("/tmp/uid")], "both started it"


def test_what_the_same_program_starts_in_one_image_alone_counts(programs):
    by_server = trace((TOOL, Use.EXEC, SERVER), ("/tmp/uid", Use.WRITE, SERVER))
    both = [started(TOOL), written("/tmp/uid")]
    assert counting(programs, *both, fat=by_server) == both
    new = trace(("/bin/new", Use.EXEC, SERVER))
    assert counting(programs, started(slim="/bin/new"), slim=new) == [started(slim="/bin/new")]


def test_a_program_that_one_image_alone_holds_does_as_it_likes(programs):
    new = trace(("/bin/new", Use.EXEC, ""), ("/x", Use.WRITE, "/bin/new"))
    assert counting(programs, started(slim="/bin/new"), written(slim="/x"), slim=new) == []


def test_another_command_goes_another_way_up_and_no_further(programs):
    up = trace((TOOL, Use.EXEC, SERVER, "start"))
    assert counting(programs, started(TOOL), fat=up, other_command=True) == []
    assert counting(programs, started(TOOL), fat=up) == [started(TOOL)]
    life = trace((TOOL, Use.EXEC, SERVER, "web: start"))
    assert counting(programs, started(TOOL), fat=life, other_command=True) == []
    later = trace((TOOL, Use.EXEC, SERVER, "start"), (TOOL, Use.EXEC, SERVER, "GET /"))
    assert counting(programs, started(TOOL), fat=later, other_command=True) == [started(TOOL)]


def test_who_did_it_is_asked_of_strace_first(programs):
    exact = trace((TOOL, Use.EXEC, SCRIPT)).accesses
    late = trace((TOOL, Use.EXEC, TOOL), tracer="fanotify").accesses
    assert counting(programs, started(TOOL), fat=Trace("sha256:0", True, accesses=(*late, *exact))) == []
    only_late = Trace("sha256:0", True, accesses=late)
    assert counting(programs, started(TOOL), fat=only_late) == [started(TOOL)], "who did it is not known"


def test_what_nobody_was_seen_to_do_and_what_else_differs_counts(programs):
    volatile, body = written("/tmp/….lock"), Difference("GET /", "body", "a", "b")
    fat = trace(("/tmp/a.lock", Use.WRITE, SCRIPT))
    assert counting(programs, volatile, body, fat=fat) == [volatile, body]


def test_a_folder_that_the_other_image_lacks_and_makes_is_told_and_no_file(tmp_path):
    for image, paths in (("fat", ("var/body", "var/log", "etc")), ("slim", ("var/log", "etc"))):
        for path in paths:
            (tmp_path / image / path).mkdir(parents=True)
    (tmp_path / "fat" / "etc" / "conf").write_text("of the fat image")
    images = Programs(read_layer_folders([tmp_path / "fat"]), read_layer_folders([tmp_path / "slim"]))
    paths = ("/var/body", "/var/body/", "/var/log", "/etc/conf", "/var/new", "/var/body/new")
    made = images.folders_made(trace(*((path, Use.WRITE, SERVER) for path in paths)))
    assert [(one.path, one.error, one.purpose) for one in made] == [("/var/body", "EEXIST", MADE_ANEW)]
    differences = (written(slim="/var/body"), written(slim="/etc/conf"), started(slim=TOOL))
    verdict = with_folders_made(Verdict(1, 1, differences, (), ()), made)
    assert verdict.differences == differences[1:]
    assert [(one.slim, one.why) for one in verdict.noted] == [("/var/body", MADE_ANEW)]
    assert verdict.on_purpose == made
