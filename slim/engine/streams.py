"""Reading the engine's long answers: multiplexed output, with a deadline where one is asked for."""

from __future__ import annotations

import os
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO, Final

import requests
from docker.errors import APIError, ImageNotFound, NotFound

from slim.engine.api_errors import translated

STDOUT: Final = 1
STDERR: Final = 2
_HEADER = struct.Struct(">BxxxL")
"""A frame's stream and length: Docker Engine API, "Attach to a container", stream format."""
_PIECE: Final = 1 << 16
"""Bytes asked of the connection at once; what is there already is taken, and not waited for more."""


class TimeUpError(Exception):
    """The deadline passed before the stream's end."""


class BoundedOutput:
    """Collects both streams of a command, `limit` bytes of each."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = {STDOUT: bytearray(), STDERR: bytearray()}
        self.truncated = False
        """Whether anything was dropped."""

    @property
    def stdout(self) -> bytes:
        return bytes(self._held[STDOUT])

    @property
    def stderr(self) -> bytes:
        return bytes(self._held[STDERR])

    @property
    def full(self) -> bool:
        """Whether there is room in neither stream."""
        return all(len(held) >= self._limit for held in self._held.values())

    def add(self, stream: int, data: bytes) -> None:
        """Append what fits; the rest is dropped and remembered as dropped."""
        held = self._held[STDERR if stream == STDERR else STDOUT]
        room = max(0, self._limit - len(held))
        if len(data) > room:
            self.truncated = True
            data = data[:room]
        held += data


def frames(response: requests.Response) -> Generator[tuple[int, bytes], None, None]:
    """(stream, bytes) of a multiplexed answer, as they come, to its end.

    A program that writes byte by byte makes a frame of each: what has come together of one stream
    is handed on together. The response is closed at the end and when the iterator is abandoned.
    """
    joined = _Joiner()
    try:
        while piece := response.raw.read1(_PIECE):
            for stream, data in joined.feed(piece):
                yield stream, bytes(data)
    finally:
        response.close()


class _Joiner:
    """Takes frames apart, wherever they are cut."""

    def __init__(self) -> None:
        self._rest = b""
        """The beginning of a header."""
        self._stream = STDOUT
        self._left = 0
        """Bytes of the current frame that are still to come."""

    def feed(self, piece: bytes) -> list[tuple[int, bytearray]]:
        """The content of `piece`, neighbours of one stream joined."""
        data, at = self._rest + piece, 0
        found: list[tuple[int, bytearray]] = []
        while at < len(data):
            if not self._left:
                if len(data) - at < _HEADER.size:
                    break
                self._stream, self._left = _HEADER.unpack_from(data, at)
                at += _HEADER.size
                continue
            if not found or found[-1][0] != self._stream:
                found.append((self._stream, bytearray()))
            content = data[at : at + self._left]
            found[-1][1].extend(content)
            at += len(content)
            self._left -= len(content)
        self._rest = data[at:]
        return found


def frames_until(
    response: requests.Response, timeout: float | None, abandon: Callable[[], object]
) -> Generator[tuple[int, bytes], None, None]:
    """`frames`, with `TimeUpError` when `timeout` seconds (None: any) pass before the stream's end.

    Left before its end, for whatever reason, it calls `abandon` and only then hangs up: some
    engines lose track of a command whose client has gone. A thread reads, so that the deadline
    holds over every kind of connection (Unix, TLS, ssh).
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    items: queue.Queue[tuple[int, bytes] | BaseException | None] = queue.Queue(maxsize=16)
    abandoned = threading.Event()
    threading.Thread(target=_pump, args=(response, items, abandoned), daemon=True).start()
    ended = False
    try:
        while True:
            try:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                item = items.get(timeout=left)
            except queue.Empty:
                raise TimeUpError from None
            if item is None or isinstance(item, BaseException):
                ended = True
                if item is None:
                    return
                raise item
            yield item
            if deadline is not None and time.monotonic() > deadline:
                raise TimeUpError
    finally:
        if not ended:
            abandoned.set()
            abandon()
            hang_up(response)
            # a reader that waits for room in the queue must find some, to see that nobody listens
            while not items.empty():
                items.get_nowait()


def _pump(
    response: requests.Response,
    items: queue.Queue[tuple[int, bytes] | BaseException | None],
    abandoned: threading.Event,
) -> None:
    try:
        for frame in frames(response):
            items.put(frame)
            if abandoned.is_set():
                return
        items.put(None)
    except BaseException as error:  # handed to the reader's consumer, who raises it
        if not abandoned.is_set():
            items.put(error)


def hang_up(response: requests.Response) -> None:
    """End a stream from outside, whoever is blocked in reading it: shutdown(2)."""
    try:
        with socket.socket(fileno=os.dup(response.raw.fileno())) as connection:
            connection.shutdown(socket.SHUT_RDWR)
    except (OSError, ValueError, AttributeError):
        return  # it has ended by itself, or has no descriptor (ssh)


def chunks(response: requests.Response, action: str, size: int = 1 << 20) -> Iterator[bytes]:
    """The raw bytes of an answer; the response is closed at the end or when abandoned."""
    try:
        with translated(action):
            yield from response.iter_content(size)
    finally:
        response.close()


class Upload:
    """A file as the body of a request, which tells when its last byte has been read."""

    def __init__(self, file: BinaryIO, at_end: Callable[[], object]) -> None:
        self._file = file
        self._at_end: Callable[[], object] | None = at_end
        self._size = os.fstat(file.fileno()).st_size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(1 << 16), b"")

    def read(self, size: int = -1) -> bytes:
        """As a file's; the end is told once."""
        data = self._file.read(size)
        if not data and self._at_end is not None:
            at_end, self._at_end = self._at_end, None
            at_end()
        return data


def checked(response: requests.Response) -> requests.Response:
    """The response itself, or docker-py's APIError with the engine's message."""
    if response.ok:
        return response
    with response:
        try:
            message = str(response.json()["message"])
        except (ValueError, KeyError, TypeError):
            message = response.text.strip() or str(response.reason)
        kind: type[APIError] = APIError
        if response.status_code == 404:
            kind = ImageNotFound if "no such image" in message.lower() else NotFound
        raise kind(message, response=response, explanation=message)
