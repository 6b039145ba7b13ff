"""Perl on a command line: `perl -MFoo -e '…'`, PERL5OPT; perlrun(1)."""

from __future__ import annotations

import re

from slim.closure.perl.source import PerlFacts, read_source

_ON_COMMAND_LINE = re.compile(r"(?<!\S)-[a-zA-LN-Z0-9]*M-?'?([A-Za-z_]\w*(?:::\w+)*)")
_OPTIONS = re.compile(r"\bperl\b([^\n;|&]*)")


def options_name(text: str) -> list[str]:
    """The modules that options like `-MFoo` and `-wM-Foo` name."""
    return _ON_COMMAND_LINE.findall(text)


def read_line(text: str) -> PerlFacts:
    """What a shell line names that starts a perl; nothing for one that starts none."""
    modules: set[str] = set()
    code: list[str] = []
    for match in _OPTIONS.finditer(text):
        modules.update(_ON_COMMAND_LINE.findall(match[1]))
    if re.search(r"\bperl\b[^\n]*\s-\w*[eE]\b", text):
        code = [found for found in re.findall(r"'([^']*)'|\"([^\"]*)\"", text) for found in found if found]
    facts = read_source("\n".join(code).encode("utf-8", "replace"))
    return PerlFacts(modules=tuple(sorted(modules | set(facts.modules))), encodings=facts.encodings)
