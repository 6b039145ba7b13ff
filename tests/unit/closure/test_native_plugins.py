"""Libraries that are loaded by a name in a string: which names count, whose, and how that is switched off."""

import pytest
from small_image import SmallImage, compile_c, library

from slim.closure.native.dlopen import read_sonames
from slim.closure.native.foreign import read_foreign
from slim.closure.profile.load import parse_profile

LOADS = """
#include <dlfcn.h>
int main(int count, char **names) { return !dlopen(count > 1 ? "libplug.so.1" : *names, 1); }
"""
ONLY_NAMES = '#include <stdio.h>\nint main(void) { return puts("libplug.so.1"); }'
IN_PROSE = """
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **arguments) { puts("no libplug.so.1 here"); return !dlopen(*arguments, 1); }
"""
PLUG = "/usr/lib/libplug.so.1"


def image(folder, source, *, owned):
    made = SmallImage(folder)
    compile_c(made.host("/usr/bin/program"), source)
    library(made.host(PLUG), "libplug.so.1")
    return made.packages(program=["/usr/bin/program"] if owned else ["/usr/bin/other"], plug=[PLUG]).executed(
        "/usr/bin/program"
    )


@pytest.mark.parametrize(
    ("source", "owned", "kept"),
    [
        (LOADS, True, True),
        (LOADS, False, True),
        (ONLY_NAMES, True, False),
        (ONLY_NAMES, False, True),
        (IN_PROSE, True, False),
        (IN_PROSE, False, True),
    ],
)
def test_whose_strings_name_libraries(tmp_path, source, owned, kept):
    assert (PLUG in image(tmp_path, source, owned=owned).plan().kept) is kept


def test_the_reason_names_the_string_s_file(tmp_path):
    (reason,) = image(tmp_path, LOADS, owned=True).plan().kept[PLUG]
    assert (reason.rule, reason.source) == ("dlopen", "/usr/bin/program")
    assert reason.detail == "a string of /usr/bin/program: dlopen(3) may ask for it"


def test_the_rule_is_switched_off(tmp_path):
    assert PLUG in image(tmp_path, LOADS, owned=False).plan(soname_strings=False).dropped
    assert PLUG in image(tmp_path / "traced", LOADS, owned=False).plan(keep="traced").dropped


def test_a_profile_withholds_a_library_that_is_never_asked_for(tmp_path):
    drop = 'paths = ["/**/libplug.so*"]\nof = ["soname-string"]\nreason = "never"'
    text = f'name = "x"\nsummary = "x"\n[[drop]]\n{drop}\n'
    profile = parse_profile(text, "x.toml")
    plan = image(tmp_path, LOADS, owned=True).plan(profiles=(profile,))
    assert plan.dropped[PLUG] == "never (profile x)"


def test_libselinux_s_policy_compiler_is_one_of_those(tmp_path):
    made = SmallImage(tmp_path)
    source = '#include <dlfcn.h>\nvoid *load(void) { return dlopen("libsepol.so.2", 1); }'
    library(made.host("/usr/lib/libselinux.so.1"), "libselinux.so.1", source=source)
    library(made.host("/usr/lib/libsepol.so.2"), "libsepol.so.2")
    made.packages(selinux=["/usr/lib/libselinux.so.1"], sepol=["/usr/lib/libsepol.so.2"])
    assert "/usr/lib/libsepol.so.2" in made.used("/usr/lib/libselinux.so.1").plan().dropped


def test_names_are_told_from_other_text():
    found = read_sonames(
        b"\0libwhole.so.3\0/opt/a/libpath.so\0libone.so:libtwo.so.1;libthree.so\0plugin.so\0"
        b"runlibinside.so.2together\0 libspaced.so \0x.sort\0libnot.so.conf\0libodd.so.1.2.3.4.5\0"
    )
    assert found.whole == (
        "/opt/a/libpath.so", "libone.so", "libthree.so", "libtwo.so.1", "libwhole.so.3", "plugin.so",
    )  # fmt: skip
    assert found.inside == ("libspaced.so",)


