"""Reading one line of strace: names may hold anything."""

from __future__ import annotations

import pytest

from probes.watch.calls import Named, read_call


def test_a_path_with_quotes_brackets_and_an_equals_sign_is_read_whole() -> None:
    call = read_call(
        rb'openat(AT_FDCWD</w/d\303\244 = \74y\76>, "f<1> = \"\377\\", O_RDONLY) = 3</w/f\0741\76 = \"\377\\>'
    )
    assert call is not None
    assert call.paths == (Named(b'f<1> = "\xff\\', None, b"/w/d\xc3\xa4 = <y>"),)
    assert (call.result, call.error, call.returned) == ("3", "", b'/w/f<1> = "\xff\\')


def test_a_name_that_looks_like_a_result_is_not_one() -> None:
    call = read_call(rb'openat(AT_FDCWD</>, "a) = 3 (", O_RDONLY) = -1 ENOENT (No such file or directory)')
    assert call is not None
    assert (call.paths, call.error) == ((Named(b"a) = 3 (", None, b"/"),), "ENOENT")


def test_flags_of_openat2_are_seen_inside_its_structure() -> None:
    call = read_call(
        b'openat2(4</w>, "x", {flags=O_RDONLY|O_DIRECTORY, resolve=RESOLVE_BENEATH}, 24) = 5</w/x>'
    )
    assert call is not None
    assert b"O_DIRECTORY" in call.rest
    assert call.paths == (Named(b"x", 4, b"/w"),)


def test_both_paths_of_a_rename_keep_their_own_folders() -> None:
    call = read_call(b'renameat2(4</a>, "x, y", AT_FDCWD</b>, "z", RENAME_NOREPLACE) = 0')
    assert call is not None
    assert call.paths == (Named(b"x, y", 4, b"/a"), Named(b"z", None, b"/b"))


def test_the_text_of_a_symlink_is_not_a_path_of_the_call() -> None:
    call = read_call(b'symlinkat("target", AT_FDCWD</b>, "link") = 0')
    assert call is not None
    assert call.paths == (Named(b"link", None, b"/b"),)


def test_a_unix_socket_is_a_path_and_an_abstract_one_is_none() -> None:
    named = read_call(
        b'connect(3<socket:[1]>, {sa_family=AF_UNIX, sun_path="/run/a b"}, 17) = -1 ENOENT (No such file)'
    )
    abstract = read_call(b'connect(3<socket:[1]>, {sa_family=AF_UNIX, sun_path=@"abs"}, 6) = 0')
    inet = read_call(b"bind(3<socket:[1]>, {sa_family=AF_INET, sin_port=htons(0)}, 16) = 0")
    assert named is not None and abstract is not None and inet is not None
    assert (named.paths, abstract.paths, inet.paths) == ((Named(b"/run/a b"),), (None,), (None,))


def test_an_address_in_a_paths_place_is_a_path_that_was_not_read() -> None:
    call = read_call(b"openat(AT_FDCWD, 0x47a00e, O_RDONLY) = 4")
    assert call is not None
    assert call.unread


def test_null_in_a_paths_place_is_no_path() -> None:
    call = read_call(b"utimensat(3</w/x>, NULL, 0x7ffe, 0) = 0")
    assert call is not None
    assert not call.unread


@pytest.mark.parametrize("line", [b"", b'openat(AT_FDCWD</>, "x', b"strace: out of memory", b'open("x") 3'])
def test_what_is_no_complete_line_is_refused(line: bytes) -> None:
    assert read_call(line) is None
