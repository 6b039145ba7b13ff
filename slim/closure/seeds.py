"""Where the closure begins: what was observed, and what the image's config names."""

from __future__ import annotations

from collections.abc import Iterator

from slim.closure.application.named import environment_needs
from slim.closure.application.whole import application_needs, started_programs
from slim.closure.options import Repair
from slim.closure.passwd import home_of
from slim.closure.rule import Context, Need
from slim.oci.path import printable


def observed_needs(context: Context) -> Iterator[Need]:
    """What the trace found: the path as it was asked for, every link on the way, and what it came
    to. Of a folder the folder alone; of a link that was only looked at, the link alone."""
    for seen in sorted(context.observed.seen, key=lambda item: item.access.seconds):
        yield Need(seen.raw, "observed", seen.detail, follow=seen.follow)


def repair_needs(repairs: tuple[Repair, ...]) -> Iterator[Need]:
    """What slim images of earlier plans lacked."""
    for one in repairs:
        yield Need(one.asked, "repair", one.detail, follow=one.follow)


def config_needs(context: Context) -> Iterator[Need]:
    """Programs, working folder, volumes with their content, and the user's home folder."""
    launch = context.launch
    for path, purpose in started_programs(context):
        yield Need(path, purpose, f"the image's {purpose} starts it")
    if context.reached(launch.workdir):
        yield Need(launch.workdir, "config", "the image's working folder")
    for volume in launch.volumes:
        reached = context.reached(volume)
        if reached is None:
            continue
        yield Need(volume, "config", "a volume of the image")
        for path in context.tree.under(reached):
            yield Need(path, "config", f"it is copied into each new volume at {printable(volume)}")
    home = home_of(launch.user, context.tree)
    if home and context.reached(home):
        yield Need(home, "config", "the home folder of the image's user")


def missing_programs(context: Context) -> Iterator[str]:
    """Warnings about commands of the config that the image does not hold."""
    for command in context.launch.commands:
        if command.arguments and context.find_command(command.arguments[0]) is None:
            name = printable(command.arguments[0])
            yield f"the image's {command.purpose} starts {name}, which is not a program of the image"


def all_seeds(context: Context, *, application: bool) -> Iterator[Need]:
    """Every seed, in the order in which reasons are to be found."""
    yield from observed_needs(context)
    yield from config_needs(context)
    if application:
        yield from application_needs(context)
        yield from environment_needs(context)
