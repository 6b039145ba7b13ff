"""rpm's database in its three containers, with headers that rpm itself wrote."""

import struct
import subprocess

import pytest
from small_image import SmallImage

from slim.closure.packages import rpmdb
from slim.closure.packages.owners import Owners
from slim.closure.packages.package import Ecosystem
from slim.plan import Gap

SPEC = """
Name: {name}
Version: 1.2
Release: 3
{more}
Summary: x
License: MIT
BuildArch: noarch
%description
x
%install
mkdir -p %{{buildroot}}/usr/bin %{{buildroot}}/usr/share/{name}
echo hi > %{{buildroot}}/usr/bin/{name}
%files
/usr/bin/{name}
%dir /usr/share/{name}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A root that rpm installed two packages into."""
    folder = tmp_path_factory.mktemp("rpm")
    for name, more in (("demo", "Epoch: 1\nRequires: virtual-help"), ("help", "Provides: virtual-help")):
        (folder / f"{name}.spec").write_text(SPEC.format(name=name, more=more))
        build = (
            "rpmbuild",
            "-bb",
            "--quiet",
            "--define",
            f"_topdir {folder}/top",
            "--define",
            f"_rpmdir {folder}",
        )
        subprocess.run([*build, f"{name}.spec"], cwd=folder, check=True, capture_output=True)
    packages = [str(path) for path in (folder / "noarch").iterdir()]
    install = (
        "rpm",
        "--root",
        str(folder / "root"),
        "--define",
        "_dbpath /var/lib/rpm",
        "-i",
        "--nosignature",
    )
    (folder / "root").mkdir()
    subprocess.run([*install, *packages], check=True, capture_output=True)
    return folder / "root"


@pytest.fixture(scope="module")
def content(root):
    return (root / "var/lib/rpm/rpmdb.sqlite").read_bytes()


def berkeley(headers, folder):
    """A Berkeley DB as rpm had it until 4.16: package number → header; db_load(1) writes it."""
    rows = "".join(
        f" {number.to_bytes(4, 'little').hex()}\n {blob.hex()}\n" for number, blob in headers.items()
    )
    text = f"VERSION=3\nformat=bytevalue\ntype=hash\nHEADER=END\n{rows}DATA=END\n"
    subprocess.run(["db_load", str(folder / "Packages")], input=text.encode(), check=True)
    return (folder / "Packages").read_bytes()


def ndb(headers):
    """rpm's lib/backend/ndb/rpmpkg.c: one page of slots, then packages at multiples of 16 bytes."""
    slots, blobs = b"", b""
    for number, blob in headers.items():
        body = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
        body += b"\0" * (-len(body) % 16)
        slots += struct.pack("<4sIII", b"Slot", number, (4096 + len(blobs)) // 16, len(body) // 16)
        blobs += body
    slots += struct.pack("<4sIII", b"Slot", 0, 0, 0) * ((4096 - 32 - len(slots)) // 16)
    return struct.pack("<4sIIII12x", b"RpmP", 0, 1, 1, len(headers) + 1) + slots + blobs


def names(image):
    return {
        package.name: (package.ecosystem, package.version, package.source, package.depends)
        for package in Owners.from_tree(image.tree).system_packages
    }


EXPECTED = {
    "demo": (Ecosystem.RPM, "1:1.2-3", "demo", ("help",)),
    "help": (Ecosystem.RPM, "1.2-3", "help", ()),
}


def test_the_root_that_rpm_installed(root, tmp_path):
    image = SmallImage(tmp_path)
    image.layers = [root]
    assert names(image) == EXPECTED
    owners = Owners.from_tree(image.tree)
    assert owners.owner("/usr/bin/demo").name == "demo"
    assert owners.is_package_folder("/usr/share/help")
    assert owners.faults == ()


@pytest.mark.parametrize("last", ["Packages", "Packages.db"])
def test_older_and_other_containers(content, tmp_path, last):
    headers = dict(enumerate(rpmdb.sqlite_headers(content), 1))
    written = berkeley(headers, tmp_path) if last == "Packages" else ndb(headers)
    image = SmallImage(tmp_path / "image").file("/usr/bin/demo").file("/usr/bin/help")
    image.file(f"/usr/lib/sysimage/rpm/{last}", written)
    assert names(image) == EXPECTED


def test_headers_of_any_size_come_out_of_berkeley_db(content, tmp_path):
    blob = next(rpmdb.sqlite_headers(content))
    headers = {
        1: b"small",
        2: blob,
        3: blob * 20,
        **{number: bytes([number]) * 300 for number in range(4, 99)},
    }
    assert sorted(rpmdb.bdb_headers(berkeley(headers, tmp_path))) == sorted(headers.values())


@pytest.mark.parametrize("last", ["rpmdb.sqlite", "Packages.db", "Packages"])
@pytest.mark.parametrize("damage", ["cut", "zeros", "noise", "text"])
def test_a_damaged_database_is_a_line_and_not_a_crash(content, tmp_path, last, damage):
    headers = dict(enumerate(rpmdb.sqlite_headers(content), 1))
    whole = {
        "rpmdb.sqlite": content,
        "Packages.db": ndb(headers),
        "Packages": berkeley(headers, tmp_path),
    }[last]
    written = {
        "cut": whole[: len(whole) // 3],
        "zeros": whole[:600] + bytes(len(whole) - 600),
        "noise": whole[:512] + bytes(i * 7 % 251 for i in range(len(whole) - 512)),
        "text": b"this is no database\n" * 100,
    }[damage]
    image = SmallImage(tmp_path / "image").file(f"/var/lib/rpm/{last}", written).file("/usr/bin/x")
    plan = image.used("/usr/bin/x").plan()
    lines = [item for item in plan.unresolved if item.gap is Gap.UNREADABLE]
    assert [item.source for item in lines] == [f"/var/lib/rpm/{last}"] or names(image) == {}
    assert damage != "text" or lines


def test_every_cut_of_a_header_is_survived(content):
    from slim.closure.packages.rpm import _header

    blob = next(rpmdb.sqlite_headers(content))
    for length in range(0, len(blob), 7):
        _header(blob[:length])
        _header(blob[:length] + b"\xff" * (len(blob) - length))
