"""The coverage in a few lines; all of it is in report.json."""

from __future__ import annotations

from collections.abc import Iterator

from slim.coverage.model import Counted, Coverage, Unused
from slim.oci.path import printable
from slim.report.sizes import count_text

MAX_NAMED = 3
"""Folders, files of a folder, routes that a line names; others are counted."""


def coverage_lines(coverage: Coverage) -> Iterator[str]:
    """What was not exercised, the most telling first, and what to add; nothing where all was."""
    for little in coverage.reached_little:
        yield f"reached little: {little.told}; {little.add}"
    if coverage.whole and coverage.measure != "none":
        return
    yield f"coverage: {share_text(coverage)}"
    yield from _files("never loaded", coverage.modules, coverage.unused_modules)
    yield from _files("never started", coverage.executables, coverage.unused_executables)
    yield from _files("never opened, pages and templates", coverage.pages, coverage.unused_pages)
    routes = tuple(dict.fromkeys(one.name for one in coverage.unreached_routes))
    told = " or refused" if coverage.refused else ""
    told += ", but for what commands asked" if coverage.unseen_requests else ""
    yield from _asked(f"never requested{told}", "routes", coverage.routes, routes)
    yield from _asked(
        f"never requested{told}", "operations", coverage.operations, coverage.unreached_operations
    )


def share_text(coverage: Coverage) -> str:
    """How much was exercised, or why that is not known."""
    asked = ""
    if coverage.requests:
        asked = f"; {count_text(coverage.requests, 'request')} to {count_text(coverage.paths, 'path')}"
    if coverage.share is None:
        return f"not measurable by files: {coverage.unmeasured}{asked}"
    if coverage.measure == "files":
        modules = coverage.modules
        of_bytes = _percent(coverage.share_of_bytes or 0)
        return (
            f"{modules.used:,} of the application's {count_text(modules.total, 'file')} of code were used "
            f"({_percent(coverage.share)}, {of_bytes} of the bytes){asked}"
        )
    counted = coverage.operations if coverage.measure == "operations" else coverage.routes
    return (
        f"{counted.used:,} of {counted.total:,} {coverage.measure} were called ({_percent(coverage.share)})"
    )


def top_additions(coverage: Coverage) -> Iterator[str]:
    """What to add so that more is exercised: the first few of each kind."""
    yield from (little.add for little in coverage.reached_little)
    for what, unused in (
        ("load", coverage.unused_modules),
        ("start", coverage.unused_executables),
        ("show", coverage.unused_pages),
    ):
        if unused:
            yield f"a probe that makes it {what} {_named(unused[0])}"
    for names in (coverage.unreached_operations, tuple(one.name for one in coverage.unreached_routes)):
        if names:
            yield f"--http-probe for {', '.join(printable(one) for one in names[:MAX_NAMED])}"


def _files(what: str, counted: Counted, unused: tuple[Unused, ...]) -> Iterator[str]:
    count = sum(one.count for one in unused)
    if not count:
        return
    named = "; ".join(_named(one) for one in unused[:MAX_NAMED])
    more = sum(one.count for one in unused[MAX_NAMED:])
    tail = f"; {more:,} more elsewhere" if more else ""
    yield f"  {what}: {count:,} of {counted.total:,}: {named}{tail}"


def _named(unused: Unused) -> str:
    """`/srv/shop/views/: cart.py, order.py and 3 more`"""
    names = ", ".join(printable(one) for one in unused.files[:MAX_NAMED])
    more = unused.count - min(unused.count, MAX_NAMED)
    tail = f" and {more:,} more" if more else ""
    return f"{printable(unused.folder).rstrip('/')}/ {names}{tail}"


def _asked(how: str, what: str, counted: Counted, unreached: tuple[str, ...]) -> Iterator[str]:
    if unreached:
        some = ", ".join(printable(one) for one in unreached[:MAX_NAMED])
        more = f" and {len(unreached) - MAX_NAMED:,} more" if len(unreached) > MAX_NAMED else ""
        yield f"  {how}: {counted.total - counted.used:,} of {counted.total:,} {what}: {some}{more}"


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
