"""Entries of the metadata image that no Dockerfile makes: they come with the imported base."""

from __future__ import annotations

import io
import tarfile

PAST = 946_684_800
"""2000-01-01."""


def add_entries(archive: tarfile.TarFile) -> None:
    """Add /srv/app/odd: a user xattr, a device node, a hard link, odd owners, old times."""
    for folder in ("srv/app", "srv/app/odd"):
        archive.addfile(_entry(folder, tarfile.DIRTYPE, mode=0o755))
    content = b"it has an attribute\n"
    file = _entry("srv/app/odd/attribute", tarfile.REGTYPE, uid=54321, gid=65432, mode=0o604)
    file.size = len(content)
    file.pax_headers = {"SCHILY.xattr.user.slim": "kept", "SCHILY.xattr.user.other": "too"}
    archive.addfile(file, io.BytesIO(content))
    link = _entry("srv/app/odd/attribute-again", tarfile.LNKTYPE, uid=54321, gid=65432, mode=0o604)
    link.linkname = "srv/app/odd/attribute"
    archive.addfile(link)
    device = _entry("srv/app/odd/null", tarfile.CHRTYPE, mode=0o666)
    device.devmajor, device.devminor = 1, 3
    archive.addfile(device)
    loop = _entry("srv/app/odd/loop", tarfile.SYMTYPE, mode=0o777)
    loop.linkname = "loop"
    archive.addfile(loop)


def _entry(name: str, kind: bytes, *, mode: int, uid: int = 0, gid: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.uid, entry.gid, entry.mtime = kind, mode, uid, gid, PAST
    return entry
