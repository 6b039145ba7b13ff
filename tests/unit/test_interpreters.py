"""A program that is there and cannot be executed, for want of what the kernel opens beside it."""

import subprocess

import pytest
from handmade import Handmade

from probes.watch.trace import Access, Trace, Use
from slim.oci.path import image_path
from slim.verify.executed import interpreters
from slim.verify.oracle import Held, lookup_differences

LOADER = "/lib64/ld-linux-x86-64.so.2"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Real programs of this machine's compiler: one that is dynamic, one that is static."""
    folder = tmp_path_factory.mktemp("programs")
    made = Handmade(folder / "files")
    made.link("/bin", "usr/bin").link("/lib64", "usr/lib64").file("/usr/lib64/ld.so", b"loader", mode=0o755)
    made.link("/usr/lib64/ld-linux-x86-64.so.2", "ld.so")
    for name, options in (("dynamic", [f"-Wl,--dynamic-linker={LOADER}"]), ("static", ["-static"])):
        source = b"int main(void) { return 0; }"
        target = folder / name
        subprocess.run(["gcc", "-x", "c", "-", "-o", str(target), *options], input=source, check=True)
        made.file(f"/usr/bin/{name}", target.read_bytes(), mode=0o755)
    scripts = {
        "/opt/script": b"#!/bin/dynamic -x\necho\n",
        "/opt/chain": b"#! /opt/script\n",
        "/opt/around": b"#!/opt/around\n",
        "/opt/beside": b"#!bin/dynamic\n",
        "/opt/broken": b"\x7fELF and no more",
        "/opt/plain": b"echo\n",
    }
    for path, content in scripts.items():
        made.file(path, content, mode=0o755)
    return made.image().tree


def named(program, tree):
    return list(interpreters(program, tree))


def test_the_interpreters_of_a_program(tree):
    assert named("/bin/dynamic", tree) == [LOADER]
    assert named("/opt/script", tree) == ["/bin/dynamic", LOADER]
    assert named("/opt/chain", tree) == ["/opt/script", "/bin/dynamic", LOADER]


def test_what_needs_no_interpreter_or_names_none(tree):
    for program in ("/bin/static", "/opt/plain", "/opt/broken", "/opt/beside", "/opt", "/none", "none"):
        assert named(program, tree) == []


def test_interpreters_that_lead_in_a_circle_end_as_in_the_kernel(tree):
    assert named("/opt/around", tree) == ["/opt/around"] * 5


def differing(program, tree, *lost, error="ENOENT", fat=()):
    access = Access(program, Use.EXEC, error, "/bin/sh", 1, "GET /", 0.1, 1)
    kept = frozenset(tree) - set(map(image_path, lost))
    traces = [Trace("sha256:x", True, (), tuple(one)) for one in ((access,), fat)]
    return lookup_differences(traces[0], traces[1:], Held(tree, kept))


def test_a_loader_that_is_missing_is_named_with_its_program(tree):
    (one,) = differing("/bin/dynamic", tree, "/usr/lib64/ld.so")
    assert (one.path, one.asked, one.program) == ("/usr/lib64/ld.so", LOADER, "/bin/dynamic")
    assert one.detail == (
        "looked up by /bin/sh, which executes /bin/dynamic, under GET / on the slim image: ENOENT"
    )


def test_the_first_that_is_missing_is_named(tree):
    both = ("/usr/bin/dynamic", "/usr/lib64/ld.so")
    assert [one.path for one in differing("/opt/chain", tree, *both)] == ["/usr/bin/dynamic"]
    assert [one.path for one in differing("/opt/chain", tree, "/lib64")] == ["/lib64"]
    assert [one.path for one in differing("/opt/chain", tree, "/opt/chain", *both)] == ["/opt/chain"]


def test_where_nothing_is_missing_nothing_is_named(tree):
    assert differing("/opt/chain", tree) == ()
    assert differing("/bin/static", tree, "/usr/lib64/ld.so") == ()
    fails_too = Access("/bin/dynamic", Use.EXEC, "ENOENT", "/bin/sh", 1, "GET /", 0.1, 1)
    assert differing("/bin/dynamic", tree, "/usr/lib64/ld.so", fat=[fails_too]) == ()
