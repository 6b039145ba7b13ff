"""What the application is, and that it is kept whole.

Three kinds: files that no package owns (`project`); a package of the distribution, where the entrypoint
starts one of its programs (`packaged`); what was put into the image by layers that brought no package
(`placed`). An interpreter that runs a script is not the application.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from slim.closure.application.packaged import packaged_needs
from slim.closure.application.placed import placed_needs
from slim.closure.application.project import project_needs
from slim.closure.launch import SHELLS, WRAPPERS, started
from slim.closure.rule import Context, Need
from slim.closure.shell.shebang import read_shebang
from slim.oci.path import image_path, name
from slim.oci.tree import Outcome, Resolution

INTERPRETERS = re.compile(
    r"(python|pypy|perl|ruby|lua|tclsh|php|php-fpm|php-cgi)[\d.]*|node|nodejs|deno|bun|java|dotnet|mono|guile"
    r"|Rscript|R|erl|busybox"
)
"""Programs that run somebody else's code."""


def application_needs(context: Context) -> Iterator[Need]:
    """Every file of the application, each with why it counts as that."""
    programs = tuple(started_programs(context))
    yield from project_needs((path for path, _ in programs), context)
    yield from packaged_needs(_servers(programs, context), context)
    yield from placed_needs(context)


def started_programs(context: Context) -> Iterator[tuple[str, str]]:
    """(path, purpose) of every program that the image's config starts, wrappers included, and of
    what PID 1 became; paths as execvp(3) looks them up."""
    for command in context.launch.commands:
        environment = context.launch.environment
        lists = list(started(command.arguments, environment))
        if len(command.arguments) > 1 and _is_script(command.arguments[0], context):
            lists += started(command.arguments[1:], environment)  # scripts end in exec "$@" as a rule
        for words in lists:
            found = context.find_command(words[0])
            if found:
                yield found, command.purpose
    for path in context.observed.chain:
        yield path, "entrypoint"


def _is_script(command: str, context: Context) -> bool:
    found = context.find_command(command)
    reached = context.reached(found) if found else None
    return reached is not None and read_shebang(context.head(reached)) is not None


def _servers(programs: Iterable[tuple[str, str]], context: Context) -> Iterator[tuple[Resolution, str]]:
    """Of `programs` those that do work of their own and are there: no shells, wrappers, interpreters."""
    for raw, purpose in programs:
        called = name(image_path(raw))
        if purpose not in ("entrypoint", "command") or called in SHELLS or called in WRAPPERS:
            continue
        found = context.tree.resolve(raw, base=context.launch.workdir)
        is_found = found.outcome is Outcome.FOUND
        if is_found and not (INTERPRETERS.fullmatch(called) or INTERPRETERS.fullmatch(name(found.path))):
            yield found, purpose