def test_whatever_the_bytes_are():
    for content in (b"", b".so", b"\0.so\0", b"\xff" * 400 + b".so", b"/" * 5000 + b".so.1\0"):
        read_sonames(content)


def test_a_caller_of_the_shell_does_not_name_the_functions_that_it_imports(tmp_path):
    source = """
        #include <iconv.h>
        #include <stdlib.h>
        int main(int n, char **a) { iconv(0, a, 0, a, 0); return system("tidy --all"); }
    """
    made = SmallImage(tmp_path).program("/usr/bin/iconv", "").program("/usr/bin/tidy", "")
    made.packages(x=["/usr/bin/iconv", "/usr/bin/tidy"])
    compile_c(made.host("/opt/program"), source)
    plan = made.executed("/opt/program").plan()
    assert "/usr/bin/iconv" in plan.dropped
    assert "/usr/bin/tidy" in plan.kept


def test_libraries_that_a_script_loads_by_name(tmp_path):
    made = SmallImage(tmp_path)
    compile_c(made.host("/usr/bin/python3"))
    for soname in (
        "libmagic.so.1",
        "libzbar.so.0",
        "libmagical.so.1",
        "libgobject-2.0.so.0",
        "libunused.so.1",
    ):
        library(made.host(f"/usr/lib/{soname}"), soname)
    made.file(
        "/srv/app.py", "from ctypes.util import find_library\nfind_library('magic')\nCDLL('libzbar.so.0')\n"
    )
    made.file("/srv/draw.py", "ffi.dlopen('gobject-2.0')\n").file(
        "/srv/prose.py", "print('libunused.so.1')\n"
    )
    kept = made.starts("/usr/bin/python3", WorkingDir="/srv").used("/srv/app.py").plan().kept
    loaded = [path for path, reasons in kept.items() if reasons[0].rule == "foreign"]
    assert loaded == ["/usr/lib/libgobject-2.0.so.0", "/usr/lib/libmagic.so.1", "/usr/lib/libzbar.so.0"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe dlopen('", b"find_library(" * 1000, b"CDLL('libx.so.1"])
def test_sources_that_are_none(content):
    assert read_foreign(content).sonames == ()


@pytest.mark.parametrize(("bits", "folder"), [("-m64", "x86_64-linux-gnu"), ("-m32", "i386-linux-gnu")])
def test_each_program_finds_the_library_of_its_own_word_size(tmp_path, bits, folder):
    made = SmallImage(tmp_path)
    for option, place in (("-m64", "x86_64-linux-gnu"), ("-m32", "i386-linux-gnu")):
        library(made.host(f"/usr/lib/{place}/libplug.so.1"), "libplug.so.1", option)
        library(made.host(f"/usr/lib/{place}/libbase.so.1"), "libbase.so.1", option)
    source = 'const char *name = "libplug.so.1"; int answer(void); void _start(void) { answer(); for (;;); }'
    base = str(made.host(f"/usr/lib/{folder}/libbase.so.1"))
    compile_c(made.host("/opt/program"), source, bits, "-nostdlib", "-nostartfiles", base)
    plan = made.executed("/opt/program").plan()
    kept = [path for path in plan.kept if path.endswith(".so.1")]
    assert kept == [f"/usr/lib/{folder}/libbase.so.1", f"/usr/lib/{folder}/libplug.so.1"]


def test_names_that_a_linker_left_behind_are_no_strings_of_the_program(tmp_path):
    made = image(tmp_path, ONLY_NAMES.replace("libplug.so.1", "nothing"), owned=False)
    stub = library(tmp_path / "stub.so", "libplug.so.1", source="int plugged(void) { return 1; }")
    source = "int plugged(void); int main(void) { return plugged(); }"
    content = compile_c(made.host("/usr/bin/program"), source, str(stub)).read_bytes()
    assert content.count(b"\0libplug.so.1\0") == 1
    assert "libplug.so.1" not in read_sonames(content).whole
