"""Output comes in frames of any size, is joined, and kept up to a bound."""

import struct
import time

import pytest
import requests
import urllib3

from slim.engine.streams import STDERR, STDOUT, BoundedOutput, frames


def framed(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


class Pieces:
    """A connection's bytes as they arrive: `read1` gives what is there."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = memoryview(data)
        self._size = size

    closed = False

    def read(self, amount: int = -1) -> bytes:
        size = min(self._size, amount) if amount >= 0 else self._size
        piece, self._data = self._data[:size], self._data[size:]
        return bytes(piece)

    read1 = read

    def close(self) -> None:
        self.closed = True


def answer(data: bytes, size: int = 1 << 16) -> requests.Response:
    response = requests.Response()
    response.raw = urllib3.HTTPResponse(Pieces(data, size), preload_content=False)
    return response


def collected(data: bytes, size: int, limit: int = 1 << 20) -> BoundedOutput:
    output = BoundedOutput(limit)
    for stream, content in frames(answer(data, size)):
        output.add(stream, content)
    return output


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 1 << 16])
def test_frames_are_put_together_wherever_they_are_cut(size: int):
    data = framed(STDOUT, b"one") + framed(STDERR, b"bad") + framed(STDOUT, b"") + framed(STDOUT, b" two")
    output = collected(data, size)
    assert (output.stdout, output.stderr, output.truncated) == (b"one two", b"bad", False)


def test_an_answer_that_breaks_off_gives_what_came():
    assert collected(framed(STDOUT, b"whole") + framed(STDOUT, b"half")[:-2], 5).stdout == b"wholeha"
    assert collected(framed(STDOUT, b"whole") + b"\x01\0\0", 64).stdout == b"whole"


def test_what_is_past_the_bound_is_dropped_and_remembered_of_each_stream():
    output = BoundedOutput(4)
    output.add(STDOUT, b"abc")
    assert not output.truncated
    output.add(STDOUT, b"def")
    assert (output.stdout, output.stderr, output.truncated, output.full) == (b"abcd", b"", True, False)
    output.add(STDERR, b"1234")
    assert (output.stderr, output.full) == (b"1234", True)


def test_a_million_tiny_frames_take_seconds_not_minutes():
    data = framed(STDOUT, b"x\n") * 1_000_000
    began = time.monotonic()
    output = collected(data, 1 << 16, limit=1 << 21)
    assert len(output.stdout) == 2_000_000
    assert time.monotonic() - began < 10
