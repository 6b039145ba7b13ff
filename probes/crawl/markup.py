"""HTML as a sequence of tags, whatever a page does.

Like a browser's tokenizer (HTML standard, section 13.2.5), less what links have no need of. It costs no
more than the page's length, raises nothing, and is the same on every version of Python, which the
standard library's parser is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5

_NAME = re.compile(r"[A-Za-z][^\s/>]*")
_ATTRIBUTE = re.compile(
    r"""[\s/]*(?:(>)|([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>][^\s>]*)?))?)"""
)
_REFERENCE = re.compile(r"&(?:#([0-9]{1,8});?|#[xX]([0-9a-fA-F]{1,6});?|([A-Za-z][A-Za-z0-9]{0,31};?))")
_COMMENT_END = re.compile(r"-->|--!>")
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}
"""Elements whose content is no markup, and where each ends."""


@dataclass(frozen=True)
class Tag:
    """A start or end tag."""

    name: str
    """In small letters."""
    attributes: dict[str, str] = field(default_factory=dict)
    """By name in small letters; of two of one name the first counts."""
    end: bool = False
    content: str = ""
    """The text up to the next tag; of script, style, textarea … all that is inside."""


def tags(text: str) -> Iterator[Tag]:
    """The tags of a page in order; what follows one that does not end is lost, as in a browser."""
    position = text.find("<")
    while position >= 0:
        following = text[position + 1 : position + 2]
        if text.startswith("<!--", position):
            # `<!-->` is a whole comment
            match = _COMMENT_END.search(text, position + 2)
            position = match.end() if match else -1
        elif following in ("!", "?"):
            position = text.find(">", position)
        elif following == "/":
            if name := _NAME.match(text, position + 2):
                yield Tag(name[0].lower(), end=True)
            position = text.find(">", position)
        elif name := _NAME.match(text, position + 1):
            tag, position = start_tag(text, name)
            if tag:
                yield tag
        else:
            position += 1
        if position >= 0:
            position = text.find("<", position)


def start_tag(text: str, name: re.Match[str]) -> tuple[Tag | None, int]:
    """The start tag whose name was matched, and where reading goes on; None and -1 for one that does not
    end. What is inside script, style, textarea … is the tag's own content."""
    attributes: dict[str, str] = {}
    position = name.end()
    while True:
        match = _ATTRIBUTE.match(text, position)
        if not match:
            return None, -1
        position = match.end()
        if match[1]:
            break
        value = next((one for one in match.group(3, 4, 5) if one is not None), "")
        attributes.setdefault(match[2].lower(), characters(value, in_attribute=True))
    word = name[0].lower()
    raw = _RAW.get(word)
    if raw and text[position - 2 : position] != "/>":
        end = raw.search(text, position)
        stop = end.start() if end else len(text)
        return Tag(word, attributes, content=text[position:stop]), stop
    stop = text.find("<", position)
    return Tag(word, attributes, content=text[position : stop if stop >= 0 else len(text)]), position


def characters(text: str, *, in_attribute: bool = False) -> str:
    """`text` with character references replaced: HTML standard, section 13.2.5.72. In an attribute
    `&copy=1` and `&region=1` are what they look like: parts of a query."""
    if "&" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        decimal, hexadecimal, name = match.groups()
        if name is not None:
            loose = not name.endswith(";") and (
                in_attribute and (text[match.end() : match.end() + 1] == "=" or name not in html5)
            )
            return match[0] if loose else html5.get(name, match[0])
        number = int(decimal) if decimal else int(hexadecimal, 16)
        return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"

    return _REFERENCE.sub(one, text)
