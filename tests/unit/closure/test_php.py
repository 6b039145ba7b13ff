"""What is kept with a PHP: settings, extensions, sources."""

import pytest
from small_image import SmallImage

from slim.closure.php.source import read_source

APP = "/srv/app"
EXTENSIONS = "/usr/lib/php/20220829"
PROGRAM = b"\x7fPHP" + bytes(1 << 16)


@pytest.mark.parametrize(
    ("text", "includes"),
    [
        ("require_once __DIR__ . '/a.php';", ["./a.php"]),
        ("include(dirname(__FILE__) . '/a.php');", ["./a.php"]),
        ("require dirname(__DIR__, 2) . '/a.php';", ["./../../a.php"]),
        ("include 'Twig/autoload.php';", ["Twig/autoload.php"]),
        ('include __DIR__ . "/pages/$name.php";', ["./pages/*.php"]),
        ("include $x;", []),
    ],
)
def test_what_is_included(text, includes):
    assert list(read_source(f"<?php {text}".encode()).includes) == includes


def test_what_is_started():
    facts = read_source(
        b"<?php $a = `ls $b`; exec('gzip x'); \\shell_exec(\"wc $f\");"
        b"proc_open(['tar', 'x'], $p, $q); mail($x);"
    )
    assert facts.lines == ("gzip x", "ls  $x ", "wc  $x ")
    assert facts.calls == (("tar", "x"),)
    assert facts.mails


def test_tables_of_classes_name_files():
    assert read_source(b"<?php return ['a\\\\b' => '/B.php', 'x' => 'text'];").files == ("/B.php",)


@pytest.mark.parametrize("content", [b"", b"\0", b"<?php (((" * 999, b"\xff" * 99])
def test_what_is_no_php_raises_nothing(content):
    assert read_source(content).calls == ()


@pytest.fixture
def image(tmp_path):
    """Debian's layout; the application is run by PHP-FPM."""
    image = SmallImage(tmp_path).program("/usr/sbin/php-fpm8.2", PROGRAM).program("/usr/bin/php8.2", PROGRAM)
    image.file("/usr/share/php/Twig/autoload.php", "<?php return ['Twig\\Env' => '/Env.php'];")
    image.file("/usr/share/php/Twig/Env.php").file("/usr/share/php/Twig/Deep/Node.php").file(
        "/usr/share/php/Mail/x.php"
    )
    twig = [f"/usr/share/php/Twig/{file}" for file in ("autoload.php", "Env.php", "Deep/Node.php")]
    programs = ["/usr/sbin/php-fpm8.2", "/usr/bin/php8.2"]
    extensions = [f"{EXTENSIONS}/{called}.so" for called in ("gd", "ldap")]
    image.packages(fpm=programs, twig=twig, mail=["/usr/share/php/Mail/x.php"], gd=extensions)
    for sapi in ("fpm", "cli"):
        image.file(
            f"/etc/php/8.2/{sapi}/php.ini", "; extension=ldap\nsession.save_path = /var/lib/sessions\n"
        )
        image.link(f"/etc/php/8.2/{sapi}/conf.d/20-gd.ini", "/etc/php/8.2/mods-available/gd.ini")
    image.file("/etc/php/8.2/mods-available/gd.ini", "; priority=20\nextension=gd.so\n")
    image.file(f"{EXTENSIONS}/gd.so").file(f"{EXTENSIONS}/ldap.so").folder_at("/var/lib/sessions")
    return image.executed("/usr/sbin/php-fpm8.2").starts("php-fpm8.2", WorkingDir=APP)


def test_settings_of_the_program_in_use_and_the_extensions_they_name(image):
    kept = image.file(f"{APP}/index.php", "<?php").kept()
    assert {"/etc/php/8.2/fpm/php.ini", "/etc/php/8.2/fpm/conf.d/20-gd.ini", f"{EXTENSIONS}/gd.so"} <= set(
        kept
    )
    assert not {f"{EXTENSIONS}/ldap.so", "/etc/php/8.2/cli/php.ini", "/usr/bin/php8.2"} & set(kept)
    assert "/var/lib/sessions" in image.plan().kept


def test_another_program_that_a_script_names_has_settings_of_its_own(image):
    image.program(f"{APP}/console", "#!/usr/bin/php8.2\n<?php\n")
    kept = image.kept()
    assert {"/usr/bin/php8.2", "/etc/php/8.2/cli/php.ini", "/etc/php/8.2/cli/conf.d/20-gd.ini"} <= set(kept)


def test_a_package_that_is_included_keeps_all_of_its_classes(image):
    kept = image.file(f"{APP}/index.php", "<?php require 'Twig/autoload.php';").kept()
    assert {"/usr/share/php/Twig/Env.php", "/usr/share/php/Twig/Deep/Node.php"} <= set(kept)
    assert "/usr/share/php/Mail/x.php" not in kept


def test_an_extension_that_is_not_there_is_told(image):
    image.file("/etc/php/8.2/fpm/conf.d/30-x.ini", "zend_extension=xdebug\n")
    told = [(item.source, item.wanted) for item in image.plan().unresolved if item.rule == "php"]
    assert told == [("/etc/php/8.2/fpm/conf.d/30-x.ini", "xdebug")]
