"""What to exercise, theme by theme: every `options_<theme>` of `slim run` and `slim trace`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from slim.commands.options_compose import compose_options
from slim.commands.options_crawl import crawl_options
from slim.commands.options_files import probe_file_options
from slim.commands.options_http import http_options
from slim.commands.options_lives import lives_options
from slim.commands.options_openapi import openapi_options
from slim.commands.options_ready import ready_options

Command = TypeVar("Command", bound=Callable[..., Any])

_THEMES: tuple[Callable[[Any], Any], ...] = (
    http_options,
    crawl_options,
    openapi_options,
    probe_file_options,
    lives_options,
    ready_options,
    compose_options,
)
"""In the order in which `--help` shows them."""


def theme_options(command: Command) -> Command:
    """All of them."""
    for theme in reversed(_THEMES):
        command = theme(command)
    return command
