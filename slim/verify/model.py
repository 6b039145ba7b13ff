"""What fat and slim image differ in."""

from __future__ import annotations

from dataclasses import dataclass

from probes.exercise.exchange import Transcript
from probes.watch.trace import Trace
from slim.oci.path import ImagePath, printable


@dataclass(frozen=True)
class Evidence:
    """What came of one run of an image."""

    transcript: Transcript
    trace: Trace


_DECISIVE = frozenset({"status", "exit code", "reachability", "end"})
"""Aspects that tell by themselves that something is wrong."""


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
    why: str = ""
    """Of one that is only noted: why it fails nothing, unless it is that runs of the fat image differ."""

    @property
    def decisive(self) -> bool:
        """Whether it is about how something came out, and not what it said or did on the way."""
        return self.aspect in _DECISIVE


@dataclass(frozen=True)
class LookupDifference:
    """A look-up or listing that missed something in the slim image which the fat image holds."""

    path: ImagePath
    """The path in the fat image that the look-up would have come to."""
    asked: str
    """The path as the program asked for it."""
    executable: str
    probe: str
    error: str
    """The errno's name; EEXIST: slim made it anew. Empty for a listing, and for what only a run of the fat
    image came to."""
    purpose: str = ""
    """Who dropped the path and why; empty where nobody did on purpose."""
    follow: bool = True
    """False: of a last symlink only the link itself was asked for."""
    lists: bool = False
    """A listing of its folder, `asked`, that succeeded and lacks the path."""
    program: str = ""
    """What was executed and has `asked` as its interpreter; empty where `asked` was looked up itself."""

    @property
    def detail(self) -> str:
        """The look-up in a sentence, for people."""
        who = printable(self.executable) or "a program"
        if self.program:
            who = f"{who}, which executes {printable(self.program)},"
        if self.error == "EEXIST":
            return f"made by {who} under {self.probe} on the slim image: in the fat one it is there"
        if self.lists:
            return f"absent where {who} lists its folder under {self.probe} on slim"
        if not self.error:
            return f"used by {who} under {self.probe} in the fat image"
        return f"looked up by {who} under {self.probe} on the slim image: {self.error}"


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
    on_purpose: tuple[LookupDifference, ...] = ()
    """Look-ups of what was dropped on purpose; they fail nothing."""

    @property
    def verified(self) -> bool:
        """Whether nothing that counts differs, and there was something to compare."""
        return self.probes > 0 and not self.differences and not self.lookups
