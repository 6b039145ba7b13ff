"""Knowledge as data: one TOML file a profile; read by slim.closure.profile.load."""

from __future__ import annotations

from importlib import resources


def texts() -> tuple[tuple[str, str], ...]:
    """(file name, text) of every profile that is shipped, by name."""
    folder = resources.files(__name__)
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple((name, (folder / name).read_text(encoding="utf-8")) for name in names)
