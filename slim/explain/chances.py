"""What could still be dropped, by which option, and at what risk: risks.toml, applied to a plan."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from functools import cached_property, lru_cache
from importlib import resources

import msgspec

from slim.closure.profile.load import builtin_profiles
from slim.explain.facts import literal
from slim.explain.going import Reasons, Takes
from slim.explain.saved import Saved
from slim.explain.top_model import Chance, Option, Risk
from slim.oci.entry import Kind
from slim.oci.path import ROOT, ImagePath, ancestors, parent
from slim.plan import Reason

MAX_OPTIONS = 5
"""Folders and files of one chance that are named."""


class _Rule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    id: str
    title: str
    level: Risk
    risk: str
    reasons: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    leave_out: bool = False
    without: tuple[str, ...] = ()


class _File(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    chance: tuple[_Rule, ...]


@lru_cache(maxsize=1)
def _rules() -> tuple[_Rule, ...]:
    text = resources.files("slim.explain").joinpath("risks.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _File).chance


def chances(saved: Saved) -> tuple[Chance, ...]:
    """Every chance that there is, the most bytes first. They overlap: their bytes do not add up."""
    finder = _Finder(saved)
    found = [one for rule in _rules() for one in finder.of(rule) if one.paths]
    return tuple(sorted(found, key=lambda one: (-one.size, -one.paths, one.title)))


class _Finder:
    """The chances of one plan."""

    def __init__(self, saved: Saved) -> None:
        self._saved = saved
        self._reasons = Reasons(saved.plan)
        self._had: set[str] = set()

    def of(self, rule: _Rule) -> Iterator[Chance]:
        if rule.reasons:
            yield from self._by_reasons(rule)
        elif rule.keeps:
            yield self._by_others(rule)
        else:
            yield self._by_paths(rule)

    # -- what goes with a reason -------------------------------------------------------------------

    def _by_reasons(self, rule: _Rule) -> Iterator[Chance]:
        pattern = re.compile("|".join(rule.reasons), re.DOTALL)
        group = next(iter(pattern.groupindex), "")
        found: dict[str, dict[ImagePath, set[Reason]]] = defaultdict(lambda: defaultdict(set))
        for text, told in self._told.items():
            match = pattern.fullmatch(text)
            if match is None:
                continue
            value = match[group] if group else ""
            for path, reason in told:
                found[value][path].add(reason)
        for value, taken in sorted(found.items()):
            if value in rule.without or (group and f"{group}={value}" in self._had):
                continue
            self._had.add(f"{group}={value}")
            gone = self._gone(_takes(taken), set(taken))
            yield self._chance(rule, {group: value} if group else {}, gone)

    def _by_others(self, rule: _Rule) -> Chance:
        pattern = re.compile("|".join(rule.keeps), re.DOTALL)
        taken = {text for text in self._told if not pattern.fullmatch(text)}
        suspects = {path for text in taken for path, _ in self._told[text]}
        gone = self._gone(lambda _, reason: f"{reason.rule}: {reason.detail}" in taken, suspects)
        return self._chance(rule, {}, gone)

    def _gone(self, takes: Takes, suspects: set[ImagePath]) -> tuple[ImagePath, ...]:
        gone = self._reasons.gone(takes, suspects)
        return tuple(sorted(path for path in gone if self._saved.tree[path].kind is not Kind.DIRECTORY))

    @cached_property
    def _told(self) -> dict[str, list[tuple[ImagePath, Reason]]]:
        """`RULE: DETAIL` → the paths that are kept for that."""
        found: dict[str, list[tuple[ImagePath, Reason]]] = defaultdict(list)
        for path, reasons in self._saved.plan.kept.items():
            for reason in reasons:
                found[f"{reason.rule}: {reason.detail}"].append((path, reason))
        return found

    def _chance(self, rule: _Rule, values: dict[str, str], gone: tuple[ImagePath, ...]) -> Chance:
        told = values | {"summary": _summary(values.get("profile", ""))}
        size = self._size(gone)
        words = tuple(word.format_map(told) for word in rule.words)
        if self._drops_too(words):  # without it more would be kept, too
            options = self._exclusions(frozenset(gone))
        else:
            options = (Option(words, rule.leave_out, len(gone), size),)
        title, risk = rule.title.format_map(told), rule.risk.format_map(told)
        return Chance(rule.id, title, rule.level, risk, len(gone), size, options)

    def _drops_too(self, words: tuple[str, ...]) -> bool:
        """Whether a profile that --no-profile would leave out drops something of this image."""
        if words[:1] != ("--no-profile",):
            return False
        end = f" (profile {words[1]})"
        return any(why.endswith(end) for why in self._saved.plan.dropped.values())

    # -- what is kept and was not used -------------------------------------------------------------

    def _by_paths(self, rule: _Rule) -> Chance:
        if rule.unused:
            matched = frozenset(
                path for path in self._unused if self._saved.plan.kept[path][0].rule in rule.unused
            )
        else:
            pattern = re.compile("|".join(rule.paths), re.DOTALL)
            matched = frozenset(path for path in self._unused if pattern.fullmatch(path))
        options = self._exclusions(matched)
        return Chance(rule.id, rule.title, rule.level, rule.risk, len(matched), self._size(matched), options)

    @cached_property
    def _unused(self) -> tuple[ImagePath, ...]:
        """What is kept, is no folder, and was not seen in use."""
        saved = self._saved
        return tuple(path for path in self._contents if not saved.is_observed(path))

    @cached_property
    def _contents(self) -> tuple[ImagePath, ...]:
        tree = self._saved.tree
        return tuple(path for path in self._saved.plan.kept if tree[path].kind is not Kind.DIRECTORY)

    @cached_property
    def _held(self) -> dict[ImagePath, int]:
        """How many kept paths each folder holds, itself and its folders not counted."""
        return _count(self._contents)

    def _exclusions(self, matched: frozenset[ImagePath]) -> tuple[Option, ...]:
        """--exclude for the largest folders of which all that is kept is among `matched`, and for files
        in none of those; the most bytes first, no more than are worth naming."""
        within = _count(tuple(matched))
        grouped: dict[ImagePath, list[ImagePath]] = defaultdict(list)
        for path in sorted(matched):
            whole = path
            for folder in ancestors(path):
                if folder == ROOT or parent(folder) == ROOT or within[folder] != self._held[folder]:
                    break
                whole = folder
            grouped[whole].append(path)
        options = [
            Option(("--exclude", _glob(whole, paths)), False, len(paths), self._size(paths))
            for whole, paths in grouped.items()
        ]
        return tuple(sorted(options, key=lambda one: (-one.size, -one.paths, one.words)))[:MAX_OPTIONS]

    def _size(self, paths: tuple[ImagePath, ...] | frozenset[ImagePath] | list[ImagePath]) -> int:
        return sum(self._saved.sizes[path] for path in paths)


def _takes(taken: Mapping[ImagePath, Set[Reason]]) -> Takes:
    return lambda path, reason: reason in taken.get(path, ())


def _glob(whole: ImagePath, paths: list[ImagePath]) -> str:
    return literal(whole) if paths == [whole] else f"{literal(whole)}/**"


def _count(paths: tuple[ImagePath, ...]) -> dict[ImagePath, int]:
    found: dict[ImagePath, int] = defaultdict(int)
    for path in paths:
        for folder in ancestors(path):
            found[folder] += 1
    return found


def _summary(profile: str) -> str:
    """What a shipped profile says of itself; of the user's own it is not known here."""
    said = (one.summary for one in builtin_profiles() if one.name == profile)
    return next(said, "it is a profile of your own").rstrip(".")
