"""Numbers as people read them."""

from __future__ import annotations


def size_text(size: int) -> str:
    """Bytes in decimal units, as `docker images` shows them: 31.2 MB, 214 MB."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    if unit == "B":
        return f"{size} B"
    return f"{value:.0f} {unit}" if value >= 99.95 else f"{value:.1f} {unit}"


def change_text(before: int, after: int) -> str:
    """How `after` compares with `before`: −85 %, +3 %."""
    if before == 0:
        return "±0 %"
    percent = round(100 * (after - before) / before)
    if percent == 0:
        return "±0 %"
    return f"{'+' if percent > 0 else '−'}{abs(percent)} %"


def count_text(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: 1 file, 1,204 files."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
