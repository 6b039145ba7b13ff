"""Debian's own services: what they meet only after their start."""

import pytest
from small_image import SmallImage, compile_c

PASSWD = "ada:x:1000:1000::/home/ada:/bin/sh\nwww:x:33:33::/srv/www:/usr/sbin/nologin\n"


def test_sshd_needs_the_keys_of_accounts(tmp_path):
    image = SmallImage(tmp_path).program("/usr/sbin/sshd", "").file("/etc/passwd", PASSWD)
    image.file("/home/ada/.ssh/authorized_keys").file("/home/ada/.ssh/id_rsa").file(
        "/srv/www/.ssh/authorized_keys"
    )
    image.packages(openssh=["/usr/sbin/sshd"])
    plan = image.executed("/usr/sbin/sshd", process=5).plan()
    assert "/home/ada/.ssh/authorized_keys" in plan.kept
    assert {"/home/ada/.ssh/id_rsa", "/srv/www/.ssh/authorized_keys"} <= set(plan.dropped)


@pytest.mark.parametrize(("program", "kept"), [("/usr/lib/dovecot/imap", True), ("/usr/bin/other", False)])
def test_mail_lands_in_an_account_s_home(tmp_path, program, kept):
    image = SmallImage(tmp_path).program(program, "").file("/etc/passwd", PASSWD).folder_at("/home/ada")
    image.packages(mail=[program])
    assert ("/home/ada" in image.executed(program, process=5).plan().kept) is kept


@pytest.mark.parametrize(("version", "kept"), [("1.0+b2", True), ("1.1", False)])
def test_a_rebuild_for_one_processor_is_of_the_same_source(tmp_path, version, kept):
    image = SmallImage(tmp_path).program("/usr/bin/plot", "").file("/usr/share/plot/prologue.ps")
    image.packages(plot_bin=["/usr/bin/plot"], plot_data=["/usr/share/plot/prologue.ps"])
    status = image.host("/var/lib/dpkg/status")
    status.write_text(
        f"Package: plot-bin\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        "Source: plot (1.0)\nDepends: plot-data (= 1.0)\n\n"
        "Package: plot-data\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nSource: plot\n"
    )
    plan = image.starts("/usr/bin/plot").executed("/usr/bin/plot").plan()
    assert ("/usr/share/plot/prologue.ps" in plan.kept) is kept


@pytest.mark.parametrize(
    ("program", "later"),
    [
        ("/usr/bin/gpg", "/usr/bin/gpg-agent"),
        ("/usr/sbin/named", "/usr/bin/named-checkconf"),
        ("/usr/sbin/postfix", "/etc/aliases.db"),
        ("/usr/sbin/sshd", "/usr/bin/scp"),
        ("/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "/usr/include/x86_64-linux-gnu/bits/stdio.h"),
        ("/bin/zsh", "/usr/lib/x86_64-linux-gnu/zsh/5.9/zsh/stat.so"),
        ("/usr/bin/gzip", "/usr/bin/gunzip"),
        ("/usr/lib/libaprutil-1.so.0", "/usr/lib/x86_64-linux-gnu/apr-util-1/apr_dbm_db-1.so"),
    ],
)
def test_what_a_program_finds_by_name(tmp_path, program, later):
    image = SmallImage(tmp_path).program(program, "").program(later, "")
    image.packages(one=[program], other=[] if later.startswith("/etc/") else [later])
    assert later in image.executed(program, process=5).plan().kept


def test_whoever_tells_the_local_time_may_be_told_another_zone(tmp_path):
    image = SmallImage(tmp_path)
    source = "#include <time.h>\nint main(void) { time_t t = 0; return localtime(&t)->tm_hour; }"
    compile_c(image.host("/bin/clock"), source)
    image.file("/usr/share/zoneinfo/Asia/Tokyo").packages(tzdata=["/usr/share/zoneinfo/Asia/Tokyo"])
    assert "/usr/share/zoneinfo/Asia/Tokyo" in image.used("/bin/clock").plan().kept
