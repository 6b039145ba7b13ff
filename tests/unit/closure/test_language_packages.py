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


def test_perl_keeps_its_library_without_documentation(tmp_path):
    image = SmallImage(tmp_path).packages(perl=["/usr/bin/perl"]).program("/usr/bin/perl", "")
    modules = ["/usr/share/perl/5.36.0/JSON/PP.pm", "/usr/lib/x/perl-base/auto/POSIX/POSIX.so"]
    for file in (*modules, "/usr/share/perl/5.36.0/pod/perl.pod"):
        image.file(file)
    assert not set(modules) & set(image.kept())
    kept = image.executed("/usr/bin/perl").kept()
    assert set(modules) <= set(kept)
    assert "/usr/share/perl/5.36.0/pod/perl.pod" not in kept
