"""Rule: the locales and translations that the image's environment asks for; locale(7), gettext(3).

A program that calls setlocale(3) with an empty name gets the locale of LC_ALL, of the category's own
variable, or of LANG, from a folder below /usr/lib/locale (or LOCPATH) or from the archive there. Missing, it
falls back to the C locale in silence: letters become question marks and messages English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from slim.closure.native.symbols import LOCALES, TRANSLATING
from slim.closure.rule import Context, Need
from slim.oci.entry import Entry, Kind
from slim.oci.path import ImagePath, image_path, name
from slim.plan import Unresolved

RULE = "locale"

FOLDER = "/usr/lib/locale"
MESSAGES = re.compile(r"/usr/(?:local/)?share/locale(?:-langpack)?/([^/]+)/LC_(?:MESSAGES|TIME)/[^/]+\.mo")

_CATEGORIES = (
    "LC_ALL",
    "LC_CTYPE",
    "LC_COLLATE",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NUMERIC",
    "LC_TIME",
    "LANG",
)
_NAME = re.compile(
    r"(?P<language>[^_.@/]+)(?P<territory>_[^.@/]+)?(?P<codeset>\.[^@/]+)?(?P<modifier>@[^/]+)?"
)
_NO_ARCHIVE = ("C", "POSIX")


class LocaleRule:
    """What the environment names: locale data for whoever asks for a locale, and the translations that a
    kept program's own package brought."""

    def __init__(self) -> None:
        self._offered = False

    def needs(self, path: ImagePath, entry: Entry, context: Context) -> Iterator[Need | Unresolved]:
        """The locales, at the first kept ELF file that asks for one; the messages of each that shows some."""
        facts = context.elf(path) if entry.kind is Kind.FILE else None
        if facts is None or facts.is_libc(name(path)):
            return
        environment = context.launch.environment
        if not self._offered and not facts.symbols.isdisjoint(LOCALES):
            self._offered = True
            yield from _data(path, context, environment)
        if not facts.symbols.isdisjoint(TRANSLATING):
            yield from _messages(path, context, set(languages(environment)))


def locales(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The locales that an environment names, C itself left out; in order, each once."""
    named = dict.fromkeys(environment.get(category, "") for category in _CATEGORIES)
    return tuple(text for text in named if text and text.partition(".")[0] not in _NO_ARCHIVE)


def languages(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The folders below share/locale that gettext(3) tries: LANGUAGE's, then those of the locale."""
    named = locales(environment)
    if not named:
        return ()  # gettext(3): in the C locale LANGUAGE counts for nothing
    wanted = [*environment.get("LANGUAGE", "").split(":"), *named]
    return tuple(dict.fromkeys(folder for text in wanted for folder in spellings(text)))


def spellings(text: str) -> Iterator[str]:
    """The folder names under which a locale is looked for, the closest first: glibc's
    _nl_make_l10nflist, which also normalises the codeset (`de_DE.UTF-8` is `de_DE.utf8`)."""
    match = _NAME.fullmatch(text)
    if match is None:
        return
    language, modifier = match["language"], match["modifier"] or ""
    codeset = (match["codeset"] or "")[1:]
    plain = re.sub(r"[^0-9A-Za-z]", "", codeset).lower()
    plain = f"iso{plain}" if plain.isdigit() else plain
    for territory in dict.fromkeys((match["territory"] or "", "")):
        for coded in dict.fromkeys((codeset, plain, "")):
            for modified in dict.fromkeys((modifier, "")):
                yield f"{language}{territory}{f'.{coded}' if coded else ''}{modified}"


def _data(path: ImagePath, context: Context, environment: Mapping[str, str]) -> Iterator[Need]:
    why = "setlocale(3): the environment asks for a locale"
    wanted = locales(environment)
    own = [folder for folder in environment.get("LOCPATH", "").split(":") if folder.startswith("/")]
    for folder in (*own, FOLDER):
        for text in wanted:
            for spelling in spellings(text):
                reached = context.reached(f"{folder}/{spelling}")
                for inside in (reached, *context.tree.under(reached)) if reached else ():
                    yield Need(inside, RULE, why, path)
    if wanted and context.reached(f"{FOLDER}/locale-archive"):
        yield Need(f"{FOLDER}/locale-archive", RULE, why, path)
        yield from (
            Need(found, RULE, "gettext(3): the C library's own messages in the environment's language", path)
            for language in languages(environment)
            for found in context.tree.glob(image_path(f"/usr/share/locale/{language}/LC_MESSAGES/libc.mo"))
        )


def _messages(path: ImagePath, context: Context, wanted: set[str]) -> Iterator[Need]:
    owner = context.owners.owner(path) if wanted else None
    if owner is None:
        return
    for file in context.owners.files(owner):
        match = MESSAGES.fullmatch(file)
        if match and match[1] in wanted:
            yield Need(file, RULE, "gettext(3): its messages in the environment's language", path)
