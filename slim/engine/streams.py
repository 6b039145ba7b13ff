"""Reading the engine's long answers: multiplexed output, with a deadline where one is asked for."""

from __future__ import annotations

import os
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import requests
from docker.errors import APIError, ImageNotFound, NotFound

from slim.engine.api_errors import translated

STDOUT: Final = 1
STDERR: Final = 2
_HEADER = struct.Struct(">BxxxL")
"""A frame's stream and length: Docker Engine API, "Attach to a container", stream format."""


class TimeUpError(Exception):
    """The deadline passed before the stream's end."""


@dataclass
class BoundedOutput:
    """Collects both streams of a command, `limit` bytes of each."""

    limit: int
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False

    def add(self, stream: int, data: bytes) -> None:
        """Append what fits; the rest is dropped and remembered as dropped."""
        held = self.stderr if stream == STDERR else self.stdout
        room = self.limit - len(held)
        if len(data) > room:
            self.truncated = True
        if room <= 0:
            return
        if stream == STDERR:
            self.stderr = held + data[:room]
        else:
            self.stdout = held + data[:room]


def frames(response: requests.Response) -> Iterator[tuple[int, bytes]]:
    """(stream, bytes) of a multiplexed answer, as they come, to its end.

    The response is closed at the end and when the iterator is abandoned.
    """
    try:
        while header := response.raw.read(_HEADER.size):
            if len(header) < _HEADER.size:
                return
            stream, length = _HEADER.unpack(header)
            data = response.raw.read(length)
            if data:
                yield stream, data
            if len(data) < length:
                return
    finally:
        response.close()


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
