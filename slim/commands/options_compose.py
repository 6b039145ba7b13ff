"""`--compose`: the image runs as a service of a Compose project, with the other services around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from probes.life import Life
from slim.commands.grouped import grouped, refuse_without
from slim.engine.compose import Stack, open_stack
from slim.engine.compose_file import Compose
from slim.engine.interface import ContainerSpec
from slim.errors import UsageError

file = click.Path(path_type=Path, dir_okay=False, exists=True)
compose_options = grouped(
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
        multiple=True,
        help="With --compose: the service that the image is. Without IMAGE, the service's own image "
        "is taken. Given again, for services that run the same image: each is one more run, called "
        "after the service.",
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
"""Which service of which files."""


def compose_from(given: Mapping[str, Any]) -> Compose | None:
    """The service that the user named; None without --compose. UsageError for half of it."""
    files = given["compose"]
    if not files:
        refuse_without(
            "--compose",
            given,
            {"service": (), "compose_profile": (), "compose_env_file": ()},
            remedy="name the Compose file: --compose docker-compose.yml",
        )
        return None
    if not given["service"]:
        raise UsageError(
            "--compose needs --service",
            cause="one service of the file is the image under test, and nothing says which",
            remedy="name it: --service web",
        )
    return Compose(files, given["service"][0], given["compose_profile"], given["compose_env_file"])


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


def service_lives(given: Mapping[str, Any], spec: ContainerSpec) -> tuple[Life, ...]:
    """The lives of each further --service, which need no more than to start up."""
    names: tuple[str, ...] = given["service"][1:]
    return tuple(Life(spec, name=name, service=name, idle=True) for name in names)


def placed(lives: tuple[Life, ...], stack: Stack | None) -> tuple[Life, ...]:
    """`lives`, each with what its service says about its program. UsageError for a service that is in no
    Compose file."""
    if stack is not None:
        return tuple(replace(one, spec=stack.of(one.service).described(one.spec)) for one in lives)
    for one in lives:
        if one.service:
            raise UsageError(
                f"run {one.name} is service {one.service} of no Compose file",
                remedy="name the file and its main service: --compose FILE --service NAME",
            )
    return lives


def notes_of(stack: Stack, lives: tuple[Life, ...]) -> tuple[str, ...]:
    """What is not as Compose would have it, and what of the same image nobody watches; for people."""
    notes = (note for life in lives for note in stack.of(life.service).notes)
    return tuple(dict.fromkeys((*notes, *_unwatched(stack, lives))))


def _unwatched(stack: Stack, lives: tuple[Life, ...]) -> Iterator[str]:
    project = stack.project
    watched = dict.fromkeys(one.service or project.compose.service for one in lives)
    for one in (stack.of(name).project.service for name in watched):
        if one.image != stack.image:
            yield f"run with the image under test, though the file names {one.image}: {one.name}"
    left = [one.name for one in project.enabled if one.image == stack.image and one.name not in watched]
    if left:
        yield (
            f"of the same image, but not watched, and may do a run's work: {', '.join(left)} "
            "(--service NAME once more makes it a run)"
        )
