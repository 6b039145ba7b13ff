"""What makes an image big, for people."""

from __future__ import annotations

from collections.abc import Iterator

from slim.explain.top_model import Chance, Share, Top
from slim.oci.path import printable
from slim.report.shell_words import shell_text
from slim.report.sizes import count_text, size_text

MAX_ROWS = 12
MAX_CHANCES = 12
MAX_OPTIONS = 3


def top_lines(top: Top, *, everything: bool = False) -> Iterator[str]:
    """Tables of reasons, packages and folders, then what could still be dropped."""
    yield (
        f"kept {count_text(top.kept, 'path')}, {size_text(top.size)}; "
        f"dropped {count_text(top.dropped, 'path')}, {size_text(top.dropped_size)}"
    )
    for title, shares in (
        ("by reason", top.rules),
        ("by package", top.packages),
        ("by folder", top.folders),
    ):
        yield ""
        yield from _table(title, shares, len(shares) if everything else MAX_ROWS)
    yield ""
    yield "what could still be dropped: nothing that was run used it; the lines overlap"
    shown = top.chances if everything else top.chances[:MAX_CHANCES]
    for chance in shown:
        yield from _chance(chance, len(chance.options) if everything else MAX_OPTIONS)
    if len(top.chances) > len(shown):
        yield f"  … and {len(top.chances) - len(shown)} more (--all)"


def _table(title: str, shares: tuple[Share, ...], rows: int) -> Iterator[str]:
    dropped = any(one.dropped for one in shares)
    yield f"{'files':>8}{'kept':>10}" + (f"{'dropped':>10}" if dropped else "") + f"  {title}"
    for one in shares[:rows]:
        yield _row(one, printable(one.name) or "of no package", dropped=dropped)
    rest = shares[rows:]
    if rest:
        paths, size = sum(one.paths for one in rest), sum(one.size for one in rest)
        others = Share("", paths, size, sum(one.dropped for one in rest))
        yield _row(others, f"… {len(rest):,} more (--all)", dropped=dropped)


def _row(one: Share, name: str, *, dropped: bool) -> str:
    gone = f"{size_text(one.dropped):>10}" if dropped else ""
    return f"{one.paths:>8,}{size_text(one.size):>10}{gone}  {name}"


def _chance(chance: Chance, most: int) -> Iterator[str]:
    yield (
        f"  {size_text(chance.size):>8}  {chance.title} ({count_text(chance.paths, 'file')}), "
        f"risk {chance.level.value}: {printable(chance.risk)}"
    )
    for one in chance.options[:most]:
        size = f"   {size_text(one.size)}" if len(chance.options) > 1 else ""
        yield f"{'':<12}{'without ' if one.leave_out else ''}{shell_text(one.words)}{size}"
    if len(chance.options) > most:
        yield f"{'':<12}…"
