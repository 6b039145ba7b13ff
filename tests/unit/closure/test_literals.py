"""What code, configuration and programs name by absolute path."""

import pytest
from small_image import SmallImage, compile_c, library

from slim.closure.application.named import paths_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("alias /usr/share/altdata/;", ["/usr/share/altdata/"]),
        ("error_page 404 /e404.html; root /var/www/errors;", ["/e404.html", "/var/www/errors"]),
        ("for f in /docker-init.d/*; do", ["/docker-init.d/*"]),
        ('open("/etc/myapp/cfg.ini")', ["/etc/myapp/cfg.ini"]),
        ("a='/srv/t/%s.html' f'/data/{x}' \"/opt/$y\"", ["/srv/t/", "/data/", "/opt/"]),
        ("https://host/path a/b ./c/d $HOME/x ${A}/y ~/z // /", []),
    ],
)
def test_the_paths_of_a_text(text, found):
    assert list(paths_in(text)) == found


def image_with(tmp_path, *files):
    image = SmallImage(tmp_path / "image").packages(base=["/etc", "/usr", "/usr/share"])
    for file in files:
        image.file(file)
    return image


def test_what_used_configuration_names_is_kept_with_the_content_of_a_folder(tmp_path):
    image = image_with(tmp_path, "/var/www/errors/e404.html", "/usr/share/altdata/x.txt", "/usr/share/other")
    image.file("/etc/web.conf", "root /var/www/errors;\ninclude more.inc;\nlog /usr/share;")
    image.file("/etc/more.inc", "alias /usr/share/altdata/;").used("/etc/web.conf").used("/etc/more.inc")
    plan = image.plan()
    assert {"/var/www/errors/e404.html", "/usr/share/altdata/x.txt"} <= set(plan.kept)
    assert plan.kept["/usr/share/altdata/x.txt"][0].detail == "/etc/more.inc names /usr/share/altdata/"
    assert "/usr/share/other" in plan.dropped


def test_what_code_of_the_application_names_is_kept_and_its_strings_of_programs(tmp_path):
    image = image_with(tmp_path, "/srv/templates/a.html", "/etc/myapp/cfg.ini", "/tmp/x").program(
        "/usr/bin/conv", ""
    )
    text = 'T = "/srv/templates"\nopen("/etc/myapp/cfg.ini")\nopen("/tmp/x")\nrun(["/usr/bin/conv"])\n'
    plan = image.file("/code/main.py", text).starts("python3", WorkingDir="/code").plan()
    assert {"/srv/templates/a.html", "/etc/myapp/cfg.ini", "/usr/bin/conv"} <= set(plan.kept)
    assert "/tmp/x" in plan.dropped


def test_globs_of_an_entry_script_are_kept(tmp_path):
    image = image_with(tmp_path, "/docker-init.d/10.sh", "/docker-init.d/20.sql", "/usr/share/x")
    image.program("/bin/sh", "").program(
        "/entry.sh", "#!/bin/sh\nfor f in /docker-init.d/* /usr/share/*; do :; done\n"
    )
    plan = image.starts("/entry.sh").plan()
    assert {"/docker-init.d/10.sh", "/docker-init.d/20.sql"} <= set(plan.kept)
    assert "/usr/share/x" in plan.dropped


def test_what_the_environment_names_is_kept(tmp_path):
    image = image_with(tmp_path, "/cfg/a.ini", "/tools/b").starts(
        "x", Env=["CONFIG=/cfg/a.ini", "PATH=/tools"]
    )
    plan = image.plan()
    assert "/cfg/a.ini" in plan.kept
    assert "/tools/b" in plan.dropped


def test_tables_of_accounts_name_nothing(tmp_path):
    image = image_with(tmp_path, "/nobody/x").file("/etc/passwd", "n:x:1:1::/nobody:/bin/sh\n")
    assert "/nobody/x" in image.used("/etc/passwd").plan().dropped


def test_strings_of_an_unowned_program_are_paths_libraries_and_commands(tmp_path):
    image = image_with(tmp_path, "/etc/mytool.conf", "/opt/run/together", "/opt/run/on")
    image.program("/usr/bin/conv", "").program("/usr/bin/other", "")
    library(image.host("/usr/lib/x86_64-linux-gnu/libextra.so.2"), "libextra.so.2")
    source = (
        "#include <stdio.h>\n#include <stdlib.h>\n"
        'const char *const names[] = {"/etc/mytool.conf", "libextra.so.2", "/opt/run/on/opt/run/together"};\n'
        'int main(int c, char **v) { puts(names[c]); return popen("conv -f a | cat", "r") == 0; }\n'
    )
    compile_c(image.host("/usr/local/bin/mytool"), source)
    plan = image.starts("/usr/local/bin/mytool").plan()
    assert {"/etc/mytool.conf", "/usr/lib/x86_64-linux-gnu/libextra.so.2", "/usr/bin/conv",
            "/opt/run/together", "/opt/run/on"} <= set(plan.kept)  # fmt: skip
    assert "/usr/bin/other" in plan.dropped
