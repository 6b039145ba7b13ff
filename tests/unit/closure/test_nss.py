"""Name service modules."""

from small_image import SmallImage, library

from slim.closure.native.nss import named_services

LIB = "/usr/lib/x86_64-linux-gnu"


def test_services_of_a_configuration_in_order():
    text = "# passwd: a\npasswd: files systemd\nhosts: files mdns4 [NOTFOUND=return] dns # b\nbroken\n"
    assert named_services(text) == ("files", "systemd", "mdns4", "dns")


def test_modules_of_named_services_are_kept_beside_a_kept_libc(tmp_path):
    image = SmallImage(tmp_path)
    for soname in ("libc.so.6", "libnss_files.so.2", "libnss_extra.so.2", "libnss_other.so.2"):
        library(image.host(f"{LIB}/{soname}"), soname)
    image.file("/etc/nsswitch.conf", "passwd: files extra\nhosts: dns gone\n").used(f"{LIB}/libc.so.6")
    plan = image.plan()
    assert {f"{LIB}/libnss_files.so.2", f"{LIB}/libnss_extra.so.2", "/etc/nsswitch.conf"} <= set(plan.kept)
    assert f"{LIB}/libnss_other.so.2" in plan.dropped
    assert [item.wanted for item in plan.unresolved] == ["libnss_gone.so.2"]
