"""A page as lines, one for each tag, text and comment, with the elements around it.

So attributes in another order are the same page, and a token in a hidden field is volatile at its
place only. End tags have no line: what an element holds is told by the place of it.
"""

from __future__ import annotations

import re

from probes.crawl.markup import Tag, characters, start_tag
from slim.verify.patterns import Line
from slim.verify.text import lines_of

_NAME = re.compile(r"[A-Za-z][^\s/>]*")
_NEXT = re.compile(r"<(?=[A-Za-z/!?])")
_COMMENT_END = re.compile(r"--!?>")
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_RAW = frozenset(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"])
"""Elements whose content is no markup: their text comes with the tag, and their end tag ends nothing."""
_FOREIGN = frozenset(["svg", "math"])
"""Elements in which a tag that ends with `/>` holds nothing, as in XML: HTML standard, section 13.1.2.1."""
_XML = re.compile(
    r"\ufeff?\s*<(?:\?xml\s|[A-Za-z][^<>]{0,2000}?\sxmlns\s*=|(?:rss|feed|urlset|opml|svg)[\s>])"
)
_IMPLIED = frozenset(["li", "p", "td", "th", "tr", "dt", "dd", "option"])
"""Elements that end where the next one of their kind begins, as far as that is common: HTML standard,
section 13.1.2.4."""
_DEEPEST = 128
_SHOWN = 8
"""Elements of a place that are told, from the innermost."""


def page_lines(text: str) -> list[Line]:
    """The page as lines, whatever it does; it costs no more than its length."""
    reader = _Reader(is_xml=_XML.match(text) is not None)
    position = 0
    while position < len(text):
        match = _NEXT.search(text, position)
        reader.text(text[position : match.start() if match else len(text)])
        if not match:
            break
        position = _markup(text, match.start(), reader)
    return reader.lines


def _markup(text: str, begin: int, reader: _Reader) -> int:
    """Read the tag, comment or declaration at `begin`; where reading goes on."""
    following = text[begin + 1]
    if text.startswith("<!--", begin):
        end = _COMMENT_END.search(text, begin + 4)
        reader.comment(text[begin + 4 : end.start() if end else len(text)])
        return end.end() if end else len(text)
    if following in "!?/":
        stop = text.find(">", begin)
        stop = len(text) if stop < 0 else stop
        name = _NAME.match(text, begin + 2)
        if following == "/" and name:
            reader.end(name[0].lower())
        elif following != "/":
            reader.text(text[begin : stop + 1])
        return stop + 1
    name = _NAME.match(text, begin + 1)
    tag, position = start_tag(text, name) if name else (None, -1)
    if tag is None:
        return len(text)  # it does not end
    reader.start(tag, closed=text.endswith("/>", begin, position))
    return position


class _Reader:
    """The elements that are open, and the lines so far."""

    def __init__(self, *, is_xml: bool = False) -> None:
        self.lines: list[Line] = []
        self._open: list[str] = []
        self._is_xml = is_xml

    def start(self, tag: Tag, *, closed: bool = False) -> None:
        """A start tag; `closed`: it ends with `/>`, which means nothing in HTML itself."""
        if tag.name in _IMPLIED and self._open and self._open[-1] == tag.name:
            self._open.pop()
        told = "".join(f' {name}="{value}"' for name, value in sorted(tag.attributes.items()))
        self.lines.append(Line(f"<{tag.name}{told}>", self._place()))
        if tag.name in _RAW:
            self._add(tag.content, tag.name)
        elif not (tag.name in _VOID or (closed and self._is_foreign(tag.name)) or self._is_deep()):
            self._open.append(tag.name)

    def _is_foreign(self, name: str) -> bool:
        return self._is_xml or name in _FOREIGN or not _FOREIGN.isdisjoint(self._open)

    def _is_deep(self) -> bool:
        return len(self._open) >= _DEEPEST

    def end(self, name: str) -> None:
        if name in self._open:
            while self._open.pop() != name:
                pass

    def text(self, text: str) -> None:
        if "pre" in self._open:
            self._add(characters(text), "")
        elif told := " ".join(characters(text).split()):
            self._add(told, "")

    def comment(self, text: str) -> None:
        self._add(text, "comment")

    def _add(self, text: str, inside: str) -> None:
        place = self._place(inside)
        self.lines.extend(Line(one.text.strip(), place) for one in lines_of(text) if one.text.strip())

    def _place(self, inside: str = "") -> str:
        return " > ".join((*self._open, inside)[-_SHOWN:] if inside else self._open[-_SHOWN:]) or "page"
