"""What fat and slim image differ in."""

from __future__ import annotations

from dataclasses import dataclass

from probes.exercise.exchange import Transcript
from probes.watch.trace import Trace
from slim.oci.path import ImagePath


@dataclass(frozen=True)
class Evidence:
    """What came of one run of an image."""

    transcript: Transcript
    trace: Trace


@dataclass(frozen=True)
class Difference:
    """One thing in which the slim image differs from the fat one."""

    probe: str
    aspect: str
    """status, exit code, reachability, output, redirect …"""
    fat: str
    """An excerpt around the first place that differs; what is volatile in it is told as `…`."""
    slim: str
    where: str = ""
    """Where in the answer: a JSON Pointer (RFC 6901), an element's place, a header's name, a line."""


@dataclass(frozen=True)
class LookupDifference:
    """A look-up that failed in the slim image though the fat image holds the path."""

    path: ImagePath
    """The path in the fat image that the look-up would have come to."""
    asked: str
    """The path as the program asked for it."""
    executable: str
    probe: str
    error: str


@dataclass(frozen=True)
class Verdict:
    """Fat against slim."""

    probes: int
    agreed: int
    differences: tuple[Difference, ...]
    """Each of them fails the verification."""
    lookups: tuple[LookupDifference, ...]
    """Each of them fails the verification."""
    noted: tuple[Difference, ...]
    """Seen and told, but not judged: what differs between runs of the fat image too."""

    @property
    def verified(self) -> bool:
        """Whether nothing that counts differs, and there was something to compare."""
        return self.probes > 0 and not self.differences and not self.lookups
