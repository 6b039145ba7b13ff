"""Paths through the links of /proc that lead to a process's root, folder, program and descriptors."""

from __future__ import annotations

from pathlib import Path

import pytest
from host_strace import Parsed, compiled, lines, strace_of

from probes.watch.kernel_links import unseen
from probes.watch.ledger import Ledger, Timeline
from probes.watch.processes import Process
from probes.watch.strace_parser import StraceParser
from probes.watch.trace import Trace, Use

BEGUN = '10 execve("/p", 0x1, 0x2) = 0'
FORKED = ("10 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 11", '11 chdir("/usr") = 0')
THREAD = "10 clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_THREAD} => {parent_tid=[11]}, 88) = 11"
MISSING = "= -1 ENOENT (No such file or directory)"


def parsed(*texts: str) -> Parsed:
    return Parsed(lines(BEGUN, *texts), cwd="/work")


def opened(path: str, process: int = 10) -> str:
    return f'{process} openat(AT_FDCWD</work>, "{path}", O_RDONLY) = 3<{path}>'


@pytest.mark.parametrize(
    ("before", "asked", "meant"),
    [
        ((), "10 /proc/self/root/opt/flag", "/opt/flag"),
        ((), "10 /proc/./self//root/opt/flag", "/opt/flag"),
        ((), "10 /proc/self/root", "/"),
        ((), "10 /proc/thread-self/cwd/sub/x", "/work/sub/x"),
        ((), "10 /proc/self/task/10/cwd/x", "/work/x"),
        ((), "10 /proc/self/root/proc/self/cwd/x", "/work/x"),
        ((), "10 /proc/self/exe", "/p"),
        ((), "10 /proc/10/exe", "/p"),
        (('10 chdir("/proc/self/root") = 0',), "10 bin", "/bin"),
        (('10 chdir("/jail") = 0', '10 chroot("/jail") = 0'), "10 /proc/self/root/x", "/jail/x"),
        (('10 chdir("/jail") = 0', '10 chroot("/jail") = 0'), "10 /proc/self/cwd/x", "/jail/x"),
        ((*FORKED, '11 chroot("/jail") = 0'), "10 /proc/11/root/x", "/jail/x"),
        ((*FORKED, '11 chroot("/jail") = 0'), "11 /proc/10/root/x", "/x"),
        (FORKED, "10 /proc/11/cwd/x", "/usr/x"),
        (FORKED, "11 /proc/10/cwd/../x", "/work/../x"),
        ((opened("/etc"),), "10 /proc/self/fd/3/x", "/etc/x"),
        ((opened("/etc"),), "10 /proc/self/fd/3", "/etc"),
        ((opened("/etc"),), "10 /dev/fd/3/x", "/etc/x"),
        ((opened("/etc"),), "10 /dev/fd/3/../x", "/x"),
        ((opened("/etc"), "10 dup2(3</etc>, 0) = 0</etc>"), "10 /dev/stdin/x", "/etc/x"),
        ((opened("/etc"), *FORKED, opened("/usr", 11)), "10 /proc/self/fd/3/x", "/etc/x"),
        ((opened("/etc"), *FORKED, opened("/usr", 11)), "10 /proc/11/fd/3/x", "/usr/x"),
        ((opened("/etc"), *FORKED), "11 /proc/self/fd/3/x", "/etc/x"),
        ((THREAD, opened("/etc", 11)), "10 /proc/self/fd/3/x", "/etc/x"),
        ((THREAD, "11 unshare(CLONE_FS) = 0", '11 chdir("/usr") = 0'), "11 /proc/self/cwd/x", "/work/x"),
        (
            (THREAD, "11 unshare(CLONE_FS) = 0", '11 chdir("/usr") = 0'),
            "11 /proc/thread-self/cwd/x",
            "/usr/x",
        ),
        ((opened("/etc"), opened("/usr"), opened("/etc")), "10 /proc/self/fd/3/x", "/etc/x"),
    ],
)
def test_a_path_behind_such_a_link_is_what_the_link_stands_for(
    before: tuple[str, ...], asked: str, meant: str
) -> None:
    process, path = asked.split()
    found = parsed(*before, f'{process} stat("{path}", 0x7) = 0')
    assert (meant, Use.LOOKUP, "") in found.seen()
    assert found.parser.notes() == ()


