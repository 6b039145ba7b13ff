"""What programs read of the system without anybody naming it: locales, zones, accounts, character sets."""

import pytest
from small_image import SmallImage, compile_c, library

from slim.closure.native.charsets import is_for_mainframes
from slim.closure.native.locales import languages, locales, spellings
from slim.plan import Gap

GCONV = "/usr/lib/x86_64-linux-gnu/gconv"
CONVERTS = (
    '#include <iconv.h>\nint main(int n, char **a) { return iconv_open(a[1], "UTF-8") == (iconv_t)-1; }'
)
SPEAKS = """
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
int main(void) { setlocale(LC_ALL, ""); textdomain("tool"); return puts(gettext("hello")); }
"""


def test_a_locale_is_looked_for_under_several_names():
    assert list(spellings("de_AT.UTF-8@euro")) == [
        "de_AT.UTF-8@euro", "de_AT.UTF-8", "de_AT.utf8@euro", "de_AT.utf8", "de_AT@euro", "de_AT",
        "de.UTF-8@euro", "de.UTF-8", "de.utf8@euro", "de.utf8", "de@euro", "de",
    ]  # fmt: skip
    assert "de_DE.iso88591" in spellings("de_DE.ISO-8859-1")
    assert list(spellings("../../etc")) == []


def test_the_c_locale_asks_for_nothing():
    assert locales({"LANG": "C.UTF-8", "LC_ALL": "POSIX"}) == ()
    assert languages({"LANG": "C.UTF-8", "LANGUAGE": "de"}) == ()
    assert languages({"LANG": "fr_FR.UTF-8", "LANGUAGE": "de:en"})[:2] == ("de", "en")


def speaking(folder, environment):
    image = SmallImage(folder)
    compile_c(image.host("/usr/bin/tool"), SPEAKS)
    files = [
        "/usr/lib/locale/de_DE.utf8/LC_TIME", "/usr/lib/locale/fr_FR.utf8/LC_TIME",
        "/usr/lib/locale/locale-archive",
        "/usr/share/locale/de/LC_MESSAGES/tool.mo", "/usr/share/locale/fr/LC_MESSAGES/tool.mo",
        "/usr/share/locale/de/LC_MESSAGES/other.mo", "/usr/share/locale/de/LC_MESSAGES/libc.mo",
    ]  # fmt: skip
    for file in files:
        image.file(file, "x")
    image.packages(
        tool=["/usr/bin/tool", files[3], files[4]], other=[files[5]], locales=[*files[:3], files[6]]
    )
    image.starts("/usr/bin/tool", Env=environment)
    return {file for file in files if file in image.executed("/usr/bin/tool").plan().kept}


def test_the_environment_s_locale_and_its_language_stay(tmp_path):
    assert speaking(tmp_path, ["LANG=de_DE.UTF-8"]) == {
        "/usr/lib/locale/de_DE.utf8/LC_TIME", "/usr/lib/locale/locale-archive",
        "/usr/share/locale/de/LC_MESSAGES/tool.mo", "/usr/share/locale/de/LC_MESSAGES/libc.mo",
    }  # fmt: skip


def test_without_a_locale_no_translation_stays(tmp_path):
    assert speaking(tmp_path, ["LANG=C.UTF-8", "LANGUAGE=de"]) == set()


def converting(folder, program, **packages):
    image = SmallImage(folder)
    compile_c(image.host(program), CONVERTS)
    modules = [f"{GCONV}/{module}.so" for module in ("SJIS", "EBCDIC-DK-NO", "IBM1047", "IBM866", "UTF-16")]
    for module in modules:
        library(image.host(module))
    image.file(f"{GCONV}/gconv-modules.cache").file(f"{GCONV}/gconv-modules")
    plan = image.packages(libc=modules, **packages).executed(program, process=5).plan()
    return sorted(path.rpartition("/")[2] for path in plan.kept if path.startswith(GCONV + "/"))


def test_an_application_that_converts_has_every_character_set_of_this_age(tmp_path):
    assert converting(tmp_path, "/opt/convert") == [
        "IBM866.so",
        "SJIS.so",
        "UTF-16.so",
        "gconv-modules.cache",
    ]


def test_a_package_s_library_that_converts_has_the_common_ones(tmp_path):
    found = converting(tmp_path, "/usr/bin/tool", tool=["/usr/bin/tool"])
    assert found == ["UTF-16.so", "gconv-modules.cache"]


def test_the_command_iconv_has_them_all_and_their_list(tmp_path):
    found = converting(tmp_path, "/usr/bin/iconv", bin=["/usr/bin/iconv"])
    assert found == [
        "EBCDIC-DK-NO.so", "IBM1047.so", "IBM866.so", "SJIS.so", "UTF-16.so",
        "gconv-modules", "gconv-modules.cache",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "mainframe"), [("IBM037.so", True), ("IBM850.so", False), ("BIG5.so", False)]
)
def test_code_pages_of_mainframes(module, mainframe):
    assert is_for_mainframes(module) is mainframe


