"""What is known of Perl itself: what the interpreter loads, which parts are for developers only, how
names of modules are meant."""

from __future__ import annotations

import re

SOURCES = (".al", ".cgi", ".ix", ".ph", ".pl", ".plx", ".pm", ".psgi", ".t")
CODE = (*SOURCES, ".bs", ".c", ".exists", ".h", ".packlist", ".pod", ".so", ".ucm", ".xs", ".PL", ".md")
"""Files of a module's folder that are no data."""

IMPLIED = ("Config", "Errno", "Exporter::Heavy", "File::Glob", "IO::File", "IO::Handle", "PerlIO",
           "PerlIO::scalar", "Tie::Hash::NamedCapture", "XSLoader", "attributes", "feature", "mro", "re",
           "strict", "utf8", "warnings")  # fmt: skip
"""What the interpreter itself loads: `%!`, glob, method calls on handles, files in memory, `%+` …"""

DEVELOPER = re.compile(
    r"(App::(Cpan|Prove)|CPAN|Devel|ExtUtils|Module::(Build|CoreList)|Perl::OSType|Pod::Perldoc|TAP|Test2?)(::.*)?"
    r"|B::(Deparse|Concise|Xref|Showlex|Terse)|Test\w*|Benchmark|perl5db|DB|Dumpvalue"
)
"""Modules that only sources outside of Perl's own library ask for in earnest."""

REGISTRIES = ("Module/CoreList.pm", "Encode/Config.pm", "Encode/Alias.pm", "Encode.pm", "perl5db.pl")
"""Tables of names: to hold a name in one of them is not to load it."""
PLUGINS = re.compile(
    r"::(Adapter|Backend|Component|Driver|Engine|Filter|Formatter|Handler|Middleware|Plugin|Provider|Transport)s?$"
)
"""A folder of this name is there to be chosen from."""
UNICODE = ("unicore/Name.pl", "unicore/Name.pm")
"""Tables of the names of characters."""
