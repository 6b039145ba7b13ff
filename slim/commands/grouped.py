"""Options that belong together: one decorator for all of them, and one error for half of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from slim.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])


def grouped(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """A decorator that adds `options`, which may be groups themselves, in the order of `--help`."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def refuse_without(
    option: str, given: Mapping[str, Any], defaults: Mapping[str, Any], *, remedy: str = ""
) -> None:
    """UsageError where one of the parameters in `defaults` is given, if only with that value, since it says
    nothing without `option`. `remedy`: what to write instead of adding `option` alone."""
    for name, default in defaults.items():
        if given[name] != default or _is_spelled_out(name):
            own = "--" + name.replace("_", "-")
            raise UsageError(
                f"{own} goes with {option} alone", remedy=remedy or f"add {option}, or leave out {own}"
            )


def _is_spelled_out(name: str) -> bool:
    """Whether the running command got the parameter from its user."""
    context = click.get_current_context(silent=True)
    source = context.get_parameter_source(name) if context else None
    return source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
