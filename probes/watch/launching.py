"""What a container would start."""

from __future__ import annotations

from probes.watch.interface import Launch
from slim.engine.interface import ContainerSpec
from slim.errors import UsageError


def command_of(spec: ContainerSpec, launch: Launch) -> tuple[str, ...]:
    """What docker run would start: entrypoint and command, joined. An entrypoint from the user
    drops the image's command. UsageError when there is neither."""
    entrypoint, command = launch.entrypoint or (), launch.command or ()
    if spec.entrypoint is not None:
        entrypoint, command = spec.entrypoint, ()
    if spec.command is not None:
        command = spec.command
    argv = (*entrypoint, *command)
    if not argv:
        raise UsageError(
            f"{spec.image} does not say what to run",
            cause="it has neither ENTRYPOINT nor CMD",
            remedy="give a command after --, or --entrypoint",
        )
    return argv