def test_zones_without_their_copies(tmp_path):
    image = SmallImage(tmp_path)
    compile_c(image.host("/bin/clock"), "#include <time.h>\nint main(void) { tzset(); return 0; }")
    zones = ["Asia/Tokyo", "right/Asia/Tokyo", "posix/Asia/Tokyo", "tzdata.zi", "zone.tab"]
    for zone in zones:
        image.file(f"/usr/share/zoneinfo/{zone}")
    image.packages(tzdata=[f"/usr/share/zoneinfo/{zone}" for zone in zones])
    kept = image.used("/bin/clock").plan().kept
    assert [zone for zone in zones if f"/usr/share/zoneinfo/{zone}" in kept] == ["Asia/Tokyo"]


def test_su_needs_the_shells_and_homes_of_accounts(tmp_path):
    image = SmallImage(tmp_path).program("/bin/su", "").program("/bin/zsh", "").program("/bin/sync", "")
    image.file(
        "/etc/passwd",
        "ada:x:1:1::/home/ada:/bin/zsh\nsync:x:4:4::/bin:/bin/sync\nbroken\nx:x:9:9::/y:/no/shell\n",
    )
    image.file("/home/ada/.profile").file("/home/ada/diary")
    image.packages(base=["/bin/su", "/bin/zsh", "/bin/sync"])
    plan = image.executed("/bin/su", process=5).plan()
    assert {"/bin/zsh", "/home/ada/.profile"} <= set(plan.kept)
    assert {"/bin/sync", "/home/ada/diary"} <= set(plan.dropped)


def test_sudoers_allows_commands_and_pam_names_modules(tmp_path):
    image = (
        SmallImage(tmp_path)
        .program("/usr/bin/sudo", "")
        .program("/usr/bin/id", "")
        .program("/usr/bin/wc", "")
    )
    image.file("/etc/sudoers", "ada ALL=(root) NOPASSWD: /usr/bin/id, /usr/bin/gone\n# /usr/bin/wc\n")
    image.file("/etc/pam.d/sudo", "auth sufficient pam_unix.so nullok\nauth required pam_absent.so\n")
    library(image.host("/usr/lib/libpam.so.0"), "libpam.so.0")
    modules = [f"/lib/x86_64-linux-gnu/security/{module}" for module in ("pam_unix.so", "pam_userdb.so")]
    for module in modules:
        library(image.host(module))
    image.packages(x=["/usr/bin/sudo", "/usr/bin/id", "/usr/bin/wc", *modules, "/usr/lib/libpam.so.0"])
    plan = image.executed("/usr/bin/sudo", process=5).used("/usr/lib/libpam.so.0").plan()
    assert {"/usr/bin/id", modules[0]} <= set(plan.kept)
    assert {"/usr/bin/wc", modules[1]} <= set(plan.dropped)
    (missing,) = [item for item in plan.unresolved if item.rule == "login"]
    assert (missing.wanted, missing.source, missing.gap) == ("pam_absent.so", "/etc/pam.d/sudo", Gap.ABSENT)


def test_name_services_that_libc_holds_itself_need_no_file(tmp_path):
    source = "int _nss_files_getpwnam_r(void) { return 0; }"
    for number, (text, kept) in enumerate([(source, False), ("int old;", True)]):
        image = SmallImage(tmp_path / str(number))
        library(image.host("/usr/lib/libc.so.6"), "libc.so.6", source=text)
        library(image.host("/usr/lib/libnss_files.so.2"), "libnss_files.so.2")
        plan = image.used("/usr/lib/libc.so.6").plan()
        assert ("/usr/lib/libnss_files.so.2" in plan.kept) is kept


def test_an_elf_file_that_is_cut_off_is_a_line_in_the_report(tmp_path):
    whole = compile_c(tmp_path / "whole").read_bytes()
    image = SmallImage(tmp_path / "image")
    sizes = range(4, len(whole), max(1, len(whole) // 200))
    for size in sizes:
        image.program(f"/opt/{size}", whole[:size]).executed(f"/opt/{size}")
    unread = {item.source for item in image.plan().unresolved if item.gap is Gap.UNREADABLE}
    assert {f"/opt/{size}" for size in sizes if size < 64} <= unread
    assert len(unread) > 3


def test_links_in_a_circle_do_no_harm(tmp_path):
    image = SmallImage(tmp_path)
    compile_c(image.host("/opt/program"), "int main(void) { return 0; }", "-Wl,-rpath,/opt/loop:/opt/self")
    image.link("/opt/loop", "/opt/self").link("/opt/self", "/opt/loop").link("/lib/libc.so.6", "libc.so.6")
    wanted = {item.wanted for item in image.executed("/opt/program").plan().unresolved}
    assert "libc.so.6" in wanted
