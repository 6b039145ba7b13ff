"""Which tables of Encode a source asks for; Encode::Supported(3perl).

The tables for Chinese, Japanese and Korean are nine megabytes: they stay where a name of one is
written down, or where a name comes from outside.
"""

from __future__ import annotations

import re

_FAMILIES = (
    ("Encode::JP", re.compile(r"jis|jp|7bit-jis|cp932|windows-31j", re.IGNORECASE)),
    ("Encode::KR", re.compile(r"kr|uhc|johab|cp949|ks_?c|korean", re.IGNORECASE)),
    ("Encode::CN", re.compile(r"gb|cn|^hz|cp936|chinese", re.IGNORECASE)),
    ("Encode::TW", re.compile(r"big5|tw|hkscs|cp950", re.IGNORECASE)),
    ("Encode::EBCDIC", re.compile(r"ebcdic|cp37|cp500|cp875|cp1026|cp1047|posix-bc", re.IGNORECASE)),
    ("Encode::Symbol", re.compile(r"symbol|dingbats|adobe|ibm-?\d", re.IGNORECASE)),
    ("Encode::MIME::Header", re.compile(r"mime", re.IGNORECASE)),
    ("Encode::Guess", re.compile(r"guess", re.IGNORECASE)),
)

ALWAYS = ("Encode::Alias", "Encode::Config", "Encode::Encoding", "Encode::MIME::Name", "Encode::Byte",
          "Encode::Unicode", "Encode::Unicode::UTF7")  # fmt: skip
"""Half a megabyte for all that Europe and the web use."""

EVERY = tuple(module for module, _ in _FAMILIES)


def modules_for(encoding: str) -> tuple[str, ...]:
    """The modules behind an encoding's name; `*` is any."""
    if encoding == "*":
        return EVERY
    return tuple(module for module, pattern in _FAMILIES if pattern.search(encoding))


class Encodings:
    """What sources name, until Encode is kept, which loads the modules behind it."""

    def __init__(self) -> None:
        self._named: set[str] = set()
        self._is_kept = False

    def kept(self) -> tuple[str, ...]:
        """Take notice that Encode is kept: the modules that it loads, for what was named so far."""
        self._is_kept = True
        return (*ALWAYS, *(module for each in sorted(self._named) for module in modules_for(each)))

    def named(self, encoding: str) -> tuple[str, ...]:
        """Take notice of a name: the modules behind it, once Encode is kept."""
        self._named.add(encoding)
        return modules_for(encoding) if self._is_kept else ()
