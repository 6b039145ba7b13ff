"""Package databases and lists that lie: what they say of files that are there still counts."""

import pytest
from small_image import SmallImage

from slim.closure.packages.owners import Owners
from slim.plan import Gap

SITE = "/usr/local/lib/python3.12/site-packages"


def unreadable(image):
    return [
        (item.source, item.detail)
        for item in image.used("/start").plan().unresolved
        if item.gap is Gap.UNREADABLE
    ]


def image_of(tmp_path):
    return SmallImage(tmp_path).file("/start").file("/usr/bin/tool")


def test_paragraphs_without_a_package_and_packages_without_a_list(tmp_path):
    image = image_of(tmp_path).packages(tool=["relative", "/usr/bin/tool", "/gone", "/usr/bin/tool", ""])
    status = image.host("/var/lib/dpkg/status")
    status.write_bytes(
        b"\xff\x00garbage\n\n" + status.read_bytes() + b"\n\nPackage: bare\nStatus: install ok installed\n"
    )
    assert Owners.from_tree(image.tree).owner("/usr/bin/tool").name == "tool"
    assert unreadable(image) == [
        ("/var/lib/dpkg/status", "installed packages without a list of their files: 1 (bare)"),
        ("/var/lib/dpkg/status", "paragraphs that name no package: 1"),
    ]


def test_an_apk_database_with_garbage(tmp_path):
    text = b"\xfe\xfdV:1\nF\n\nP:tool\nV:1\nF:usr/bin\nR:tool\nR:gone\nR:tool\n"
    image = image_of(tmp_path).file("/lib/apk/db/installed", text)
    assert Owners.from_tree(image.tree).owner("/usr/bin/tool").name == "tool"
    assert unreadable(image) == [("/lib/apk/db/installed", "paragraphs that name no package: 1")]


@pytest.mark.parametrize(
    "record",
    [
        "../../../../../../../../etc/shadow,,\npkg.py,,\n",
        "/etc/shadow,,\n/no/such,,\npkg.py\n,,\n",
        'pkg.py\n"',
    ],
)
def test_a_record_may_name_anything_but_owns_no_system_packages_file(tmp_path, record):
    image = image_of(tmp_path).file("/etc/shadow").packages(passwd=["/etc/shadow"]).file(f"{SITE}/pkg.py")
    image.file(f"{SITE}/pkg-1.dist-info/RECORD", record)
    owners = Owners.from_tree(image.tree)
    assert owners.owner("/etc/shadow").name == "passwd"
    assert owners.owner(f"{SITE}/pkg.py").name == "pkg"
    assert unreadable(image) == []


def test_a_record_that_is_no_csv_is_told_and_the_module_beside_it_found(tmp_path):
    image = image_of(tmp_path).file(f"{SITE}/pkg.py")
    image.file(f"{SITE}/pkg-1.dist-info/RECORD", b'"' + b"x" * 200_000 + b"\n\0,\xff")
    assert Owners.from_tree(image.tree).owner(f"{SITE}/pkg.py").name == "pkg"
    assert [source for source, _ in unreadable(image)] == [f"{SITE}/pkg-1.dist-info/RECORD"]


def test_conda_packages_and_a_record_that_is_none(tmp_path):
    image = image_of(tmp_path).file("/opt/conda/lib/libssl.so.3").file("/opt/conda/pkgs/x/cache")
    image.file(
        "/opt/conda/conda-meta/openssl-3.json",
        '{"name": "openssl", "version": "3.1", "files": ["lib/libssl.so.3", "../../etc/x", "gone"],'
        ' "depends": ["ca-certificates", "libgcc-ng >=12"]}',
    )
    image.file("/opt/conda/conda-meta/bad-1.json", "[" * 100_000)
    owners = Owners.from_tree(image.tree)
    package = owners.owner("/opt/conda/lib/libssl.so.3")
    assert (package.name, package.version, package.depends) == (
        "openssl",
        "3.1",
        ("ca-certificates", "libgcc-ng"),
    )
    assert owners.is_package_folder("/opt/conda")
    assert owners.owner("/opt/conda/pkgs/x/cache") is None
    assert [source for source, _ in unreadable(image)] == ["/opt/conda/conda-meta/bad-1.json"]
