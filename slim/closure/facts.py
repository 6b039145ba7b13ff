"""What parsing a file gives, remembered by the digest of its content.

The same file is in many images and in every release of one: a store spares parsing it again. Facts
say what is written in the file and nothing of the image around it; rules put the two together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

Facts = TypeVar("Facts", bound=msgspec.Struct)


class FactStore(Protocol):
    """Where facts are remembered between runs; losing any of them costs time only."""

    def get(self, kind: str, digest: bytes) -> bytes | None:
        """The facts of this kind of the content with this digest; None where it has none."""
        ...

    def put(self, kind: str, digest: bytes, facts: bytes) -> None:
        """Remember facts."""
        ...


@dataclass(frozen=True)
class Parser(Generic[Facts]):
    """How facts of one kind are read from a file's content."""

    kind: str
    """Its name and version, `python-1`: a parser that finds something else has another."""
    read: Callable[[bytes], Facts]
    """Total: whatever the content, it gives facts and raises nothing."""
    type: type[Facts]
    limit: int = 1 << 23
    """Bytes of a file beyond which it is not parsed: generated data rather than code."""

    def facts(self, content: bytes, store: FactStore | None) -> Facts:
        """The facts of `content`, from `store` where it has them."""
        if store is None:
            return self.read(content)
        digest = hashlib.blake2b(content, digest_size=20).digest()
        known = store.get(self.kind, digest)
        if known is not None:
            try:
                return msgspec.msgpack.decode(known, type=self.type)
            except msgspec.MsgspecError:
                pass  # written by somebody else: read again and replaced
        facts = self.read(content)
        store.put(self.kind, digest, msgspec.msgpack.encode(facts))
        return facts
