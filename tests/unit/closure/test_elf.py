"""Facts of ELF files: compiled here, cut short, and lied about."""

import random
import struct
from io import BytesIO

import pytest
from small_image import compile_c, library

from slim.closure.native.dlopen_note import DlopenNote, Priority, dlopen_notes
from slim.closure.native.elf import ElfKind, MalformedElfError, read_elf

NOTE = """
#define TEXT "[{\\"soname\\":[\\"liba.so.1\\",\\"liba.so.0\\"]," \\
             "\\"priority\\":\\"required\\",\\"feature\\":\\"a\\"}," \\
             "{\\"soname\\":[\\"libb.so.2\\"]}]"
struct note { int name, text, type; char owner[4]; char json[sizeof TEXT]; };
__attribute__((used, section(".note.dlopen"), aligned(4)))
static const struct note note = { 4, sizeof TEXT, 0x407c0c0a, "FDO", TEXT };
int answer(void) { return 42; }
"""


def facts(path):
    with path.open("rb") as stream:
        return read_elf(stream, path.stat().st_size)


def test_a_program_names_its_loader_and_libraries(tmp_path):
    found = facts(compile_c(tmp_path / "program"))
    assert found.interpreter.startswith("/lib")
    assert found.needed == ("libc.so.6",)
    assert found.is_program
    assert (found.kind, found.bits) == (ElfKind.SHARED, 64)


def test_a_static_program_has_neither_loader_nor_libraries(tmp_path):
    found = facts(compile_c(tmp_path / "program", "int main(void) { return 0; }", "-static"))
    assert (found.interpreter, found.needed, found.dynamic, found.is_program) == ("", (), False, True)


def test_a_static_position_independent_program_is_a_program(tmp_path):
    found = facts(compile_c(tmp_path / "program", "int main(void) { return 0; }", "-static-pie"))
    assert (found.interpreter, found.is_program, found.kind) == ("", True, ElfKind.SHARED)


def test_a_library_has_a_soname_and_is_no_program(tmp_path):
    found = facts(library(tmp_path / "libx.so", "libx.so.7"))
    assert (found.soname, found.is_program, found.interpreter) == ("libx.so.7", False, "")


@pytest.mark.parametrize(
    ("tags", "rpath", "runpath"),
    [
        ("--disable-new-dtags", ("/opt/a", "$ORIGIN/../lib"), ()),
        ("--enable-new-dtags", (), ("/opt/a", "$ORIGIN/../lib")),
    ],
)
def test_rpath_and_runpath_are_told_apart(tmp_path, tags, rpath, runpath):
    path = library(tmp_path / "libx.so", None, f"-Wl,{tags}", "-Wl,-rpath,/opt/a:$ORIGIN/../lib")
    found = facts(path)
    assert (found.rpath, found.runpath) == (rpath, runpath)


def test_default_folders_can_be_switched_off(tmp_path):
    assert facts(library(tmp_path / "a.so", None, "-Wl,-z,nodefaultlib")).no_default_folders
    assert not facts(library(tmp_path / "b.so")).no_default_folders


def test_symbols_that_rules_ask_about_are_noted(tmp_path):
    path = compile_c(
        tmp_path / "program", '#include <stdio.h>\nint main(void) { return popen("x", "r") == 0; }'
    )
    assert facts(path).symbols == {"popen"}


def test_dlopen_notes_are_read(tmp_path):
    assert facts(library(tmp_path / "x.so", source=NOTE)).dlopen == (
        DlopenNote(("liba.so.1", "liba.so.0"), Priority.REQUIRED, "a"),
        DlopenNote(("libb.so.2",), Priority.RECOMMENDED, ""),
    )


@pytest.mark.parametrize("text", [b"{}", b"\xff", b'[{"soname":["a"],"x":' + b"[" * 100_000])
def test_a_dlopen_note_of_something_else_is_told(text):
    note = struct.pack("<III", 4, len(text), 0x407C0C0A) + b"FDO\0" + text
    with pytest.raises(ValueError, match=r"its \.note\.dlopen is not what UAPI\.12 says"):
        list(dlopen_notes(note, little_endian=True))


def test_section_headers_are_not_needed(tmp_path):
    path = compile_c(tmp_path / "program")
    data = bytearray(path.read_bytes())
    data[0x28:0x30] = bytes(8)  # e_shoff
    data[0x3C:0x40] = bytes(4)  # e_shnum, e_shstrndx
    assert read_elf(BytesIO(bytes(data)), len(data)).needed == ("libc.so.6",)


def test_every_cut_is_told_as_malformed_and_nothing_else(tmp_path):
    data = compile_c(tmp_path / "program").read_bytes()
    wrong = 0
    for size in (*range(4, 1024, 7), *range(1024, len(data), 997)):
        try:
            read_elf(BytesIO(data[:size]), size)
        except MalformedElfError:
            wrong += 1
    assert wrong > 100


def test_lies_in_the_headers_are_told_as_malformed_and_nothing_else(tmp_path):
    data = compile_c(tmp_path / "program").read_bytes()
    chance = random.Random(1)
    for _ in range(600):
        broken = bytearray(data)
        for _ in range(4):
            broken[chance.randrange(4, 1200)] = chance.randrange(256)
        try:
            read_elf(BytesIO(bytes(broken)), len(broken))
        except MalformedElfError as error:
            assert str(error)


def test_a_huge_number_of_program_headers_is_refused(tmp_path):
    data = bytearray(compile_c(tmp_path / "program").read_bytes())
    data[0x38:0x3A] = struct.pack("<H", 0xFFFE)
    with pytest.raises(MalformedElfError, match="65534 program headers"):
        read_elf(BytesIO(bytes(data)), len(data))


def test_libstdcpp_is_no_program_that_converts(tmp_path):
    source = "extern int iconv_open(void); int f(void) { return iconv_open(); }"
    assert facts(library(tmp_path / "a.so", "libother.so.6", source=source)).symbols == {"iconv_open"}
    assert facts(library(tmp_path / "b.so", "libstdc++.so.6", source=source)).symbols == frozenset()


def test_its_own_strings_are_those_outside_of_the_dynamic_ones(tmp_path):
    path = compile_c(tmp_path / "program", '#include <stdio.h>\nint main(void) { return puts("spoken"); }')
    content = path.read_bytes()
    own = b"\0".join(content[start:end] for start, end in facts(path).texts)
    assert b"spoken\0" in own
    assert b"puts\0" in content
    assert b"\0puts\0" not in own
