"""Options that several verbs share: how to run the image, and how to exercise it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def _apply(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def engine_options(command: Command) -> Command:
    """Which engine to talk to."""
    return _apply(
        command,
        (
            click.option(
                "-H",
                "--host",
                metavar="URL",
                help="The engine's API, as for `docker -H`. Default: DOCKER_HOST, else the local socket.",
            ),
        ),
    )


def run_options(command: Command) -> Command:
    """How to run the image, as `docker run` spells it."""
    many = {"multiple": True}
    return _apply(
        command,
        (
            click.option(
                "-e", "--env", "env", metavar="NAME[=VALUE]", **many, help="Set an environment variable."
            ),
            click.option(
                "--env-file", metavar="FILE", **many, help="Read environment variables from a file."
            ),
            click.option(
                "-v", "--volume", metavar="SOURCE:TARGET[:OPTIONS]", **many, help="Mount a volume or folder."
            ),
            click.option("--tmpfs", metavar="TARGET[:OPTIONS]", **many, help="Mount a tmpfs."),
            click.option("-p", "--publish", metavar="[ADDRESS:][HOST:]PORT", **many, help="Publish a port."),
            click.option("--network", metavar="NAME", default="", help="Connect to a network."),
            click.option("-u", "--user", metavar="USER[:GROUP]", default="", help="User name or id."),
            click.option("--entrypoint", metavar="PROGRAM", help="Replace the image's ENTRYPOINT."),
            click.option("-w", "--workdir", metavar="FOLDER", default="", help="Working directory."),
            click.option("--hostname", metavar="NAME", default="", help="The container's host name."),
            click.option("--read-only", is_flag=True, help="Mount the root file system read-only."),
            click.option("--security-opt", metavar="OPTION", **many, help="As for `docker run`."),
            click.option("--cap-add", metavar="CAPABILITY", **many, help="Add a Linux capability."),
            click.option("--cap-drop", metavar="CAPABILITY", **many, help="Drop a Linux capability."),
        ),
    )


def probe_options(command: Command) -> Command:
    """What to exercise, and how long to wait."""
    many = {"multiple": True}
    return _apply(
        command,
        (
            click.option(
                "--http-probe",
                metavar="[METHOD:]PATH",
                **many,
                help="Send an HTTP request, like / or POST:/login. May be given many times.",
            ),
            click.option(
                "--exec-probe",
                metavar="COMMAND",
                **many,
                help="Run a shell command line in the container; exit code 0 is a pass.",
            ),
            click.option(
                "--host-probe",
                metavar="COMMAND",
                **many,
                help="Run a shell command line on this machine, with SLIM_URL, SLIM_HOST, SLIM_PORT and "
                "SLIM_CONTAINER set; exit code 0 is a pass.",
            ),
            click.option("--port", type=click.IntRange(1, 65535), help="The port for HTTP. Default: found."),
            click.option(
                "--start-timeout",
                type=click.FloatRange(min=0.1),
                default=60.0,
                show_default=True,
                metavar="SECONDS",
                help="How long the application may take until it is ready.",
            ),
            click.option(
                "--probe-timeout",
                type=click.FloatRange(min=0.1),
                default=30.0,
                show_default=True,
                metavar="SECONDS",
                help="How long one probe may take.",
            ),
            click.option(
                "--run-timeout",
                type=click.FloatRange(min=0.1),
                default=600.0,
                show_default=True,
                metavar="SECONDS",
                help="How long a program that runs to its own end may take.",
            ),
            click.option(
                "--allow-unexercised",
                is_flag=True,
                help="Go on when nothing could be exercised but the start.",
            ),
        ),
    )


@dataclass(frozen=True)
class Surroundings:
    """What a command takes from the process that it runs in."""

    environment: Mapping[str, str]


def surroundings() -> Surroundings:
    """The environment of slim itself: the one place where it is read."""
    return Surroundings(dict(os.environ))
