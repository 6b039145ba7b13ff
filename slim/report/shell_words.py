"""Command-line words as they can be pasted into a shell."""

from __future__ import annotations

import shlex

from slim.oci.path import to_bytes


def shell_text(words: tuple[str, ...]) -> str:
    """`words` quoted where a POSIX shell needs it; names that are not printable in bash's $'…', which
    POSIX.1-2024 has too."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    plain = (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in to_bytes(word))
    escaped = ("\\" + one if one in "\\'" else one for one in plain)
    return f"$'{''.join(escaped)}'"
