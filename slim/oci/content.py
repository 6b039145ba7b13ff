"""Reading a file's bytes out of a layer folder or a spooled archive."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, BinaryIO, cast

from slim.errors import ImageError
from slim.oci.entry import Source

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ_AHEAD = 1 << 16


def open_source(source: Source, size: int) -> BinaryIO:
    """The `size` bytes that begin at `source`, as a seekable file that ends where they end.

    Raises ImageError where the file on the host is gone, is a symlink (a layer's file never is),
    or turns out to be shorter.
    """
    return cast(BinaryIO, io.BufferedReader(_Window(source, size), _READ_AHEAD))


class _Window(io.RawIOBase):
    """Part of a host file; its position is its own, so that windows never disturb each other."""

    def __init__(self, source: Source, size: int) -> None:
        super().__init__()
        self._source = source
        self._size = size
        self._position = 0
        self._descriptor = -1
        try:
            self._descriptor = os.open(source.host_path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise ImageError(
                f"cannot read {source.host_path}",
                cause=error.strerror or str(error),
                remedy="the image may have been removed while slim was reading it: run slim again",
            ) from error

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"negative position {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._size - self._position)
        if wanted <= 0:
            return 0
        count = os.preadv(self._descriptor, [view[:wanted]], self._source.offset + self._position)
        if not count:
            raise ImageError(
                f"{self._source.host_path} is shorter than the image says",
                cause=f"{self._size} bytes were expected, {self._position} are there",
                remedy="it changed while slim was reading it: run slim again",
            )
        self._position += count
        return count

    def close(self) -> None:
        if not self.closed and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        super().close()
