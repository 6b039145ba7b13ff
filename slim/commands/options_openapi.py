"""Options for calling the operations of OpenAPI documents."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from slim.commands.grouped import grouped
from slim.commands.options_http import parse_header
from slim.errors import UsageError

if TYPE_CHECKING:
    from probes.exercise.generate import Generator

_MAX_EXAMPLES = 50


openapi_options = grouped(
    click.option(
        "--openapi",
        metavar="PATH_OR_URL",
        multiple=True,
        help="Call every operation of an OpenAPI document with valid generated data: a path on the "
        "running container (beginning with /), a file, or a URL. May be given many times.",
    ),
    click.option(
        "--openapi-examples",
        type=click.IntRange(1, _MAX_EXAMPLES),
        default=1,
        show_default=True,
        metavar="N",
        help="Up to so many different requests for each operation.",
    ),
    click.option("--openapi-destructive", is_flag=True, help="Call PUT, PATCH and DELETE operations too."),
    click.option(
        "--openapi-header",
        metavar="'NAME: VALUE'",
        multiple=True,
        help="Send a header with every OpenAPI request, like 'Authorization: Bearer ${TOKEN}'.",
    ),
)
"""Which OpenAPI documents to call, and how."""


def openapi_from(given: Mapping[str, Any]) -> Generator | None:
    """What calls the documents that the user gave; None where none was.

    Files and URLs are read now, so that what is wrong with them is told before the image runs.
    UsageError for a document that cannot be used, a header that is none, or a missing library.
    """
    if not given["openapi"]:
        return None
    if find_spec("schemathesis") is None:
        raise UsageError(
            "--openapi needs the schemathesis library",
            cause="it is an optional part of slim and is not installed",
            remedy="pip install 'slim-proven[openapi]'",
        )
    # Only here, so that a run without OpenAPI starts as fast as before.
    from probes.openapi.generator import openapi_generator
    from probes.openapi.settings import OpenApi

    return openapi_generator(
        OpenApi(
            documents=tuple(dict.fromkeys(given["openapi"])),
            examples=given["openapi_examples"],
            destructive=given["openapi_destructive"],
            headers=tuple(parse_header("--openapi-header", text) for text in given["openapi_header"]),
        )
    )
