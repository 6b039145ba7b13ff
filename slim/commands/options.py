"""Options that several verbs share: how to run the image, and how to exercise it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from probes.exercise.model import Probe
from probes.exercise.parse import parse_exec_probe, parse_host_probe, parse_http_probe
from probes.hold import Hold
from probes.observe import SETTLE_SECONDS
from slim.commands.options_themes import theme_options
from slim.engine.interface import ContainerSpec
from slim.engine.options import container_spec
from slim.errors import UsageError

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
    return _apply(
        command,
        (
            click.option(
                "-e",
                "--env",
                "env",
                metavar="NAME[=VALUE]",
                multiple=True,
                help="Set an environment variable.",
            ),
            click.option(
                "--env-file", metavar="FILE", multiple=True, help="Read environment variables from a file."
            ),
            click.option(
                "-v",
                "--volume",
                metavar="SOURCE:TARGET[:OPTIONS]",
                multiple=True,
                help="Mount a volume or folder.",
            ),
            click.option("--tmpfs", metavar="TARGET[:OPTIONS]", multiple=True, help="Mount a tmpfs."),
            click.option(
                "-p", "--publish", metavar="[ADDRESS:][HOST:]PORT", multiple=True, help="Publish a port."
            ),
            click.option("--network", metavar="NAME", default="", help="Connect to a network."),
            click.option("-u", "--user", metavar="USER[:GROUP]", default="", help="User name or id."),
            click.option("--entrypoint", metavar="PROGRAM", help="Replace the image's ENTRYPOINT."),
            click.option("-w", "--workdir", metavar="FOLDER", default="", help="Working directory."),
            click.option("--hostname", metavar="NAME", default="", help="The container's host name."),
            click.option("--read-only", is_flag=True, help="Mount the root file system read-only."),
            click.option("--security-opt", metavar="OPTION", multiple=True, help="As for `docker run`."),
            click.option("--cap-add", metavar="CAPABILITY", multiple=True, help="Add a Linux capability."),
            click.option("--cap-drop", metavar="CAPABILITY", multiple=True, help="Drop a Linux capability."),
        ),
    )


def probe_options(command: Command) -> Command:
    """What to exercise, and how long to wait."""
    return _apply(
        theme_options(command),
        (
            click.option(
                "--http-probe",
                metavar="[METHOD:]PATH",
                multiple=True,
                help="Send an HTTP request, like / or POST:/login. May be given many times.",
            ),
            click.option(
                "--exec-probe",
                metavar="COMMAND",
                multiple=True,
                help="Run a shell command line in the container; exit code 0 is a pass.",
            ),
            click.option(
                "--host-probe",
                metavar="COMMAND",
                multiple=True,
                help="Run a shell command line on this machine, with SLIM_URL, SLIM_HOST, SLIM_PORT, "
                "SLIM_PORT_<n> for each port n that listens, and SLIM_CONTAINER set; exit code 0 is a pass.",
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
                "--settle",
                type=click.FloatRange(min=0),
                default=SETTLE_SECONDS,
                show_default=True,
                metavar="SECONDS",
                help="How long, after the last probe, to wait at the most until nothing new is used and the "
                "processes are idle: for lazy workers and timers.",
            ),
            click.option(
                "--hold",
                type=click.FloatRange(min=0.1),
                metavar="SECONDS",
                help="Keep the container up after the probes, for you to exercise it by hand: for so long, "
                "until Enter is pressed, or until it ends.",
            ),
            click.option(
                "--exit-code",
                type=click.IntRange(0, 255),
                default=0,
                show_default=True,
                help="The exit code of a program that runs to its own end, on the fat image.",
            ),
            click.option(
                "--tracer",
                type=click.Choice(["auto", "strace", "fanotify", "both"]),
                default="auto",
                show_default=True,
                help="What watches the container; auto: strace, and fanotify too where slim is root on the "
                "engine's host. See docs/tracing.md.",
            ),
            click.option(
                "--allow-unexercised",
                is_flag=True,
                help="Go on when nothing could be exercised but the start.",
            ),
        ),
    )


def profile_option(command: Command) -> Command:
    """Profiles of the user's own."""
    option = click.option(
        "--profile",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        help="A profile of your own, beside those in .slim/profiles; see docs/profiles.md.",
    )
    return option(command)


