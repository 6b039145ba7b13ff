"""The values that words of a script may have, and everything that a script starts with them.

Values come from assignments of the script and of those it is sourced with, from the calls of its
functions, and from the image's environment. All of them are possible at once: order and branches are
not followed, so what comes out is more than any one run of the script starts, and never less of what
is written in it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

from slim.closure.shell.parse import HERE, Assigned, Call, Script, Variable, Word, read
from slim.closure.shell.starts import ARGUMENTS, BUILT_IN, UNKNOWN, Kind, Start, starts

MAX_VALUES = 32
"""Values of one word that are followed."""
MAX_PARTS = 512
"""Parts of one word that are looked at: text with variables in it can be of any length."""
MAX_LINES = 256
"""Lines inside lines (`sh -c`, eval, trap, here-documents) that are read of one script."""
_DEEPEST = 6
"""Variables in the values of variables that are followed."""


class Scope:
    """The variables of scripts that are sourced together."""

    def __init__(self, scripts: Iterable[Script], environment: Mapping[str, str], here: str = "") -> None:
        self._environment = environment
        self._here = here
        self._assigned: dict[str, dict[Assigned, None]] = {}
        self._known: dict[Variable, tuple[str, ...]] = {}
        self.functions: set[str] = set()
        found = tuple(scripts)
        for script in found:
            self.functions.update(script.functions)
        for script in found:
            self._take(script)

    def _take(self, script: Script) -> None:
        for assigned in script.assigned:
            self._assigned.setdefault(assigned.name, {})[assigned] = None
        for call in script.calls:
            self._bind(call)

    def _bind(self, call: Call) -> None:
        """What a function's arguments are, from a call of it; what `${NAME:=word}` assigns."""
        first = call.words[0] if call.words else ()
        if len(first) == 1 and isinstance(first[0], str) and first[0] in self.functions:
            for number, word in enumerate(call.words[1:], 1):
                own = Assigned(f"{first[0]}:{number}", (word,))
                self._assigned.setdefault(own.name, {})[own] = None
            every = Assigned(f"{first[0]}:@", call.words[1:], True)
            self._assigned.setdefault(every.name, {})[every] = None
        for word in call.words[1:] if first == (":",) else ():
            for part in word:
                if isinstance(part, Variable) and part.default:
                    default = Assigned(part.name, (part.default,))
                    self._assigned.setdefault(part.name, {})[default] = None

    def runs_itself(self, start: Start) -> bool:
        """Whether a shell has no program to look for: a command of its own, or a function of the scripts."""
        return start.in_shell and (start.text in BUILT_IN or start.text in self.functions)

    def texts(self, word: Word, depth: int = 0) -> tuple[str, ...]:
        """The values of a word, with UNKNOWN for what is not known; at most MAX_VALUES."""
        found: dict[str, None] = {"": None}
        for part in word[:MAX_PARTS]:
            values = (part,) if isinstance(part, str) else self._values(part, depth)
            values = values[: max(1, MAX_VALUES // len(found))]
            found = {before + value: None for before in found for value in values}
        return tuple(found)

    def _values(self, variable: Variable, depth: int) -> tuple[str, ...]:
        known = self._known.get(variable)
        if known is None:
            # In the middle of finding them, a variable that leads back to itself adds nothing.
            self._known[variable] = (UNKNOWN,)
            known = self._found(variable, depth)
            self._known[variable] = known
        return known

    def _found(self, variable: Variable, depth: int) -> tuple[str, ...]:
        name = variable.name
        if name == HERE:
            return (self._here or UNKNOWN,)
        if name in ("@", "*"):
            return (ARGUMENTS,)
        if name in ("0", "BASH_SOURCE") and self._here:
            return (f"{self._here}/{ARGUMENTS}",)
        found: dict[str, None] = {}
        if depth < _DEEPEST:
            for assigned in self._assigned.get(name, ()):
                for word in assigned.words:
                    found.update(dict.fromkeys(self.texts(word, depth + 1)))
            if variable.default:
                found.update(dict.fromkeys(self.texts(variable.default, depth + 1)))
        if name in self._environment:
            found[self._environment[name]] = None
        if name not in self._assigned and name not in self._environment:
            found[UNKNOWN] = None
        return tuple(found)[:MAX_VALUES] or (UNKNOWN,)

    def argument_lists(self, words: tuple[Word, ...]) -> Iterator[list[str]]:
        """Argument lists that a command may come to: every value of every word is in one of them."""
        choices = [self._sequences(word) for word in words]
        for number in range(max(map(len, choices), default=0)):
            picked = [sequences[min(number, len(sequences) - 1)] for sequences in choices]
            yield [text for sequence in picked for text in sequence]

    def _sequences(self, word: Word) -> list[tuple[str, ...]]:
        """What a word comes to: arrays and values outside quotes become several words."""
        only = word[0] if len(word) == 1 and isinstance(word[0], Variable) else None
        if only is None:
            return [(text,) for text in self.texts(word)]
        arrays = [assigned for assigned in self._assigned.get(only.name, ()) if assigned.array]
        if arrays:
            return [tuple(self.texts(each)[0] for each in assigned.words) for assigned in arrays]
        if only.bare:
            return [tuple(_split(text)) for text in self.texts(word)]
        return [(text,) for text in self.texts(word)]


def all_starts(script: Script, scope: Scope) -> Iterator[Start]:
    """Everything that a script starts, each once; lines within it are read too."""
    seen: set[Start] = set()
    lines: set[str] = set()
    todo = [script]
    while todo:
        one = todo.pop(0)
        found = [Start(Kind.PROGRAM, name, in_shell=True) for name in one.guessed]
        for call in one.calls:
            for words in scope.argument_lists(call.words):
                found += starts(words, call.fed)
        for start in found:
            if start in seen:
                continue
            seen.add(start)
            if start.kind is not Kind.LINE:
                yield start
            elif start.text not in lines and len(lines) < MAX_LINES:
                lines.add(start.text)
                todo.append(read(start.text.replace(UNKNOWN, "$_").encode("utf-8", "replace")))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text) or [""]
    except ValueError:
        return text.split() or [""]
