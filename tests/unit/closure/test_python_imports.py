"""Which imports a source names, parsed or scanned."""

import pytest

from slim.closure.python.imports import read_imports, scan_imports


def modules(found):
    return [each.module for each in found]


def test_imports_count_wherever_they_stand():
    text = (
        "import os\ndef f():\n    import yaml\n    try:\n"
        "        from a.b import c, d as e\n    except ImportError:\n        pass\n"
    )
    found = read_imports(text)
    assert [(i.module, i.names, i.deferred) for i in found] == [
        ("a.b", ("c", "d"), True),
        ("os", (), False),
        ("yaml", (), True),
    ]
    assert scan_imports(text) == found


@pytest.mark.parametrize("read", [read_imports, scan_imports])
def test_imports_for_type_checkers_and_relative_ones_do_not_count(read):
    text = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import mypy\nelse:\n    import real\n"
        "from . import x\nfrom .y import z\n"
    )
    assert modules(read(text)) == ["real", "typing"]


def test_imports_by_a_literal_name_count():
    text = (
        'import importlib\nimportlib.import_module("a.b")\n__import__("c")\n'
        'importlib.import_module(name)\nimportlib.import_module(".x", "y")\n'
    )
    assert modules(read_imports(text)) == ["a.b", "c", "importlib"]


@pytest.mark.parametrize(
    "broken",
    ["print 'python 2'\n", "def f(:\n", "\0", "(" * 5000 + "\n", "-" * 200_000 + "1\n"],
    ids=["python 2", "syntax", "null byte", "parentheses", "deep"],
)
def test_a_source_that_no_parser_reads_is_scanned(broken):
    assert modules(read_imports("import yaml, six as s  # both\n" + broken)) == ["six", "yaml"]


def test_a_scan_tells_a_function_from_what_follows_it():
    text = "def f():\n    import a\ntry:\n    import b\nexcept ImportError:\n    import c\n"
    assert [(i.module, i.deferred) for i in scan_imports(text)] == [("a", True), ("b", False), ("c", False)]


def test_a_scan_leaves_out_what_runs_only_as_a_program():
    assert scan_imports("if __name__ == '__main__':\n    import doctest\n") == ()
