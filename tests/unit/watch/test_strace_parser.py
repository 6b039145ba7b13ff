"""strace's output, recorded and real, into accesses."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest
from host_strace import Parsed, compiled, lines, strace_of

from probes.watch.ledger import CACHED_LINES, Ledger, Timeline
from probes.watch.strace_parser import StraceParser
from probes.watch.trace import Use

OK = ") = 0"
MISSING = ") = -1 ENOENT (No such file or directory)"


def test_relative_paths_follow_chdir_fork_and_the_folder_that_was_inherited() -> None:
    parsed = Parsed(
        lines(
            '10 execve("/p", 0x1, 0x2) = 0',
            '10 stat("one", 0x7f) = 0',
            '10 chdir("/etc") = 0',
            "10 fork() = 11",
            '11 access("two", F_OK) = 0',
            '11 chdir("/usr") = 0',
            '11 access("three", F_OK) = 0',
            '10 access("four", F_OK) = 0',
        ),
        cwd="/work",
    )
    assert {path for path, use, _ in parsed.seen() if use is Use.LOOKUP} == {
        "/work/one",
        "/etc/two",
        "/usr/three",
        "/etc/four",
    }


def test_threads_share_their_folder_until_one_takes_its_own() -> None:
    parsed = Parsed(
        lines(
            '10 execve("/p", 0x1, 0x2) = 0',
            "10 clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD, exit_signal=0} => {parent_tid=[11]}, 88) = 11",
            '11 chdir("/etc") = 0',
            '10 access("shared", F_OK) = 0',
            "11 unshare(CLONE_FS) = 0",
            '11 chdir("/usr") = 0',
            '10 access("mine", F_OK) = 0',
            '11 access("yours", F_OK) = 0',
        )
    )
    paths = {path for path, use, _ in parsed.seen() if use is Use.LOOKUP}
    assert paths == {"/etc/shared", "/etc/mine", "/usr/yours"}


def test_a_childs_lines_before_its_parents_clone_returned_are_entered_with_its_folder() -> None:
    parsed = Parsed(
        lines(
            '10 execve("/p", 0x1, 0x2) = 0',
            '10 chdir("/a") = 0',
            "10 fork( <unfinished ...>",
            '11 access("early", F_OK) = 0',
            "10 <... fork resumed>) = 11",
            '11 access("late", F_OK) = 0',
        )
    )
    assert parsed.parser.losses() == ()
    assert {(access.path, access.executable) for access in parsed.accesses if access.use is Use.LOOKUP} == {
        ("/a/early", "/p"),
        ("/a/late", "/p"),
    }


def test_among_several_open_clones_the_childs_lines_wait_for_the_one_that_returns_its_id() -> None:
    parsed = Parsed(
        lines(
            '10 execve("/p", 0x1, 0x2) = 0',
            "10 fork() = 11",
            '11 chdir("/b") = 0',
            "10 fork( <unfinished ...>",
            "11 fork( <unfinished ...>",
            '13 access("of-b", F_OK) = 0',
            '12 access("of-root", F_OK) = 0',
            "11 <... fork resumed>) = 13",
            "10 <... fork resumed>) = 12",
        )
    )
    assert parsed.parser.losses() == ()
    assert {path for path, use, _ in parsed.seen() if use is Use.LOOKUP} == {"/b/of-b", "/of-root"}


def test_a_clone_among_held_lines_is_not_taken_for_closed() -> None:
    parsed = Parsed(
        lines(
            '1 execve("/p", 0x1, 0x2) = 0',
            "1 fork() = 42",
            '42 chdir("/b") = 0',
            "1 fork( <unfinished ...>",
            "42 fork( <unfinished ...>",
            "43 fork( <unfinished ...>",
            "42 <... fork resumed>) = 44",
            '45 access("of-held", F_OK) = 0',
            '44 access("of-b", F_OK) = 0',
            "43 <... fork resumed>) = 45",
            "1 <... fork resumed>) = 43",
            '43 access("of-first", F_OK) = 0',
        )
    )
    assert parsed.parser.losses() == ()
    paths = {path for path, use, _ in parsed.seen() if use is Use.LOOKUP}
    assert paths == {"/of-held", "/b/of-b", "/of-first"}


def test_lines_whose_parent_never_shows_make_the_trace_incomplete() -> None:
    parsed = Parsed(lines('10 execve("/p", 0x1, 0x2) = 0', '99 access("who", F_OK) = 0'))
    assert parsed.parser.losses() == (
        "1 relative paths belong to a folder that is not known; the first: access of 'who' by process 99",
        "1 processes appeared whose parent is not known",
    )


def test_a_process_id_that_comes_again_is_another_process() -> None:
    parsed = Parsed(
        lines(
            '10 execve("/p", 0x1, 0x2) = 0',
            "10 fork() = 11",
            '11 chdir("/old") = 0',
            "11 exit_group(0) = ?",
            "11 +++ exited with 0 +++",
            "10 fork( <unfinished ...>",
            '11 access("new", F_OK) = 0',
            "10 <... fork resumed>) = 11",
        )
    )
    assert parsed.seen("/new") == {("/new", Use.LOOKUP, "")}
    assert not parsed.seen("/old/new")


def test_a_program_executed_by_a_thread_goes_on_under_the_first_threads_id() -> None:
    parsed = Parsed(
        lines(
            '10 execve("/p", 0x1, 0x2) = 0',
            "10 clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD, exit_signal=0} => {parent_tid=[11]}, 88) = 11",
            '11 execve("/bin/true", 0x7f, 0x7f <pid changed to 10 ...>',
            "10 +++ superseded by execve in pid 11 +++",
            "10 <... execve resumed>) = -1 (errno 18446744073709551595)",
            '10 access("/after", F_OK) = 0',
            "10 exit_group(0) = ?",
        )
    )
    assert parsed.parser.losses() == ()
    assert [(access.use, access.error) for access in parsed.of("/bin/true")] == [(Use.EXEC, "")]
    assert [access.executable for access in parsed.of("/after")] == ["/bin/true"]
    assert parsed.parser.ended


def test_a_call_that_never_returned_counts_as_used() -> None:
    parsed = Parsed(
        lines(
            '10 execve("/p", 0x1, 0x2) = 0',
            '10 newfstatat(AT_FDCWD</>, "/killed",  <unfinished ...>) = ?',
            "10 +++ killed by SIGKILL +++",
        )
    )
    assert parsed.seen("/killed") == {("/killed", Use.LOOKUP, "")}


def test_a_call_that_the_kernel_makes_again_counts_once() -> None:
    parsed = Parsed(
        lines(
            '10 execve("/p", 0x1, 0x2) = 0',
            '10 open("/fifo", O_RDONLY) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)',
            '10 open("/fifo", O_RDONLY) = 3</fifo>',
        )
    )
    assert [access.count for access in parsed.of("/fifo")] == [1]


def test_the_end_of_all_threads_is_the_end_of_the_program() -> None:
    before = [
        '10 execve("/p", 0x1, 0x2) = 0',
        "10 clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD, exit_signal=0} => {parent_tid=[11]}, 88) = 11",
        "10 exit(0) = ?",
    ]
    assert not Parsed(lines(*before)).parser.ended
    assert Parsed(lines(*before, "11 exit(0) = ?")).parser.ended
    assert Parsed(lines(*before, "11 exit_group(0) = ?")).parser.ended


def test_a_torn_last_line_is_a_loss() -> None:
    parsed = Parsed(lines('10 execve("/p", 0x1, 0x2) = 0') + b"10    1795221811.0 newfstatat(AT_FD")
    (loss,) = parsed.parser.losses()
    assert loss.startswith("1 lines of strace's output cannot be read; the first: 10 ")


def test_lines_that_a_full_disk_glued_together_are_losses_and_nothing_worse() -> None:
    begun = lines('10 execve("/p", 0x1, 0x2) = 0')
    for torn in (b"10    17952", b"10    1795221810.1 access(", b"1", b"\xff \xff \xff ", b"0x1, 0x2) = 0 "):
        parsed = Parsed(begun + torn + begun)
        assert len(parsed.parser.losses()) == 1
        assert [access.path for access in parsed.accesses] == ["/p"]


def test_paths_that_the_programs_memory_did_not_give_are_a_loss() -> None:
    parsed = Parsed(lines('10 execve("/p", 0x1, 0x2) = 0', "10 openat(AT_FDCWD, 0x47a00e, O_RDONLY) = 4"))
    (loss,) = parsed.parser.losses()
    assert loss.endswith("the first: openat by /p")


def test_paths_under_a_changed_root_are_told_from_the_images_root() -> None:
    parsed = Parsed(
        lines(
            '10 execve("/p", 0x1, 0x2) = 0',
            '10 access("/x", F_OK) = 0',
            '10 chroot("/jail") = 0',
            '10 access("/x", F_OK) = 0',
        )
    )
    assert {path for path, use, _ in parsed.seen() if use is Use.LOOKUP} == {"/x", "/jail/x"}


@pytest.mark.parametrize(
    ("flags", "result", "use"),
    [
        ("O_RDONLY|O_CLOEXEC", "3</x>", Use.OPEN),
        ("O_RDWR|O_CREAT, 0644", "3</x>", Use.OPEN),
        ("O_RDONLY|O_NOFOLLOW", "3</x>", Use.OPEN),
        ("O_RDONLY|O_NOFOLLOW", "-1 ELOOP (Too many levels of symbolic links)", Use.LINK_LOOKUP),
        ("O_RDONLY|O_DIRECTORY", "3</x>", Use.LIST),
        ("O_WRONLY|O_CREAT|O_APPEND, 0644", "3</x>", Use.WRITE),
        ("O_RDWR|O_CREAT|O_EXCL, 0600", "3</x>", Use.WRITE),
        ("O_RDWR|O_TRUNC", "3</x>", Use.WRITE),
        ("O_RDONLY|O_PATH", "3</x>", Use.LOOKUP),
        ("O_RDONLY|O_NOFOLLOW|O_PATH", "3</x>", Use.LINK_LOOKUP),
        ("O_RDWR|O_TMPFILE, 0600", "3</x/#5>(deleted)", Use.LOOKUP),
    ],
)
def test_what_an_open_needs_follows_from_its_flags(flags: str, result: str, use: Use) -> None:
    parsed = Parsed(
        lines('10 execve("/p", 0x1, 0x2) = 0', f'10 openat(AT_FDCWD</>, "/x", {flags}) = {result}')
    )
    assert {found for path, found, _ in parsed.seen("/x")} == {use}


def test_an_open_through_a_link_tells_the_file_too() -> None:
    parsed = Parsed(
        lines('10 execve("/p", 0x1, 0x2) = 0', '10 openat(AT_FDCWD</>, "/link", O_RDONLY) = 3</real>')
    )
    assert parsed.seen("/link") | parsed.seen("/real") == {("/link", Use.OPEN, ""), ("/real", Use.OPEN, "")}


def test_a_trailing_slash_follows_the_last_link() -> None:
    parsed = Parsed(lines('10 execve("/p", 0x1, 0x2) = 0', '10 lstat("/link/", 0x7f) = 0'))
    assert parsed.seen("/link") == {("/link", Use.LOOKUP, "")}


def test_accesses_belong_to_the_probe_in_whose_time_they_fall() -> None:
    ledger, timeline = Ledger("/.slim"), Timeline(common_clock=True)
    parser = StraceParser(ledger, timeline, cwd="/")
    timeline.mark("GET /", 1795221810.0015)
    parser.feed(lines('10 execve("/p", 0x1, 0x2) = 0', *['10 access("/x", F_OK) = 0'] * 4))
    assert [(access.probe, access.count) for access in ledger.accesses() if access.path == "/x"] == [
        ("GET /", 3),
        ("start", 1),
    ]


def test_without_a_common_clock_accesses_belong_to_the_probe_that_runs_when_they_arrive() -> None:
    ledger, timeline = Ledger("/.slim"), Timeline(common_clock=False)
    parser = StraceParser(ledger, timeline, cwd="/")
    parser.feed(lines('10 execve("/p", 0x1, 0x2) = 0', '10 access("/x", F_OK) = 0'))
    timeline.mark("GET /", 0.0)
    parser.feed(lines('10 access("/x", F_OK) = 0'))
    assert [access.probe for access in ledger.accesses() if access.path == "/x"] == ["GET /", "start"]


_PROGRAM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **arguments) {
    struct stat status;
    chdir("data");
    int folder = open("sub", O_RDONLY | O_DIRECTORY);
    openat(folder, "file", O_RDONLY);
    openat(folder, "../above", O_RDONLY);
    lstat("link", &status);
    access("na = \"me\" <\377", F_OK);
    if (!fork()) {
        fchdir(folder);
        access("of-child", F_OK);
        _exit(0);
    }
    wait(0);
    if (!vfork()) {
        execl("missing", "missing", (char *)0);
        _exit(0);
    }
    wait(0);
    mkdir("made", 0755);
    rename("made", "moved");
    rmdir("moved");
    fstat(folder, &status);
    return access("of-parent", F_OK);
}
"""


