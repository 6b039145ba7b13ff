"""Options that several verbs share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from slim.commands.finite import FiniteRange
from slim.commands.grouped import grouped
from slim.engine.interface import ContainerSpec
from slim.engine.options import RunOptions, container_spec
from slim.errors import UsageError

engine_options = click.option(
    "-H",
    "--host",
    metavar="URL",
    help="The engine's API, as for `docker -H`. Default: DOCKER_HOST, else the local socket.",
)
"""Which engine to talk to."""

report_options = grouped(
    click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on standard output."),
    click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors."),
)
"""How what was found is told."""

portable_option = click.option(
    "--portable", is_flag=True, help="Read images through the engine's API even where they are local."
)
"""How images are read."""

start_timeout_option = click.option(
    "--start-timeout",
    type=FiniteRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long the application may take until it is ready.",
)
"""How long a start is waited for."""

run_options = grouped(
    click.option(
        "-e", "--env", "env", metavar="NAME[=VALUE]", multiple=True, help="Set an environment variable."
    ),
    click.option("--env-file", metavar="FILE", multiple=True, help="Read environment variables from a file."),
    click.option(
        "-v", "--volume", metavar="SOURCE:TARGET[:OPTIONS]", multiple=True, help="Mount a volume or folder."
    ),
    click.option("--tmpfs", metavar="TARGET[:OPTIONS]", multiple=True, help="Mount a tmpfs."),
    click.option("-p", "--publish", metavar="[ADDRESS:][HOST:]PORT", multiple=True, help="Publish a port."),
    click.option("--network", metavar="NAME", default="", help="Connect to a network."),
    click.option("-u", "--user", metavar="USER[:GROUP]", default="", help="User name or id."),
    click.option("--entrypoint", metavar="PROGRAM", help="Replace the image's ENTRYPOINT."),
    click.option("-w", "--workdir", metavar="FOLDER", default="", help="Working directory."),
    click.option("--hostname", metavar="NAME", default="", help="The container's host name."),
    click.option("--read-only", is_flag=True, help="Mount the root file system read-only."),
    click.option("--security-opt", metavar="OPTION", multiple=True, help="As for `docker run`."),
    click.option("--cap-add", metavar="CAPABILITY", multiple=True, help="Add a Linux capability."),
    click.option("--cap-drop", metavar="CAPABILITY", multiple=True, help="Drop a Linux capability."),
)
"""How to run the image, as `docker run` spells it."""

profile_option = click.option(
    "--profile",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A profile of your own, beside those in .slim/profiles; see docs/profiles.md.",
)
"""Profiles of the user's own."""

plan_options = grouped(
    click.option(
        "--keep",
        type=click.Choice(["traced", "closure", "package"]),
        default="closure",
        show_default=True,
        help="closure: what was used and everything that it may reach, the application whole. "
        "traced: only what was observed, with its libraries and links. package: every package "
        "that was touched, whole.",
    ),
    click.option("--include", metavar="GLOB", multiple=True, help="Keep these paths whatever happens."),
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
        "--no-profile", metavar="NAME", multiple=True, help="Leave a profile out; see `slim profiles`."
    ),
    click.option(
        "--no-cache",
        is_flag=True,
        envvar="SLIM_NO_CACHE",
        help="Remember nothing of parsed files between runs. Also SLIM_NO_CACHE=1.",
    ),
)
"""What is kept beyond, or less than, what the rules decide."""


def spec_from(given: Mapping[str, Any], environment: Mapping[str, str]) -> ContainerSpec:
    """The container that the user described; UsageError for an option that is wrong."""
    options = RunOptions(
        image=given["image"],
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
    return container_spec(options, environment)


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
