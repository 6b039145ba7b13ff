"""Every parser of the closure, on what is not what it expects: facts come out, no exception, and soon."""

import importlib
import io
import pkgutil
import random
import time
import zipfile
from pathlib import Path

import pytest

import slim.closure
from slim.closure.facts import Parser

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(slim.closure.__path__, "slim.closure.")
]
PARSERS = {
    thing.kind: thing for module in MODULES for thing in vars(module).values() if isinstance(thing, Parser)
}
HERE = Path(__file__)


def _archive():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Main-Class: a.Main\nClass-Path: b.jar\n")
        archive.writestr("package/__init__.py", "import json\n")
    return stream.getvalue()


REAL = (
    HERE.read_bytes(),
    HERE.with_name("small_image.py").read_bytes(),
    Path("/bin/sh").read_bytes()[:60_000],
    _archive(),
    b'#!/bin/sh\nset -e\nfor x in a b; do "$x" | tr a b > $(mktemp); done\ncat <<EOF\n$1\nEOF\nexec "$@"\n',
    b"const path = require('path')\nimport a from './a.js'\nrequire(path.join(__dirname, 'x', name))\n",
    b"require 'json'\nrequire File.join(__dir__, 'x')\nautoload :A, \"a/#{b}\"\nsystem('ls -l')\n",
    b'<?php require __DIR__ . \'/a.php\'; include dirname(__FILE__, 2) . "/$x.php"; exec("ls $y");\n',
    b'use strict; use lib "$FindBin::Bin/lib"; require Foo::Bar;'
    b" open my $f, '-|', 'ls', '-l'; my @a = qw(a b);\n",
    b"\xca\xfe\xba\xbe\0\0\0\x34\0\x04\x01\0\x05java/\x07\0\x01\x08\0\x01" + bytes(40),
    b"\xa7\r\r\n" + bytes(12) + b"\xe3" + b"z\x05json." * 20,
)


def _mutated(content, chance):
    content = bytearray(content[: chance.choice((60, 400, 3000, 60_000))])
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(content) + 1)
        what = chance.choice((b"", b"\0", b"\xff\xfe", b"(" * 40, b"'", b'"', b"$(", b"\n", b"/*", b"\xc3"))
        content[at : at + chance.randrange(30)] = what
    return bytes(content)


@pytest.mark.parametrize("kind", sorted(PARSERS))
def test_mutated_files_of_every_kind_give_facts(kind):
    chance = random.Random(kind)
    for content in (b"", *(_mutated(chance.choice(REAL), chance) for _ in range(40))):
        assert isinstance(PARSERS[kind].read(content), PARSERS[kind].type)


def _nested(begin, inner, end, times):
    return begin * times + inner + end * times


BAIT = {
    "php: a name of ten thousand parts": b"<?php include " + b"'a' . " * 10_000 + b"'b';",
    "php: nested calls": b"<?php include " + _nested(b"dirname(", b"__FILE__", b")", 5000) + b";",
    "php: a superscript for a number": "<?php include dirname(__FILE__, ²);".encode(),
    "php: a number of 5000 digits": b"<?php include dirname(__FILE__, " + b"9" * 5000 + b");",
    "php: deeper than a query can count": b"<?php $a = " + b"'x'." * 80_000 + b"'y';",
    "ruby: a name of many parts": b"require " + b"'a' + " * 10_000 + b"'b'",
    "ruby: nested calls": b"require " + _nested(b"File.dirname(", b"__FILE__", b")", 5000),
    "ruby: brackets without end": b"x=" + b"(" * 150_000,
    "node: tables of tables": b"".join(
        b"const t%d={a:t%d[x],b:t%d[y],c:t%d[z]};" % (n, n + 1, n + 1, n + 1) for n in range(40)
    )
    + b"require(t0[q])",
    "node: a chain of calls": b"a" + b".require('b')" * 10_000,
    "python: nested lists": b"import_module(" + _nested(b"[", b"'b'", b"]", 10_000) + b")",
    "python: one name asked for again and again": b"import subprocess\n"
    + b"cmd = cmd + ['x']\nsubprocess.run(cmd)\n" * 6000,
    "python: a try and an answer of thousands of imports": b"try:\n"
    + b" import a\n" * 2000
    + b"except X:\n"
    + b" import b\n" * 2000,
    "python-extension: a word of a megabyte": b"a" * (1 << 20),
    "perl: lists of words without end": b"use lib qw(" * 60_000,
}


@pytest.mark.parametrize("case", BAIT)
def test_a_hostile_file_costs_no_more_than_its_length(case):
    begun = time.process_time()
    for kind, parser in PARSERS.items():
        if kind.rpartition("-")[0] == case.partition(":")[0]:
            parser.read(BAIT[case])
    assert time.process_time() - begun < 3
