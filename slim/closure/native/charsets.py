"""Rule: the gconv modules of a program that converts between character sets of somebody else's choice.

iconv(3) loads a module by the character set's name. Which name comes is up to the data: a file, a mail,
an argument. For the application's own use of iconv_open(3) every module that data in use today may ask for
is kept; a library that may never be asked gets the common ones, by the profile `character-sets`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.rule import Context, Need, Part
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, name
from slim.plan import Unresolved

RULE = "charset"

MODULES = "/usr/lib/**/gconv/*.so"

CONVERTERS = frozenset({"iconv", "recode", "msgconv", "konwert", "enca", "convmv"})
"""Programs of packages whose very purpose is to convert."""

_DOS = re.compile(r"IBM(?:437|85[0-8]|86[0-9]|866NAV|874|932|943)\.so")
"""Code pages of PCs, which files still come in; the other IBM ones are EBCDIC, for mainframes."""


class CharsetRule:
    """Every module but those for mainframes, where the application itself converts; all for iconv(1)."""

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The modules, for a kept ELF file that calls iconv_open(3)."""
        facts = context.elf(path) if entry.kind is Kind.FILE else None
        if facts is None or "iconv_open" not in facts.symbols or facts.is_libc(name(path)):
            return
        if name(path) not in CONVERTERS and not _is_own(path, context):
            return
        for module in context.tree.glob(MODULES):
            if name(path) == "iconv" or not is_for_mainframes(name(module)):
                why = "its character sets are chosen at run time: iconv_open(3)"
                yield Need(module, RULE, why, path, part_of=Part.PROFILE)


def is_for_mainframes(module: str) -> bool:
    """Whether a module of this file name serves EBCDIC alone: no file but a mainframe's has it."""
    return module.startswith(("EBCDIC", "IBM")) and not _DOS.fullmatch(module)


def _is_own(path: ImagePath, context: Context) -> bool:
    if any(reason.rule == "application" for reason in context.kept[path]):
        return True
    return context.owners.owner(path) is None
