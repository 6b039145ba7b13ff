"""The closure on real images: against the real loader, in other processes, on a whole image."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from images.started import docker

from probes.watch.trace import Access, Trace, Use
from slim.closure.options import PlanOptions
from slim.closure.plan_file import plan_text, read_plan
from slim.closure.solve import make_plan
from slim.engine.connect import connect
from slim.engine.read import read_image
from slim.oci.entry import Kind
from slim.oci.image import Image
from slim.oci.tree import Outcome
from slim.plan import Plan

pytestmark = pytest.mark.engine

LISTED = re.compile(r"(?:=> )?(/\S+) \(0x")
PROGRAMS = (
    "/usr/bin/apt-get",
    "/usr/bin/bash",
    "/usr/bin/dpkg-deb",
    "/usr/bin/find",
    "/usr/bin/gpgv",
    "/usr/bin/mawk",
    "/usr/bin/openssl",
    "/usr/bin/perl",
    "/usr/bin/python3.11",
    "/usr/bin/sort",
    "/usr/bin/tar",
    "/usr/sbin/mke2fs",
    "/usr/lib/python3.11/lib-dynload/_sqlite3.cpython-311-x86_64-linux-gnu.so",
    "/usr/lib/python3.11/lib-dynload/nis.cpython-311-x86_64-linux-gnu.so",
)


@pytest.fixture(scope="module")
def flask(fat_image, tmp_path_factory) -> Iterator[Image]:
    engine = connect()
    yield read_image(engine, fat_image.of("flask-debian").reference, tmp_path_factory.mktemp("spool"))
    engine.close()


def plan_of(image: Image, *executed: str, keep: str = "closure") -> Plan:
    accesses = tuple(Access(path, Use.EXEC, "", path, 7, "start", 0.0, 1) for path in sorted(executed))
    return make_plan(
        image.tree, image.config, Trace(image.id, True, accesses=accesses), PlanOptions(keep=keep)
    )


@pytest.fixture(scope="module")
def loaded(flask: Image) -> dict[str, set[str]]:
    """Program → what the image's own loader says that it loads, links resolved."""
    line = 'for p; do echo "== $p"; /lib64/ld-linux-x86-64.so.2 --list "$p"; done'
    arguments = ("--rm", "--network", "none", "--entrypoint", "/bin/sh", flask.reference, "-c", line, "sh")
    found: dict[str, set[str]] = {}
    for text in docker("run", *arguments, *PROGRAMS).stdout.splitlines():
        if text.startswith("== "):
            found[text[3:]] = set()
        elif match := LISTED.search(text):
            reached = flask.tree.resolve(match[1])
            assert reached.outcome is Outcome.FOUND
            found[next(reversed(found))].add(reached.path)
    return found


@pytest.mark.parametrize("program", PROGRAMS)
def test_libraries_are_exactly_those_that_the_images_own_loader_loads(flask, loaded, program):
    bare = flask.config  # the entrypoint's own libraries would hide what is missing
    access = (Access(program, Use.OPEN, "", "", 7, "start", 0.0, 1),)
    config = type(bare).parse(b'{"architecture": "amd64", "os": "linux"}')
    plan = make_plan(flask.tree, config, Trace(flask.id, True, accesses=access), PlanOptions(keep="traced"))
    libraries = {
        path for path in plan.kept if flask.tree[path].kind is Kind.FILE and "/lib" in path and ".so" in path
    }
    needed = {
        path
        for path in libraries
        if any(why.detail.startswith("DT_NEEDED") or "PT_INTERP" in why.detail for why in plan.kept[path])
    }
    assert len(loaded[program]) >= 2
    assert needed == loaded[program]
    assert [item for item in plan.unresolved if item.rule == "elf"] == []


def test_every_program_of_the_image_finds_its_libraries(flask):
    programs = [
        entry.path
        for entry in flask.tree.entries()
        if entry.kind is Kind.FILE
        and entry.mode & 0o111
        and entry.path.startswith(("/usr/bin/", "/usr/sbin/"))
    ]
    assert len(programs) > 300
    plan = plan_of(flask, *programs, keep="traced")
    assert [item for item in plan.unresolved if item.rule == "elf"] == []


def test_a_plan_survives_its_file(flask):
    plan = plan_of(flask, "/usr/bin/python3.11")
    saved = read_plan(plan_text(plan, flask.tree), "plan.json")
    assert saved.plan == plan
    for entry, read in zip(flask.tree.entries(), saved.tree.entries(), strict=True):
        assert (read.path, read.kind, read.size) == (entry.path, entry.kind, entry.size)
        assert (read.link_target, read.hard_link) == (entry.link_target, entry.hard_link)
        assert bool(read.mode & 0o111) == bool(entry.mode & 0o111) or entry.kind is not Kind.FILE


def test_the_plan_is_the_same_in_every_process(flask, tmp_path):
    script = Path(__file__).with_name("plan_digest.py")
    digests = {
        subprocess.run(
            [sys.executable, str(script), flask.reference, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(digests) == 1
    assert len(digests.pop().strip()) == hashlib.sha256().digest_size * 2


def test_every_path_of_the_image_is_decided_and_what_is_kept_is_closed_under_parents(flask):
    plan = plan_of(flask, "/usr/bin/python3.11", "/usr/bin/perl")
    assert set(plan.kept) | set(plan.dropped) == set(flask.tree)
    assert not set(plan.kept) & set(plan.dropped)
    for path in plan.kept:
        assert path == "/" or (path.rpartition("/")[0] or "/") in plan.kept
        assert plan.kept[path]


def test_the_loader_passes_over_entries_of_its_cache_that_are_gone(flask):
    # ld.so.cache is kept as it is, so that in a slim image it lists libraries that are dropped.
    line = (
        "cd /usr/lib/x86_64-linux-gnu; mv libz.so.1* /usr/lib/; dpkg-deb --version | head -1; "
        "rm liblzma.so.5*; dpkg-deb --version 2>&1 | head -1; sort --version | head -1; "
        "ldconfig -p | grep -c 'liblzma.so.5 '"
    )
    told = docker("run", "--rm", "--user", "0", "--entrypoint", "/bin/sh", flask.reference, "-c", line)
    moved, gone, fine, listed = told.stdout.splitlines()
    assert moved.startswith("Debian 'dpkg-deb'")
    assert "liblzma.so.5: cannot open shared object file" in gone
    assert fine.startswith("sort (GNU coreutils)")
    assert listed == "1"
    assert "/etc/ld.so.cache" in plan_of(flask, "/usr/bin/sort").kept
