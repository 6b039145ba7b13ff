"""Packages of Node and Perl, and PAM, that are kept for what asks for them."""

from small_image import SmallImage


def test_pam_keeps_its_modules_and_settings(tmp_path):
    image = SmallImage(tmp_path).packages(base=["/etc/base"]).file("/etc/base")
    files = ["/etc/pam.d/su", "/etc/security/limits.conf", "/etc/shadow", "/usr/lib/x/security/pam_unix.so"]
    for file in files:
        image.file(file)
    assert not set(files) & set(image.kept())
    image.file("/usr/lib/x/libpam.so.0").used("/usr/lib/x/libpam.so.0")
    assert set(files) <= set(image.kept())
