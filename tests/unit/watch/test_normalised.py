"""Paths made absolute, with the meaning of `..` left to those who know the links."""

from __future__ import annotations

import pytest

from probes.watch.processes import normalised


@pytest.mark.parametrize(
    ("base", "path", "whole"),
    [
        ("/a/b", "c", "/a/b/c"),
        ("/", "c", "/c"),
        ("", "/c", "/c"),
        ("/", "", "/"),
        ("/a", "./b//c/", "/a/b/c"),
        ("/a/b", "../c", "/a/c"),
        ("/a/b", "../../../c", "/c"),
        ("/a/b", "x/../c", "/a/b/x/../c"),
        ("/a", "x/../../c", "/a/x/../../c"),
        ("/jail", "/etc/x", "/jail/etc/x"),
        ("/a", ".hidden", "/a/.hidden"),
        ("/a", "..b", "/a/..b"),
    ],
)
def test_from_a_folder_that_the_kernel_named(base: str, path: str, whole: str) -> None:
    assert normalised(base, path, canonical=True) == whole


def test_a_folder_as_the_program_named_it_may_be_a_link() -> None:
    assert normalised("/link", "../x", canonical=False) == "/link/../x"


def test_above_the_root_is_the_root() -> None:
    assert normalised("", "/../etc", canonical=False) == "/etc"
