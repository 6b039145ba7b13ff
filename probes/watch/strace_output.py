"""Where strace's output is read from while it grows: a folder of this machine, or the engine."""

from __future__ import annotations

import io
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from probes.watch.strace_parser import StraceParser
from probes.watch.toolkit import OUTPUT, carried
from slim.engine.interface import Container
from slim.errors import SlimError

_CHUNK = 1 << 20
_PAUSE = 0.02
"""Seconds between looks at a file that had nothing new: files cannot be waited for."""


class Output(Protocol):
    """Feeds parsers with what strace wrote for them, by number."""

    def add(self, number: int, parser: StraceParser) -> None:
        """A further file, which may not exist yet."""
        ...

    def start(self, container: Container) -> None: ...
    def finish(self, container: Container) -> tuple[str, ...]:
        """Feed the rest of every file; what was lost, in words."""
        ...

    @property
    def last_event(self) -> float:
        """time.monotonic() of the last bytes; 0.0 before the first."""
        ...


class FolderOutput:
    """Files in the volume's folder, read by one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parsers: dict[int, StraceParser] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble: list[str] = []
        self.last_event = 0.0

    def add(self, number: int, parser: StraceParser) -> None:
        self._parsers = {**self._parsers, number: parser}

    def start(self, container: Container) -> None:  # noqa: ARG002 — the folder is enough
        self._thread = threading.Thread(target=self._guarded, name="strace output", daemon=True)
        self._thread.start()

    def finish(self, container: Container) -> tuple[str, ...]:  # noqa: ARG002
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        else:
            self._guarded()
        return tuple(self._trouble)

    def _guarded(self) -> None:
        try:
            self._follow()
        except Exception as error:
            self._trouble.append(f"strace's output could not be read: {error!r}")

    def _follow(self) -> None:
        while True:
            last = self._ended.is_set()
            if not self._read_all() and not self._ended.wait(_PAUSE) and not last:
                continue
            if last:
                return

    def _read_all(self) -> bool:
        """Feed what is new; whether anything was."""
        grown = False
        for number, parser in self._parsers.items():
            path = self._folder / "out" / str(number)
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            with file:
                file.seek(parser.size)
                while data := file.read(_CHUNK):
                    parser.feed(data)
                    self.last_event = time.monotonic()
                    grown = True
        return grown


class EngineOutput:
    """Files reached through the engine only: followed by the carried `tail`, completed from its archive."""

    def __init__(self) -> None:
        self._parsers: dict[int, StraceParser] = {}
        self._threads: list[threading.Thread] = []
        self._container: Container | None = None
        self._lock = threading.Lock()
        self.last_event = 0.0

    def add(self, number: int, parser: StraceParser) -> None:
        with self._lock:
            self._parsers[number] = parser
        if self._container is not None:
            self._spawn(number, parser, self._container)

    def start(self, container: Container) -> None:
        self._container = container
        for number, parser in sorted(self._parsers.items()):
            self._spawn(number, parser, container)

    def finish(self, container: Container) -> tuple[str, ...]:
        for thread in self._threads:
            thread.join()  # the container has ended, and with it every `tail`
        trouble = []
        for number, parser in sorted(self._parsers.items()):
            try:
                for data in _archived(container.get_archive(f"{OUTPUT}/{number}"), parser.size):
                    self._feed(parser, data)
            except (SlimError, tarfile.TarError) as error:
                if parser.size or number == 0:
                    trouble.append(f"the end of strace's output could not be fetched: {error}")
        return tuple(trouble)

    def _spawn(self, number: int, parser: StraceParser, container: Container) -> None:
        thread = threading.Thread(
            target=self._follow, args=(number, parser, container), name=f"strace output {number}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _follow(self, number: int, parser: StraceParser, container: Container) -> None:
        command = carried("tail", "-c", "+1", "-F", f"{OUTPUT}/{number}")
        try:
            for data in container.follow(command, user="0"):
                if not parser.size and not data[:1].isdigit():
                    return  # an engine's own words on why it cannot run `tail`, in `tail`'s place
                self._feed(parser, data)
        except SlimError:
            return  # the container has ended; finish() fetches the rest

    def _feed(self, parser: StraceParser, data: bytes) -> None:
        with self._lock:
            parser.feed(data)
            self.last_event = time.monotonic()


def _archived(chunks: Iterator[bytes], offset: int) -> Iterator[bytes]:
    """The one file of a tar stream, from `offset` on."""
    with tarfile.open(fileobj=io.BufferedReader(_Reader(chunks)), mode="r|") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None:
                continue
            skipped = 0
            while data := file.read(_CHUNK):
                begin = max(0, offset - skipped)
                skipped += len(data)
                if data[begin:]:
                    yield data[begin:]


class _Reader(io.RawIOBase):
    """Chunks as a file, for tarfile."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            data = next(self._chunks, None)
            if data is None:
                return 0
            self._rest = data
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