def plan_options(command: Command) -> Command:
    """What is kept beyond, or less than, what the rules decide."""
    return _apply(
        command,
        (
            click.option(
                "--keep",
                type=click.Choice(["traced", "closure", "package"]),
                default="closure",
                show_default=True,
                help="closure: what was used and everything that it may reach, the application whole. "
                "traced: only what was observed, with its libraries and links. package: every package "
                "that was touched, whole.",
            ),
            click.option(
                "--include", metavar="GLOB", multiple=True, help="Keep these paths whatever happens."
            ),
            click.option("--exclude", metavar="GLOB", multiple=True, help="Drop these paths."),
            click.option(
                "--soname-strings/--no-soname-strings",
                default=True,
                help="Keep libraries that strings of kept programs and libraries name, for dlopen(3). "
                "[default: soname-strings]",
            ),
            click.option(
                "--keep-package",
                metavar="[ECOSYSTEM:]NAME",
                multiple=True,
                help="Keep a package whole, with what it needs: of dpkg, apk, rpm, conda, python, npm, gem "
                "or jar; * is a wildcard.",
            ),
            profile_option,
            click.option(
                "--no-profile",
                metavar="NAME",
                multiple=True,
                help="Leave a profile out; see `slim profiles`.",
            ),
            click.option(
                "--no-cache",
                is_flag=True,
                envvar="SLIM_NO_CACHE",
                help="Remember nothing of parsed files between runs. Also SLIM_NO_CACHE=1.",
            ),
        ),
    )


def spec_from(given: Mapping[str, Any], environment: Mapping[str, str]) -> ContainerSpec:
    """The container that the user described; UsageError for an option that is wrong."""
    return container_spec(
        given["image"],
        surroundings=environment,
        entrypoint=given["entrypoint"],
        command=given["command"],
        environment=given["env"],
        environment_files=[Path(name) for name in given["env_file"]],
        volumes=given["volume"],
        ports=given["publish"],
        network=given["network"],
        user=given["user"],
        workdir=given["workdir"],
        read_only=given["read_only"],
        tmpfs=given["tmpfs"],
        security_options=given["security_opt"],
        capabilities_added=given["cap_add"],
        capabilities_dropped=given["cap_drop"],
        hostname=given["hostname"],
    )


def probes_from(given: Mapping[str, Any]) -> tuple[Probe, ...]:
    """The probes that the user gave: HTTP first, then exec, then host, each in order."""
    return (
        *(parse_http_probe(text) for text in given["http_probe"]),
        *(parse_exec_probe(text) for text in given["exec_probe"]),
        *(parse_host_probe(text) for text in given["host_probe"]),
    )


def hold_from(given: Mapping[str, Any]) -> Hold | None:
    """How long the container is held for a person; None where that was not asked for."""
    if given["hold"] is None:
        return None
    keyboard = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
    return Hold(given["hold"], keyboard)


def check_output(folder: Path) -> Path:
    """`folder` for the report; an error now rather than after all the work."""
    above = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not above.is_dir() or (above != folder and not os.access(above, os.W_OK | os.X_OK)):
        raise UsageError(
            f"--output {folder}",
            cause=f"{above} is not a folder that can be written to",
            remedy="name a folder, or a new one in a folder that you may write to",
        )
    return folder


@dataclass(frozen=True)
class Surroundings:
    """What a command takes from the process that it runs in."""

    environment: Mapping[str, str]


def surroundings() -> Surroundings:
    """The environment of slim itself: the one place where it is read."""
    return Surroundings(dict(os.environ))
