"""Python code in one file: a zip on the import path, an egg, a zipapp (PEP 441), a pex."""

from __future__ import annotations

import io
import zipfile
import zlib

from slim.closure.facts import Parser
from slim.closure.python.syntax import read_source
from slim.closure.python.written import Import, Written

_SUFFIXES = (".egg", ".pex", ".pyz", ".zip")
_MAX_MEMBERS = 5000
_MAX_BYTES = 1 << 26


def is_archive(path: str, head: bytes) -> bool:
    """Whether a file is such an archive: by its name, or zip data behind a first line for Python."""
    return path.endswith(_SUFFIXES) or b"\nPK\x03\x04" in head


def read_archive(content: bytes) -> Written:
    """The facts of its sources together, relative imports left out: those stay inside. Total."""
    imports: set[Import] = set()
    texts: set[str] = set()
    left = _MAX_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist()[:_MAX_MEMBERS]:
                if not member.filename.endswith(".py") or member.file_size > left:
                    continue
                left -= member.file_size
                written = read_source(archive.read(member))
                imports.update(each for each in written.imports if not each.level)
                texts.update((*written.dotted, *(made for made in written.made if made.isprintable())))
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return Written(errors=True)
    return Written(imports=tuple(sorted(imports, key=_order)), dotted=tuple(sorted(texts)))


def _order(each: Import) -> tuple[str, int, tuple[str, ...], int]:
    return each.module, each.level, each.names, each.where


ARCHIVE = Parser("python-archive-2", read_archive, Written, limit=1 << 28)
