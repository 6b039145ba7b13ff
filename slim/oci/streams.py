"""Streams of an archive, which are read forwards: over chunks of bytes, and over a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from slim.errors import ImageError


class Reader(Protocol):
    """A stream that is read forwards."""

    position: int

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""
        ...

    def skip(self, size: int) -> None:
        """Pass over `size` bytes. Raises ImageError where there are not as many."""
        ...


class ChunkReader:
    """A Reader over chunks of bytes of any size."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = b""
        self._at = 0
        self.position = 0

    def read(self, size: int) -> bytes:
        end = self._at + size
        if end <= len(self._chunk):
            data = self._chunk[self._at : end]
            self._at = end
            self.position += size
            return data
        parts = [self._chunk[self._at :]]
        missing = size - len(parts[0])
        self._chunk, self._at = b"", 0
        while missing and self._next():
            parts.append(self._chunk[:missing])
            self._at = len(parts[-1])
            missing -= self._at
        data = b"".join(parts)
        self.position += len(data)
        return data

    def skip(self, size: int) -> None:
        self.position += size
        left = size - (len(self._chunk) - self._at)
        while left > 0:
            if not self._next():
                raise truncated()
            left -= len(self._chunk)
        self._at = len(self._chunk) + left

    def drain(self) -> None:
        """Read to the end."""
        while self._next():
            pass

    def _next(self) -> bool:
        self._chunk, self._at = next(self._chunks, b""), 0
        return bool(self._chunk)


class FileReader:
    """A Reader over a file that can be sought in."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self.position = 0

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.position += len(data)
        return data

    def skip(self, size: int) -> None:
        self.position += size
        if self.position > self._size:
            raise truncated()
        self._file.seek(self.position)


def truncated() -> ImageError:
    return ImageError(
        "the archive is cut short", cause="it ends inside a member", remedy="save or pull the image again"
    )
