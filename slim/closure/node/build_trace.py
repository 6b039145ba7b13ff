"""Build traces: what a bundler listed for one page; Next.js and Nuxt (@vercel/nft) put them beside it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from slim.closure.node.kinds import package_folder
from slim.closure.rule import Context, Need, Part
from slim.oci.path import ImagePath, image_path, name, parent, printable
from slim.plan import Gap, Unresolved

RULE = "build-trace"

SUFFIX = ".nft.json"

_SERVERS = ("/**/.next/next-server.js.nft.json", "/**/.next/next-minimal-server.js.nft.json")
"""Lists of all that the server of Next.js needs of its packages."""


class _Trace(msgspec.Struct):
    files: tuple[str, ...] = ()


def build_trace_needs(path: ImagePath, context: Context) -> Iterator[Need | Unresolved]:
    """The files that the list at `path` names."""
    try:
        files = msgspec.json.decode(context.tree.read(path, 1 << 24), type=_Trace).files
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        yield Unresolved(RULE, path, name(path), "it is no build trace", Gap.UNREADABLE)
        return
    for file in files:
        yield Need(
            image_path(f"{parent(path)}/{file}"),
            RULE,
            f"{printable(path)} lists it",
            path,
            part_of=Part.DEFERRED,
        )


def listed_packages(context: Context) -> frozenset[str]:
    """The packages of which a bundler has listed what a server needs."""
    lists = [path for pattern in _SERVERS for path in context.tree.glob(pattern)]
    needs = (need for path in lists for need in build_trace_needs(path, context) if isinstance(need, Need))
    found = (package_folder(ImagePath(need.path), context) for need in needs)
    return frozenset(folder for folder in found if folder is not None)
