"""The `--http-crawl` options: follow the links of the site that the container serves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from probes.crawl.crawl import crawl
from probes.crawl.model import Crawl
from probes.exercise.generate import Generator
from slim.commands.finite import FiniteRange
from slim.commands.grouped import grouped, refuse_without

_DEFAULT = Crawl()
_BOUNDS = {
    "crawl_depth": _DEFAULT.depth,
    "crawl_pages": _DEFAULT.pages,
    "crawl_time": _DEFAULT.seconds,
    "crawl_exclude": (),
    "crawl_destructive": False,
    "crawl_ignore_robots": False,
}
"""Options that say nothing without --http-crawl, and their defaults."""

crawl_options = grouped(
    click.option(
        "--http-crawl",
        is_flag=True,
        help="After the other probes, follow the site's links, assets and forms by GET, from / and "
        "from the pages that were probed. What is broken in the fat image already is told, and fails "
        "nothing.",
    ),
    click.option(
        "--crawl-depth",
        type=click.IntRange(min=0),
        default=_DEFAULT.depth,
        show_default=True,
        metavar="N",
        help="How many links to go from where the crawl starts.",
    ),
    click.option(
        "--crawl-pages",
        type=click.IntRange(1, 10_000),
        default=_DEFAULT.pages,
        show_default=True,
        metavar="N",
        help="How many addresses to ask for at the most, assets included.",
    ),
    click.option(
        "--crawl-time",
        type=FiniteRange(min=0.1),
        default=_DEFAULT.seconds,
        show_default=True,
        metavar="SECONDS",
        help="How long the crawl may take.",
    ),
    click.option(
        "--crawl-exclude", metavar="GLOB", multiple=True, help="Leave out these paths, like /admin/*."
    ),
    click.option(
        "--crawl-destructive",
        is_flag=True,
        help="Follow links that look as if they log out or delete, too.",
    ),
    click.option("--crawl-ignore-robots", is_flag=True, help="Follow what robots.txt disallows, too."),
)
"""Whether to follow links, and how far."""


def crawl_from(given: Mapping[str, Any]) -> Generator | None:
    """What crawls; None where that was not asked for. UsageError for bounds without a crawl."""
    if not given["http_crawl"]:
        refuse_without("--http-crawl", given, _BOUNDS)
        return None
    return partial(
        crawl,
        Crawl(
            depth=given["crawl_depth"],
            pages=given["crawl_pages"],
            seconds=given["crawl_time"],
            exclude=given["crawl_exclude"],
            destructive=given["crawl_destructive"],
            ignore_robots=given["crawl_ignore_robots"],
        ),
    )
