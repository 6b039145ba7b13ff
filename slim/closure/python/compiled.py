"""Modules that compiled Python names: extension modules, byte code without a source."""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.python import RULE
from slim.closure.python.binary import Names, prefixes
from slim.closure.python.interpreters import Interpreter
from slim.closure.rule import Need, Part
from slim.oci.path import ImagePath, parent, printable


def compiled_needs(path: ImagePath, names: Names, interpreter: Interpreter) -> Iterator[Need]:
    """Modules that compiled code names."""
    why = f"a string of {printable(path)}"
    search = interpreter.path
    standard = interpreter.is_standard(path)
    for dotted in names.dotted:
        above = dotted.rpartition(".")[0]
        if above.partition(".")[0] not in search.tops or search.find(above).depth <= above.count("."):
            continue  # most strings of this form are no names of modules
        for candidate in prefixes(dotted):
            found = search.find(candidate)
            if found.depth == candidate.count(".") + 1:
                for raw in found.files:
                    yield Need(raw, RULE, f"{why}: {candidate}", path, part_of=Part.COMPILED)
                break
    for word in names.words:
        found = search.find(word) if standard else search.inside((parent(path),), [word])
        if found.files and interpreter.is_standard(found.files[0]) == standard:
            for raw in found.files:
                yield Need(raw, RULE, f"{why}: {word}", path, part_of=Part.COMPILED)