def test_a_look_up_behind_a_link_fails_by_the_name_that_it_has_in_the_image() -> None:
    found = parsed(
        opened("/etc"), f'10 stat("/dev/fd/3/x", 0x7) {MISSING}', f'10 lstat("/proc/1/x", 0x7) {MISSING}'
    )
    failed = {path for path, _, error in found.seen() if error}
    assert failed == {"/etc/x", "/proc/1/x"}


@pytest.mark.parametrize("path", ["/proc/self/exe", "/proc/self/fd/3", "/proc/self/root", "/dev/stdin"])
@pytest.mark.parametrize("call", ["readlink({}, 0x7f, 99) = 2", "lstat({}, 0x7f) = 0"])
def test_the_link_itself_is_no_use_of_what_it_leads_to(path: str, call: str) -> None:
    found = parsed(opened("/etc"), "10 " + call.format(f'"{path}"'))
    assert {seen for seen in found.seen() if seen[1] is Use.LINK_LOOKUP} == {(path, Use.LINK_LOOKUP, "")}
    assert found.parser.notes() == ()


def test_a_program_that_executes_itself_or_a_descriptor_is_the_program_behind_it() -> None:
    found = parsed(
        opened("/opt/tool"),
        "10 fork() = 11",
        '11 execve("/proc/self/exe", 0x1, 0x2) = 0',
        '11 access("/of-itself", F_OK) = 0',
        '10 execve("/proc/self/fd/3", 0x1, 0x2) = 0',
        '10 access("/of-tool", F_OK) = 0',
    )
    assert [(access.use, access.count) for access in found.of("/p")] == [(Use.EXEC, 1), (Use.EXEC, 1)]
    assert [access.executable for access in found.of("/of-itself")] == ["/p"]
    assert [access.executable for access in found.of("/of-tool")] == ["/opt/tool"]


def test_a_descriptors_program_whose_interpreter_is_missing_fails_by_its_own_name() -> None:
    found = parsed(opened("/opt/tool"), f'10 execve("/proc/self/fd/3", 0x1, 0x2) {MISSING}')
    assert ("/opt/tool", Use.EXEC, "ENOENT") in found.seen()


def test_a_closed_descriptor_says_nothing_of_the_file_that_it_once_was() -> None:
    found = parsed(opened("/etc/x"), f'10 stat("/proc/self/fd/3", 0x7f) {MISSING}')
    assert found.seen("/etc/x") == {("/etc/x", Use.OPEN, "")}


def test_what_an_open_got_through_a_link_is_the_kernels_word() -> None:
    found = parsed(opened("/etc/x"), '10 openat(AT_FDCWD</work>, "/proc/self/fd/3", O_WRONLY) = 4</new>')
    assert (found.seen("/etc/x"), found.seen("/new")) == (
        {("/etc/x", Use.OPEN, "")},
        {("/new", Use.WRITE, "")},
    )


def test_another_process_that_may_not_be_looked_at_says_nothing_of_a_file() -> None:
    refused = "= -1 EACCES (Permission denied)"
    found = parsed(
        *FORKED, f'11 stat("/proc/10/root/x", 0x7) {refused}', f'11 stat("/proc/self/root/y", 0x7) {refused}'
    )
    assert (found.of("/x"), found.seen("/y")) == ([], {("/y", Use.LOOKUP, "EACCES")})


def test_the_same_text_is_another_path_after_chdir_and_another_open() -> None:
    asked = ('10 access("/proc/self/cwd/x", F_OK) = 0', '10 access("/proc/self/fd/3/x", F_OK) = 0')
    found = parsed(
        opened("/one"),
        opened("/two"),
        *asked,
        '10 chdir("/new") = 0',
        opened("/one"),
        *asked,
        opened("/two"),
        *asked,
    )
    counts = {access.path: access.count for access in found.accesses if access.use is Use.LOOKUP}
    assert counts == {"/work/x": 1, "/two/x": 2, "/new/x": 2, "/one/x": 1}


