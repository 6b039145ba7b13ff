"""Python code that stands in something else: in Cython, a shell script, a command, a pickle."""

from __future__ import annotations

import re

import msgspec

from slim.closure.facts import Parser
from slim.closure.python.syntax import read_source
from slim.closure.python.written import Import, Written, merged

MAX_TEXT_BYTES = 1 << 19
_MAX_PICKLE = 1 << 26
_MOST = 1000

_BEHIND_OPTION = re.compile(
    rb"\bpython[\d.]*\b[^\n|;&'\"]*?[ \t]-[A-Za-z]*c[ \t]*(['\"])(.*?)(?<!\\)\1", re.DOTALL
)
_HERE_DOCUMENT = re.compile(
    rb"\bpython[\d.]*\b[^\n]*<<(-?)[ \t]*(['\"]?)(\w+)\2[^\n]*\n(.*?)^[ \t]*\3[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
_CIMPORT = re.compile(rb"\bcimport\b")
_GLOBAL = re.compile(rb"c([A-Za-z_][\w.]*)\n[A-Za-z_][\w.]*\n")
_STACK_GLOBAL = re.compile(rb"\x8c.([A-Za-z_][\w.]*)\x94?\x8c.[A-Za-z_][\w.]*\x94?\x93", re.DOTALL)


def read_shell(content: bytes) -> Written:
    """The facts of the Python in a shell's text: behind `-c`, and in here-documents for it. Total."""
    if b"python" not in content:
        return Written()
    found = [match[2].replace(b"\\" + match[1], match[1]) for match in _BEHIND_OPTION.finditer(content)]
    for match in _HERE_DOCUMENT.finditer(content):
        found.append(re.sub(rb"(?m)^\t+", b"", match[4]) if match[1] else match[4])
    return merged(read_source(code) for code in found[:_MOST])


def read_cython(content: bytes) -> Written:
    """The facts of a module of Cython, which is Python with statements of its own. Those are none that
    could not be read, and a `cimport` does what an import does. Total."""
    return msgspec.structs.replace(read_source(_CIMPORT.sub(b"import", content)), errors=False)


def read_pickle(content: bytes) -> Written:
    """The modules whose classes a pickle of protocol 2 to 5 names (GLOBAL, STACK_GLOBAL). Total."""
    names = {*_GLOBAL.findall(content), *_STACK_GLOBAL.findall(content)}
    texts = sorted(raw.decode("ascii", "replace") for raw in names)[:_MOST]
    return Written(imports=tuple(Import(text) for text in texts))


def is_pickle(head: bytes) -> bool:
    """Whether a file begins as a pickle does: PROTO, and its number."""
    return head[:1] == b"\x80" and head[1:2] in (b"\2", b"\3", b"\4", b"\5")


CYTHON = Parser("python-cython-1", read_cython, Written)
IN_SHELL = Parser("python-in-shell-2", read_shell, Written, limit=MAX_TEXT_BYTES)
IN_PICKLE = Parser("python-pickle-2", read_pickle, Written, limit=_MAX_PICKLE)
