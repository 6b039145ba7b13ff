"""Header fields on the command line: `--http-header`, and the syntax that it shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from probes.files.checks import TOKEN
from slim.errors import UsageError

http_options = click.option(
    "--http-header",
    metavar="'NAME: VALUE'",
    multiple=True,
    help="Send a header with every HTTP request and WebSocket, those of a crawl, of OpenAPI and of probe "
    'files too, like "Authorization: Bearer $TOKEN"; a probe\'s own header of the name wins. May be '
    "given many times.",
)
"""What is sent with every request."""


def headers_from(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What every request has; UsageError for what is no header, or names a variable of probe files."""
    for text in given["http_header"]:
        if "${" in text:
            raise UsageError(
                "--http-header knows no variables",
                cause="what follows ${ would be sent as it stands",
                remedy="write it between double quotes, so that the shell gives the value; headers in a "
                "probe file may have variables",
            )
    return tuple(parse_header("--http-header", text) for text in given["http_header"])


def parse_header(option: str, text: str) -> tuple[str, str]:
    """RFC 9110, 5.1 and 5.5: a token, a colon, and a value of one line. UsageError otherwise, which
    tells nothing of the value."""
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not TOKEN.fullmatch(name) or any(ord(one) < 0x20 and one != "\t" for one in value):
        shown = f" {name!r}" if colon else ""
        raise UsageError(
            f"{option}{shown} is no header", cause="it is not of the form 'Name: value'", remedy="correct it"
        )
    return name, value
