"""Locales that a program may be asked for."""

from small_image import SmallImage, compile_c

POLITE = '#include <locale.h>\nint main(void) { return !setlocale(LC_ALL, ""); }'


def test_c_utf8_stays_with_a_program_that_asks_for_locales_whatever_the_environment(tmp_path):
    image = (
        SmallImage(tmp_path)
        .file("/usr/lib/locale/C.utf8/LC_CTYPE")
        .packages(libc_bin=["/usr/lib/locale/C.utf8/LC_CTYPE"])
    )
    compile_c(image.host("/bin/quiet"))
    assert "/usr/lib/locale/C.utf8/LC_CTYPE" in image.used("/bin/quiet").plan().dropped
    compile_c(image.host("/bin/polite"), POLITE)
    assert "/usr/lib/locale/C.utf8/LC_CTYPE" in image.used("/bin/polite").plan().kept


def test_generated_locales_stay_with_a_program_that_asks_for_one(tmp_path):
    image = SmallImage(tmp_path).file("/usr/lib/locale/locale-archive").file("/usr/lib/locale/de_DE/LC_TIME")
    image.packages(locales_all=["/usr/lib/locale/de_DE/LC_TIME"])
    compile_c(image.host("/bin/quiet"))
    assert "/usr/lib/locale/locale-archive" in image.used("/bin/quiet").plan().dropped
    compile_c(image.host("/bin/polite"), POLITE)
    plan = image.used("/bin/polite").plan()
    assert "/usr/lib/locale/locale-archive" in plan.kept
    assert "/usr/lib/locale/de_DE/LC_TIME" in plan.dropped
