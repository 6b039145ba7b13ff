"""Rule: the modules that glibc loads for the name services; nsswitch.conf(5), nss(5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slim.closure.native.ldso import LibrarySearch, Requester
from slim.closure.rule import Context, Need
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, name, parent
from slim.plan import Unresolved

RULE = "nss"

CONFIGURATION = "/etc/nsswitch.conf"

BUILT_IN = frozenset({"files", "dns"})
"""Part of libc.so.6 since glibc 2.34, which never loads the libnss file that may still be there."""

_FUNCTION = {"files": "getpwnam_r", "dns": "gethostbyname_r"}

DEFAULT_SERVICES = ("files", "dns")
"""What glibc falls back to without the file, less its historic parts (nis)."""

_ACTION = re.compile(r"\[[^\]]*\]")


class NssRule:
    """When glibc's libc.so.6 is kept: nsswitch.conf and libnss_SERVICE.so.2 of each service in it."""

    def __init__(self, search: LibrarySearch) -> None:
        self._search = search

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The modules, for a kept libc.so.6; each is loaded beside this very libc."""
        if entry.kind is not Kind.FILE or not name(path).startswith(("libc.so.6", "libc-2.")):
            return
        facts = context.elf(path)
        if facts is None:
            return
        by = Requester(facts, parent(path))
        configured = context.reached(CONFIGURATION)
        services: tuple[str, ...] = DEFAULT_SERVICES
        if configured and context.tree[configured].kind is Kind.FILE:
            yield Need(CONFIGURATION, RULE, "glibc reads it before the first look-up of a name", path)
            services = named_services(context.tree.read(configured).decode("utf-8", "surrogateescape"))
        for service in services:
            if service in BUILT_IN and f"_nss_{service}_{_FUNCTION[service]}" in facts.symbols:
                continue
            library = f"libnss_{service}.so.2"
            found = self._search.find(library, by)
            if found:
                for raw in found.paths:
                    yield Need(raw, RULE, f"service {service} of nsswitch.conf", configured or path)
            elif service not in BUILT_IN:
                yield Unresolved(RULE, configured or path, library, f"service {service} has no module here")


def named_services(text: str) -> tuple[str, ...]:
    """The services of an nsswitch.conf, in order of first appearance; actions are left out."""
    services: dict[str, None] = {}
    for line in text.splitlines():
        _, colon, rest = line.partition("#")[0].partition(":")
        if colon:
            services.update((word, None) for word in _ACTION.sub(" ", rest).split())
    return tuple(services)