def test_a_process_that_another_strace_follows_is_known_too() -> None:
    ledger, timeline, beside = Ledger("/.slim"), Timeline(common_clock=True), list[dict[bytes, Process]]()
    first, command = (StraceParser(ledger, timeline, cwd=cwd, beside=beside) for cwd in ("/app", "/"))
    first.feed(lines('1 execve("/p", 0x1, 0x2) = 0'))
    command.feed(lines('9 execve("/q", 0x1, 0x2) = 0', '9 access("/proc/1/cwd/x", F_OK) = 0'))
    assert ("/app/x", "/q") in {(access.path, access.executable) for access in ledger.accesses()}


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("/proc/77/root/x", "root"),
        ("/proc/77/cwd/x", "cwd"),
        ("/proc/self/fd/9/x", "fd"),
        ("/dev/fd/9/x", "fd"),
    ],
)
@pytest.mark.parametrize("result", ["= 0", MISSING])
def test_what_cannot_be_followed_stays_as_it_was_asked_for_with_a_note(
    asked: str, kind: str, result: str
) -> None:
    found = parsed(f'10 access("{asked}", F_OK) {result}')
    (note,) = found.parser.notes()
    assert note == (
        f"/p goes through /proc/PID/{kind} to what strace does not know: "
        "what it only looks up there is not seen (--include keeps it)"
    )
    assert [access.path for access in found.of(asked)] == [asked]
    assert unseen(Trace("", complete=True, notes=(note, "another"))) == (note,)


@pytest.mark.parametrize(
    "text",
    [
        'access("/proc/77/root", F_OK) = 0',
        'access("/proc/77/status", F_OK) = 0',
        'access("/dev/fd/9", F_OK) = 0',
        'access("/dev/fd", F_OK) = 0',
        'access("/proc/self/rooted/x", F_OK) = 0',
        'access("/proc/self/fd/9/x", F_OK) = -1 ENOTDIR (Not a directory)',
    ],
)
def test_where_nothing_of_the_image_can_be_behind_the_link_there_is_no_note(text: str) -> None:
    found = parsed(f"10 {text}")
    assert found.parser.notes() == ()
    assert len(found.accesses) == 2


_PROGRAM = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **arguments) {
    struct stat status;
    char name[64], text[64];
    if (count > 1)
        return access("/proc/self/cwd/of-itself", F_OK);
    stat("/proc/self/root/etc/passwd", &status);
    readlink("/proc/self/cwd/link", text, sizeof text);
    readlink("/proc/self/exe", text, sizeof text);
    int folder = open("sub", O_PATH);
    snprintf(name, sizeof name, "/proc/%d/fd/%d/file", getpid(), dup(folder));
    access(name, F_OK);
    dup2(folder, 9);
    open("/dev/fd/9/none", O_RDONLY);
    chdir("/proc/self/fd/9");
    access("in-sub", F_OK);
    int self = open("/proc/self", O_PATH);
    fstatat(self, "root/etc/group", &status, 0);
    if (!fork()) {
        execl("/proc/self/exe", "program", "again", (char *)0);
        _exit(0);
    }
    wait(0);
}
"""


def test_a_real_programs_paths_through_links_are_those_behind_them(tmp_path: Path) -> None:
    program = compiled(tmp_path, _PROGRAM)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/file").touch()
    (tmp_path / "link").symlink_to("sub")
    found = Parsed(strace_of([str(program)], tmp_path, tmp_path / "output"), cwd=str(tmp_path))
    assert (found.parser.losses(), found.parser.notes()) == ((), ())
    sub = f"{tmp_path}/sub"
    assert found.seen(str(tmp_path)) == {
        (str(program), Use.EXEC, ""),
        (f"{tmp_path}/link", Use.LINK_LOOKUP, ""),
        (sub, Use.LOOKUP, ""),
        (f"{sub}/file", Use.LOOKUP, ""),
        (f"{sub}/none", Use.OPEN, "ENOENT"),
        (sub, Use.CHDIR, ""),
        (f"{sub}/in-sub", Use.LOOKUP, "ENOENT"),
        (f"{sub}/of-itself", Use.LOOKUP, "ENOENT"),
    }
    assert found.seen("/etc") == {("/etc/passwd", Use.LOOKUP, ""), ("/etc/group", Use.LOOKUP, "")}