@pytest.fixture(scope="module")
def real_output(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """What the host's strace says of a real program, and the folder that it began in."""
    folder = tmp_path_factory.mktemp("traced")
    program = compiled(folder, _PROGRAM)
    (folder / "data/sub").mkdir(parents=True)
    (folder / "data/sub/file").touch()
    (folder / "data/above").touch()
    (folder / "data/link").symlink_to("above")
    (folder / os.fsdecode(b'data/na = "me" <\xff')).touch()
    return strace_of([str(program)], folder, folder / "output"), str(folder)


def test_a_real_programs_accesses_are_exactly_its_calls(real_output: tuple[bytes, str]) -> None:
    output, cwd = real_output
    parsed = Parsed(output, cwd=cwd)
    data = f"{cwd}/data"
    assert parsed.parser.losses() == ()
    assert parsed.parser.ended
    assert parsed.seen(data) == {
        (data, Use.CHDIR, ""),
        (f"{data}/sub", Use.LIST, ""),
        (f"{data}/sub/file", Use.OPEN, ""),
        (f"{data}/above", Use.OPEN, ""),
        (f"{data}/link", Use.LINK_LOOKUP, ""),
        (f'{data}/na = "me" <\udcff', Use.LOOKUP, ""),
        (f"{data}/sub", Use.CHDIR, ""),
        (f"{data}/sub/of-child", Use.LOOKUP, "ENOENT"),
        (f"{data}/missing", Use.EXEC, "ENOENT"),
        (f"{data}/made", Use.WRITE, ""),
        (f"{data}/made", Use.OPEN, ""),
        (f"{data}/moved", Use.WRITE, ""),
        (f"{data}/of-parent", Use.LOOKUP, "ENOENT"),
    }


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_lines_may_arrive_in_pieces(real_output: tuple[bytes, str], chunk: int) -> None:
    output, cwd = real_output
    assert Parsed(output, cwd=cwd, chunk=chunk).accesses == Parsed(output, cwd=cwd).accesses


def test_many_processes_at_once_are_told_apart(tmp_path: Path) -> None:
    script = "for i in $(seq 40); do (mkdir -p d$i; cd d$i; [ -e x$i ]; cat y$i) & done; wait"
    parsed = Parsed(strace_of(["/bin/sh", "-c", script], tmp_path, tmp_path / "output"), cwd=str(tmp_path))
    assert parsed.parser.losses() == ()
    seen = parsed.seen(str(tmp_path))
    for index in range(1, 41):
        assert (f"{tmp_path}/d{index}/x{index}", Use.LOOKUP, "ENOENT") in seen
        assert (f"{tmp_path}/d{index}/y{index}", Use.OPEN, "ENOENT") in seen


def test_memory_does_not_grow_with_events() -> None:
    ledger = Ledger("/.slim")
    parser = StraceParser(ledger, Timeline(common_clock=True), cwd="/")
    parser.feed(lines('10 execve("/p", 0x1, 0x2) = 0'))
    tracemalloc.start()
    for index in range(3 * CACHED_LINES):
        # the address of a buffer is another one each time: only the shape of the line comes again
        parser.feed(b'10    1795221812.000000 newfstatat(AT_FDCWD</>, "/x", 0x%x, 0) = 0\n' % index)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ledger.events == 3 * CACHED_LINES + 1
    assert len(ledger.accesses()) == 2
    assert peak < 40 << 20


@pytest.mark.parametrize(
    ("cut", "found"),
    [
        ('12 openat(AT_FDCWD</>, "/dev/null", O_RDONLY', {("/dev/null", Use.OPEN, "")}),
        ('12 openat(AT_FDCWD</>, "/dev/null", O_RDONLY) = 3</dev', {("/dev/null", Use.OPEN, "")}),
        ('12 access("/etc/x", F_OK <unfin', {("/etc/x", Use.LOOKUP, "")}),
        ('12 connect(3, {sa_family=AF_UNIX, sun_path="/run/s"', {("/run/s", Use.LOOKUP, "")}),
        ('12 rename("/one", "/tw', {("/one", Use.OPEN, ""), ("/one", Use.WRITE, "")}),
        ('12 openat(AT_FDCWD</>, "/dev/nu', set()),
        ("12 opena", set()),
        ("12 clone3({flags=CLONE_VM", set()),
        ("12 +++ exi", set()),
        ("12 <... wait", set()),
        ("12 ", set()),
    ],
)
def test_a_last_line_without_its_end_is_a_call_that_never_returned(cut: str, found: set[object]) -> None:
    whole = lines('1 execve("/p", 0x1, 0x2) = 0', "1 fork() = 12", "1 exit_group(0) = ?")
    ledger = Ledger("/.slim")
    parser = StraceParser(ledger, Timeline(common_clock=True), cwd="/")
    parser.feed(whole + lines(cut)[:-1])
    assert parser.ended
    parser.close(cut_off=True)
    assert parser.losses() == ()
    assert {(a.path, a.use, a.error) for a in ledger.accesses() if a.path != "/p"} == found


def test_a_last_line_without_its_end_is_a_loss_where_strace_was_not_killed() -> None:
    parsed = Parsed(lines('1 execve("/p", 0x1, 0x2) = 0', '1 access("/x", F_OK')[:-1])
    assert parsed.parser.losses() != ()
