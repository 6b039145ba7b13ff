"""The messages of gRPC's health service, and its statuses by name.

Sources: src/proto/grpc/health/v1/health.proto, gRPC's doc/PROTOCOL-HTTP2.md and doc/statuscodes.md,
and the Protocol Buffers encoding guide.
"""

from __future__ import annotations

import struct
import urllib.parse

SERVING = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
"""ServingStatus of health.proto."""
STATUS = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND"),
    *("ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED"),
    *("OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
"""By number: gRPC's doc/statuscodes.md."""

_PREFIX = struct.Struct(">BI")
"""Of a message: whether it is compressed, and its length in bytes; PROTOCOL-HTTP2.md."""
ANSWER_LIMIT = 1 << 16
"""Bytes; a health check's answer has seven."""
_SERVICE_TAG, _STATUS_TAG = 0x0A, 0x08
"""Field 1 as a length-delimited string, and field 1 as a varint."""


def request_message(service: str) -> bytes:
    """HealthCheckRequest, with its prefix; the server as a whole has the empty name, which proto3
    leaves out."""
    name = service.encode("utf-8", "surrogatepass")
    message = bytes((_SERVICE_TAG,)) + _varint(len(name)) + name if name else b""
    return _PREFIX.pack(0, len(message)) + message


def serving_status(body: bytes) -> str | None:
    """The status in a HealthCheckResponse with its prefix, by name; None where there is no whole one.
    ValueError for bytes that are none."""
    if len(body) < _PREFIX.size:
        return None
    compressed, size = _PREFIX.unpack_from(body)
    message = body[_PREFIX.size : _PREFIX.size + size]
    if compressed:
        raise ValueError("the answer is compressed, which was not offered")
    if size > ANSWER_LIMIT:
        raise ValueError(f"the answer is said to have {size} bytes")
    if len(message) < size:
        return None
    if not message:
        return SERVING[0]  # proto3 leaves a zero out
    if message[0] != _STATUS_TAG or len(message) < 2 or message[1] & 0x80:
        raise ValueError(f"the answer is no HealthCheckResponse: {message[:20].hex()}")
    return SERVING.get(message[1], str(message[1]))


def spell_refusal(code: str, message: str) -> str:
    """A gRPC status for people; its message is percent-encoded (PROTOCOL-HTTP2.md)."""
    name = STATUS[int(code)] if code.isdigit() and int(code) < len(STATUS) else "?"
    told = urllib.parse.unquote(message)
    return f"answered with gRPC status {code} {name}" + (f": {told}" if told else "")


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
