"""Programs that lose their rights under strace are found by their files in the image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from probes.watch.trace import Access, Trace, Use
from probes.watch.untraceable import set_id_notes, set_id_programs
from slim.oci.entry import Entry, Kind, Source
from slim.oci.path import ImagePath
from slim.oci.tree import Tree

ELF = b"\x7fELF"


MODES = {"su": 0o4755, "wall": 0o2755, "locked": 0o2644, "plain": 0o755, "both": 0o6755, "ping": 0o755}


def entry(path: str, kind: Kind, mode: int, source: Source | None = None, link: str = "") -> Entry:
    size = 0 if source is None else 4
    return Entry(ImagePath(path), kind, mode, 0, 0, size, 0, 0, link_target=link, source=source)


def tree(folder: Path) -> Tree:
    """A /bin of programs, and links to it and in it."""
    (folder / "elf").write_bytes(ELF)
    (folder / "script").write_bytes(b"#!/x")
    program, script = Source(str(folder / "elf")), Source(str(folder / "script"))
    entries = [entry(f"/bin/{name}", Kind.FILE, mode, program) for name, mode in MODES.items()]
    entries[-1] = replace(entries[-1], xattrs=(("security.capability", b"\1"),))
    entries += [
        entry("/sbin", Kind.SYMLINK, 0o777, link="bin"),
        entry("/bin/become", Kind.SYMLINK, 0o777, link="su"),
        entry("/bin/script", Kind.FILE, 0o4755, script),
    ]
    return Tree({each.path: each for each in entries}, 1)


def trace(*paths: str, use: Use = Use.EXEC, error: str = "", tracer: str = "strace") -> Trace:
    access = Access("", use, error, "/bin/sh", 1, "start", 0.0, 1, tracer)
    return Trace("sha256:1", True, (), tuple(replace(access, path=path) for path in paths))


def test_executed_programs_with_rights_of_their_file_are_found_by_their_real_path(tmp_path: Path) -> None:
    executed = trace("/sbin/become", "/bin/su", "/bin/wall", "/bin/../sbin/ping", "/bin/plain")
    assert set_id_programs(executed, tree(tmp_path)) == ("/bin/ping", "/bin/su", "/bin/wall")


def test_scripts_and_programs_without_the_groups_x_have_no_such_rights(tmp_path: Path) -> None:
    executed = trace("/bin/script", "/bin/locked", "/bin", "/nothing", "/bin/su/beyond")
    assert set_id_programs(executed, tree(tmp_path)) == ()


def test_only_an_execution_that_strace_saw_succeed_counts(tmp_path: Path) -> None:
    image = tree(tmp_path)
    assert set_id_programs(trace("/bin/su", use=Use.OPEN), image) == ()
    assert set_id_programs(trace("/bin/su", error="EACCES"), image) == ()
    assert set_id_programs(trace("/bin/su", tracer="fanotify"), image) == ()


def test_each_note_says_what_is_lost_and_what_to_do(tmp_path: Path) -> None:
    assert set_id_notes(trace("/bin/both", "/bin/ping"), tree(tmp_path)) == (
        "/bin/both is set-uid and set-gid, which has no effect under strace: "
        "--tracer fanotify traces it as it runs alone",
        "/bin/ping is given file capabilities, which has no effect under strace: "
        "--tracer fanotify traces it as it runs alone",
    )
