"""Forms by GET, sent as they stand: HTML standard, section 4.10.21.4 (constructing the entry list)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

from probes.crawl.markup import Tag, characters
from probes.crawl.model import Reference

_MOST_FIELDS = 200
_NEVER_SENT = frozenset({"button", "reset", "image", "submit"})


@dataclass
class _Select:
    """A list to choose from, while it is being read."""

    name: str
    multiple: bool
    options: list[tuple[str, bool]] = field(default_factory=list)
    """(value, chosen)."""

    def entries(self) -> Iterator[tuple[str, str]]:
        chosen = [value for value, selected in self.options if selected]
        if self.multiple:
            yield from ((self.name, value) for value in chosen)
        elif self.options:
            yield self.name, chosen[-1] if chosen else self.options[0][0]


@dataclass
class _Form:
    action: str
    by_get: bool
    entries: list[tuple[str, str]] = field(default_factory=list)
    pressed: bool = False
    """Whether its first button has been seen: Enter presses that one."""

    def add(self, *entries: tuple[str, str]) -> None:
        self.entries += [(name, value) for name, value in entries if name][: _MOST_FIELDS - len(self.entries)]


class Forms:
    """Reads a page's forms tag by tag."""

    def __init__(self) -> None:
        self._form: _Form | None = None
        self._select: _Select | None = None

    def see(self, tag: Tag) -> Iterator[Reference]:
        """Take in the next tag; the form that it ends, if there is one and it is sent by GET."""
        if tag.name == "form":
            if tag.end:
                yield from self.rest()
            elif self._form is None:  # a form in a form is ignored
                method = tag.attributes.get("method", "get").strip().lower()
                self._form = _Form(tag.attributes.get("action", ""), method not in ("post", "dialog"))
        elif self._form and tag.name in ("select", "option"):
            self._choose(self._form, tag)
        elif self._form and not tag.end and "disabled" not in tag.attributes:
            _take(self._form, tag)

    def rest(self) -> Iterator[Reference]:
        """The form that is still open, as at the page's end."""
        form, self._form = self._form, None
        if form and self._select:
            form.add(*self._select.entries())
        self._select = None
        if form and form.by_get:
            yield Reference(form.action, query=urlencode(form.entries, errors="replace"))

    def _choose(self, form: _Form, tag: Tag) -> None:
        if tag.name == "select":
            if self._select:
                form.add(*self._select.entries())
            self._select = None
            if not tag.end and "disabled" not in tag.attributes:
                self._select = _Select(tag.attributes.get("name", ""), "multiple" in tag.attributes)
        elif self._select and not tag.end and "disabled" not in tag.attributes:
            text = " ".join(characters(tag.content[:1000]).split())
            chosen = "selected" in tag.attributes
            if chosen or len(self._select.options) < _MOST_FIELDS:
                self._select.options.append((tag.attributes.get("value", text), chosen))


def _take(form: _Form, tag: Tag) -> None:
    """A field's value as the page gives it."""
    name, kind = tag.attributes.get("name", ""), tag.attributes.get("type", "").strip().lower()
    value = tag.attributes.get("value", "")
    if tag.name == "textarea":
        form.add((name, characters(tag.content[:10_000]).removeprefix("\n")))
    elif (tag.name == "button" and kind in ("", "submit")) or (tag.name == "input" and kind == "submit"):
        if not form.pressed:
            form.pressed = True
            form.add((name, value))
    elif tag.name == "input" and kind in ("checkbox", "radio"):
        if "checked" in tag.attributes:
            form.add((name, tag.attributes.get("value", "on")))
    elif tag.name == "input" and kind not in _NEVER_SENT:
        form.add((name, "" if kind == "file" else value))
