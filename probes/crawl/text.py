"""Bodies as text: undone compression, and the encoding that is declared.

The order is that of the HTML standard, section 13.2.3: byte order mark, Content-Type, `<meta>`. Only
encodings of the web are believed: Python knows others, some of which cost more than their input's length.
"""

from __future__ import annotations

import codecs
import re
import zlib

from probes.exercise.exchange import Exchange

_MOST = 8 << 20
"""Bytes that a compressed body may become."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"<meta\s[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]{1,40})", re.IGNORECASE)
_WEB = frozenset(
    {
        "utf-8", "utf-16", "utf-16-le", "utf-16-be", "big5", "big5hkscs", "cp1252", "cp866", "cp874",
        "euc_jp", "euc_kr", "gb18030", "gbk", "gb2312", "iso2022_jp", "koi8-r", "koi8-u", "mac-roman",
        "shift_jis", "cp932", "cp949",
        *(f"cp125{number}" for number in range(9)), *(f"iso8859-{number}" for number in range(2, 17)),
    }
)  # fmt: skip
_AS_BROWSERS = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gbk", "shift_jis": "cp932"}
"""The Encoding standard, section 4.2: labels that mean a larger encoding."""


def media_type(exchange: Exchange) -> str:
    """The Content-Type without its parameters, in small letters; empty where there is none."""
    return _header(exchange, "content-type").partition(";")[0].strip().lower()


def plain(exchange: Exchange) -> bytes:
    """The body, or as much of it as was kept, with gzip and deflate undone; bounded."""
    body = exchange.body
    coding = _header(exchange, "content-encoding").strip().lower()
    if not body.startswith(b"\x1f\x8b") and coding != "deflate":
        return body
    try:
        return zlib.decompressobj(wbits=47 if coding != "deflate" else 15).decompress(body, _MOST)
    except zlib.error:
        return b""


def text_of(exchange: Exchange) -> str:
    """The body as text; what cannot be decoded is replaced."""
    body = plain(exchange)
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    declared = _CHARSET.search(_header(exchange, "content-type"))
    names = [declared[1]] if declared else []
    names += [match[1].decode("ascii", "replace") for match in (_META.search(body[:2048]),) if match]
    names += [match[1].decode("ascii", "replace") for match in (_XML.search(body[:300]),) if match]
    for name in names:
        if encoding := _known(name):
            return body.decode(encoding, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # a body that was cut off may end in the midst of a character
        return body.decode("utf-8" if error.start > len(body) - 4 else "cp1252", "replace")


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    found = _AS_BROWSERS.get(found, found)
    return found if found in _WEB else ""


def _header(exchange: Exchange, wanted: str) -> str:
    return next((value for name, value in exchange.headers if name.lower() == wanted), "")
