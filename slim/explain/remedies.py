"""What would have kept a dropped path: remedies.toml, applied to what is known of it."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources

import msgspec

from slim.explain.facts import facts_of
from slim.explain.model import Remedy
from slim.explain.saved import Saved
from slim.oci.path import ImagePath


class _Rule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    when: tuple[str, ...]
    words: tuple[str, ...]
    why: str
    path: str = ""
    """A regular expression for the whole path, its first slash left out; empty for any."""
    leave_out: bool = False
    against_exclude: bool = False
    """Whether it helps where an --exclude matches."""
    last: bool = False
    """Only where no other remedy names a probe."""


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    remedy: tuple[_Rule, ...]


@lru_cache(maxsize=1)
def _rules() -> tuple[_Rule, ...]:
    text = resources.files("slim.explain").joinpath("remedies.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _File).remedy


def remedies(path: ImagePath, saved: Saved) -> tuple[Remedy, ...]:
    """Everything that would have kept `path`, in the order of the table; never empty."""
    facts = facts_of(path, saved)
    found: list[Remedy] = []
    for rule in _rules():
        if not facts.keys() >= set(rule.when) or ("excluded" in facts and not rule.against_exclude):
            continue
        matched = re.fullmatch(rule.path, path.lstrip("/"), re.DOTALL) if rule.path else None
        if (rule.path and matched is None) or (rule.last and any("-probe" in one.words[0] for one in found)):
            continue
        values = {key: value for values in facts.values() for key, value in values.items()}
        values |= matched.groupdict() if matched else {}
        words = tuple(word.format_map(values) for word in rule.words)
        found.append(Remedy(words, rule.why.format_map(values), rule.leave_out))
    return tuple(found)
