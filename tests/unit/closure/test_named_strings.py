"""Literals of compiled programs without an end of their own, and what they lead to."""

import pytest
from small_image import SmallImage, compile_c

from slim.closure.application.literals import read_literals

# As Go and Rust compilers write literals: one run of bytes, addresses and lengths in code and in data.
SIDE_BY_SIDE = r"""
extern const char run[];
__asm__(".section .rodata\n.globl run\n"
        "run: .ascii \"gzip/opt/list/%s.txt/usr/share/zoneinfo/zip -q | sortxz\"\n.text\n");
struct { const char *start; long length; } table[] = {{run, 4}, {run + 4, 16}};
__asm__(".text\n.globl _start\n_start:\n"
        "lea run+53(%rip), %rax\n mov $2, %ebx\n"
        "lea run+20(%rip), %rax\n movq $20, 8(%rsp)\n"
        "movq $13, 16(%rsp)\n lea run+40(%rip), %rdx\n hlt\n");
"""
CALLER = '#include <unistd.h>\nint main(void) { return execlp("tar", "tar", "c", (char *)0); }'


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    return (
        compile_c(folder / "static", SIDE_BY_SIDE, "-nostdlib", "-static", "-no-pie"),
        compile_c(folder / "caller", CALLER),
    )


def test_literals_end_where_their_length_says(programs):
    found = read_literals(programs[0].read_bytes())
    assert {"/opt/list/%s.txt", "/usr/share/zoneinfo/", "zip -q | sort"} <= set(found.texts)
    assert {"gzip", "xz"} <= set(found.names)
    assert not found.starts_programs and not found.is_go


def test_what_starts_programs_is_told(programs):
    assert read_literals(programs[1].read_bytes()).starts_programs


def test_whatever_the_bytes_there_are_literals(programs):
    whole = programs[0].read_bytes()
    for content in (b"", b"\x7fELF\2\1", whole[:70], whole[:200], whole[:-100], whole[:64] + b"\xff" * 999):
        assert read_literals(content) is not None


def test_folders_and_zones_that_a_static_program_names(programs, tmp_path):
    image = SmallImage(tmp_path / "image").copy("/srv/app/main", programs[0]).starts("/srv/app/main")
    image.file("/opt/list/one.txt", "x").file("/usr/share/zoneinfo/Asia/Tokyo", "x")
    image.file("/usr/share/zoneinfo/right/UTC", "x").program("/usr/bin/gzip", "x")
    image.packages(
        tzdata=["/usr/share/zoneinfo/Asia/Tokyo", "/usr/share/zoneinfo/right/UTC"], gzip=["/usr/bin/gzip"]
    )
    kept = image.kept()
    assert {"/opt/list/one.txt", "/usr/share/zoneinfo/Asia/Tokyo"} <= set(kept)
    assert "/usr/share/zoneinfo/right/UTC" not in kept
    assert "/usr/bin/gzip" not in kept  # it starts no programs


def test_programs_that_a_caller_of_exec_names(programs, tmp_path):
    image = SmallImage(tmp_path / "image").copy("/srv/app/main", programs[1]).starts("/srv/app/main")
    image.program("/usr/bin/tar", "x").program("/usr/bin/zip", "x").packages(
        a=["/usr/bin/tar", "/usr/bin/zip"]
    )
    kept = image.kept()
    assert "/usr/bin/tar" in kept and "/usr/bin/zip" not in kept
