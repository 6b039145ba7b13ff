"""`--compose`: the image runs as a service of a Compose project, with the other services around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from slim.engine.compose import Stack, open_stack
from slim.engine.compose_file import Compose
from slim.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])


def compose_options(command: Command) -> Command:
    """Which service of which files."""
    file = click.Path(path_type=Path, dir_okay=False, exists=True)
    options = (
        click.option(
            "--compose",
            metavar="FILE",
            type=file,
            multiple=True,
            help="Run the image as a service of this Compose file, in a project of its own: the other "
            "services are brought up for each run and gone after it. May be given many times, as `-f` of "
            "docker compose. See docs/probes.md.",
        ),
        click.option(
            "--service",
            metavar="NAME",
            help="With --compose: the service that the image is. Without IMAGE, the service's own image "
            "is taken.",
        ),
        click.option(
            "--compose-profile",
            metavar="NAME",
            multiple=True,
            help="With --compose: enable the services of this profile.",
        ),
        click.option(
            "--compose-env-file",
            metavar="FILE",
            type=file,
            multiple=True,
            help="With --compose: variables for the Compose file, instead of .env beside it.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def compose_from(given: Mapping[str, Any]) -> Compose | None:
    """The service that the user named; None without --compose. UsageError for half of it."""
    files = given["compose"]
    if not files:
        for name in ("service", "compose_profile", "compose_env_file"):
            if given[name]:
                raise UsageError(
                    f"--{name.replace('_', '-')} goes with --compose alone",
                    remedy="name the Compose file: --compose docker-compose.yml",
                )
        return None
    if not given["service"]:
        raise UsageError(
            "--compose needs --service",
            cause="one service of the file is the image under test, and nothing says which",
            remedy="name it: --service web",
        )
    return Compose(files, given["service"], given["compose_profile"], given["compose_env_file"])


def stack_from(given: Mapping[str, Any], environment: Mapping[str, str]) -> Stack | None:
    """The stack of --compose, its files read; None without. `environment` is slim's own. UsageError,
    HostError where Compose is not installed."""
    compose = compose_from(given)
    return None if compose is None else open_stack(compose, environment, host=given["host"] or "")


def image_from(given: Mapping[str, Any], stack: Stack | None) -> str:
    """IMAGE, else that of the service; UsageError where there is neither."""
    if given["image"]:
        return str(given["image"])
    if stack is None:
        raise UsageError(
            "there is no IMAGE", remedy="name an image, or its service: --compose FILE --service NAME"
        )
    return stack.image
