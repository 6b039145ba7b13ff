"""What profiles withhold of things that are kept whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slim.closure.application.leftover import Leftovers
from slim.closure.profile.condition import Watch, bindings, filled, watches
from slim.closure.profile.glob import Globs
from slim.closure.profile.model import Drop, Profile
from slim.closure.profile.sight import Sight
from slim.closure.rule import Context, Part
from slim.oci.path import ImagePath


@dataclass(frozen=True)
class _Dropping:
    profile: str
    drop: Drop
    globs: Globs
    without: Globs
    lifted_by: tuple[Watch, ...]
    """Any of them lifts it."""


class Drops:
    """The drops of every profile that takes part."""

    def __init__(self, profiles: Sequence[Profile], context: Context) -> None:
        self._rules: list[_Dropping] = []
        self._freed: set[int] = set()
        self._leftovers = Leftovers(context)
        for profile in profiles:
            if not profile.drop or not watches(profile.when, context):
                continue
            values = [one for binding in bindings(profile.when, context) for one in binding.values]
            for drop in profile.drop:
                lifted_by = tuple(watches(drop.unless, context)) if drop.unless else ()
                if any(watch.sees(Sight()) for watch in lifted_by):
                    continue
                globs = Globs((text for one in values for text in filled(drop.paths, one)), context.tree)
                without = Globs((text for one in values for text in filled(drop.without, one)), context.tree)
                self._rules.append(_Dropping(profile.name, drop, globs, without, lifted_by))

    def withheld_by(self, path: ImagePath, part: Part) -> int | None:
        """The number of the first drop that withholds `path`; None where none does."""
        for number, rule in enumerate(self._rules):
            if number in self._freed or part.value not in rule.drop.of:
                continue
            if not rule.globs.match(path) or rule.without.match(path):
                continue
            if not rule.drop.leftover or self._leftovers.is_leftover(path):
                return number
        return None

    def reason(self, number: int) -> str:
        rule = self._rules[number]
        return f"{rule.drop.reason} (profile {rule.profile})"

    def released(self, sight: Sight) -> frozenset[int]:
        """Drops whose `unless` came to hold with what was seen; they withhold nothing from now on."""
        freed = {
            number
            for number, rule in enumerate(self._rules)
            if number not in self._freed and [watch for watch in rule.lifted_by if watch.sees(sight)]
        }
        self._freed |= freed
        return frozenset(freed)
