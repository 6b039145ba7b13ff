"""`--http-crawl` and its bounds."""

import click
import pytest

from probes.crawl.model import Crawl
from slim.commands.options_crawl import crawl_from, crawl_options
from slim.errors import UsageError


def given(*arguments):
    return click.command()(crawl_options(lambda **options: options)).main(arguments, standalone_mode=False)


def test_nothing_is_crawled_unless_that_is_asked_for():
    assert crawl_from(given()) is None


def test_a_crawl_has_the_bounds_that_the_model_has_or_those_that_are_given():
    assert crawl_from(given("--http-crawl")).args == (Crawl(),)
    bounds = ("--crawl-depth", "1", "--crawl-pages", "5", "--crawl-time", "2.5", "--crawl-exclude", "/a/*")
    more = ("--crawl-exclude", "/b", "--crawl-destructive", "--crawl-ignore-robots")
    assert crawl_from(given("--http-crawl", *bounds, *more)).args == (
        Crawl(1, 5, 2.5, ("/a/*", "/b"), destructive=True, ignore_robots=True),
    )


@pytest.mark.parametrize(
    "arguments", [("--crawl-depth", "1"), ("--crawl-exclude", "/a"), ("--crawl-ignore-robots",)]
)
def test_bounds_without_a_crawl_are_a_mistake(arguments):
    with pytest.raises(UsageError, match=f"{arguments[0]} goes with --http-crawl alone"):
        crawl_from(given(*arguments))
