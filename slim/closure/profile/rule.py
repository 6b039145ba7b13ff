"""Applying profiles: their conditions are asked whenever the other rules have come to rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slim.closure.profile.condition import Values, Watch, filled, watches
from slim.closure.profile.glob import Globs
from slim.closure.profile.model import Condition, Keep, Profile
from slim.closure.profile.sight import Lens
from slim.closure.rule import Context, Need, Part
from slim.oci.path import ROOT, ImagePath
from slim.plan import Unresolved

ModuleFiles = Callable[[str, Context], Iterator[ImagePath]]
"""From a dotted name, or a glob over such names, to the files that importing it reads."""


@dataclass(frozen=True, eq=False)
class _Entry:
    """A keep of a profile whose conditions hold, and that waits for its own."""

    profile: Profile
    keep: Keep
    values: tuple[Values, ...]
    watches: tuple[Watch, ...]
    """Any of them."""


class ProfileRule:
    """The keeps of every profile whose conditions hold."""

    def __init__(
        self, profiles: Sequence[Profile], lens: Lens, context: Context, module_files: ModuleFiles
    ) -> None:
        self._lens = lens
        self._module_files = module_files
        self._pending = [
            (watch, profile)
            for profile in profiles
            if profile.keep
            for watch in watches(profile.when, context)
        ]
        self._entries: list[_Entry] = []

    def more(self, fresh: tuple[ImagePath, ...], context: Context) -> Iterator[Need | Unresolved]:
        """What profiles keep of which the last condition came to hold; the lens has seen `fresh`."""
        del fresh  # what counts of it is in the lens
        seen = self._lens.seen
        waiting = []
        for watch, profile in self._pending:
            if not watch.sees(seen):
                waiting.append((watch, profile))
                continue
            for keep in profile.keep:
                inner = tuple(watches(keep.when or Condition(), context))
                if inner:
                    self._entries.append(_Entry(profile, keep, watch.values, inner))
        self._pending = waiting
        ready = [entry for entry in self._entries if any(watch.sees(seen) for watch in entry.watches)]
        self._entries = [entry for entry in self._entries if entry not in ready]
        for entry in ready:
            yield from self._kept(entry, context)

    def _kept(self, entry: _Entry, context: Context) -> Iterator[Need | Unresolved]:
        rule, keep = f"profile:{entry.profile.name}", entry.keep
        for values in entry.values:
            without = Globs(filled(keep.without, values), context.tree)
            for pattern in filled(keep.paths, values):
                for path in context.tree.glob(pattern):
                    if keep.unowned and context.owners.owner(path) is not None:
                        continue
                    if not without.match(path):
                        yield Need(path, rule, keep.reason, part_of=Part.PROFILE)
            for dotted in keep.modules:
                for path in self._module_files(dotted, context):
                    if not without.match(path):
                        yield Need(path, rule, f"module {dotted}: {keep.reason}")
        for command in keep.commands:
            found = context.find_command(command)
            if found is None:
                yield Unresolved(rule, ROOT, command, f"no such program in PATH: {keep.reason}")
            else:
                yield Need(found, rule, f"command {command}: {keep.reason}")
