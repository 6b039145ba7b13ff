"""The same answer in another order: that of a folder, which no two file systems need share (readdir(3))."""

from __future__ import annotations

from probes.exercise.exchange import Transcript
from slim.verify.tokens import tokens


def reordered(fat: Transcript, slim: Transcript) -> frozenset[str]:
    """Probes to which both images said the same, line by line or word by word, in another order."""
    both = zip(fat.exchanges, slim.exchanges, strict=False)
    return frozenset(
        one.probe for one, other in both if one.probe == other.probe and _same(one.body, other.body)
    )


def _same(fat: bytes, slim: bytes) -> bool:
    """Whether they differ in nothing but the order of their parts."""
    if fat == slim or len(fat) != len(slim):
        return False
    if sorted(fat.splitlines()) == sorted(slim.splitlines()):
        return True
    return sorted(tokens(fat.decode("latin-1"))) == sorted(tokens(slim.decode("latin-1")))
