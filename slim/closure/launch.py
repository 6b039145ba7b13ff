"""How the image starts its programs: the part of its config that the closure follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slim.closure.shell.expand import Scope
from slim.closure.shell.parse import read
from slim.closure.shell.starts import SHELLS, UNKNOWN, shell_line
from slim.closure.shell.wrappers import WRAPPERS, wrapped
from slim.oci.config import ImageConfig
from slim.oci.path import ROOT, ImagePath, image_path, name

__all__ = ["DEFAULT_PATH", "SHELLS", "WRAPPERS", "Command", "Launch", "started"]

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What container engines set where the image sets no PATH."""


@dataclass(frozen=True)
class Command:
    """One argument list that the engine starts."""

    purpose: str
    """`entrypoint`, `command`, `healthcheck` or `probe`: for people."""
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Launch:
    """What an image config says about starting it; the OCI image spec's `config` object."""

    commands: tuple[Command, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    workdir: ImagePath = ROOT
    user: str = ""
    volumes: tuple[ImagePath, ...] = ()

    @classmethod
    def from_config(
        cls,
        config: ImageConfig,
        *,
        commands: Sequence[tuple[str, ...]] = (),
        environment: Sequence[tuple[str, str]] = (),
    ) -> Launch:
        """What `config` starts, and with which environment; `commands` and `environment` are what
        the user ran the image with, beside its own."""
        found = [Command("command", words) for words in commands if words]
        if config.entrypoint + config.cmd:
            purpose = "entrypoint" if config.entrypoint else "command"
            found.append(Command(purpose, config.entrypoint + config.cmd))
        test = config.healthcheck.test if config.healthcheck else ()
        if test[:1] == ("CMD",):
            found.append(Command("healthcheck", test[1:]))
        elif test[:1] == ("CMD-SHELL",):
            found.append(Command("healthcheck", (config.shell or ("/bin/sh", "-c")) + test[1:]))
        return cls(
            commands=tuple(found),
            environment=dict(config.env) | dict(environment),
            workdir=image_path(config.working_dir or "/"),
            user=config.user,
            volumes=tuple(sorted(image_path(volume) for volume in config.volumes)),
        )

    def command_candidates(self, command: str) -> Iterator[str]:
        """Where execvp(3) looks for `command`, in order; relative paths start at the workdir."""
        if not command or "\0" in command:
            return
        if "/" in command:
            yield command
            return
        for folder in self.path_folders:
            yield f"{folder}/{command}"

    @property
    def path_folders(self) -> tuple[str, ...]:
        """The folders of PATH, in order; an empty one is the working folder."""
        return tuple(folder or "." for folder in (self.environment.get("PATH") or DEFAULT_PATH).split(":"))


def started(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> tuple[tuple[str, ...], ...]:
    """The argument lists that `arguments` leads to, the outermost first.

    `tini -- gosu app server -x` gives three, ending in `server -x`; of `sh -c LINE` every
    command that the line names, variables of `environment` in their place. What a script does with
    its own arguments is not known here.
    """
    found: list[tuple[str, ...]] = []
    todo = [tuple(arguments)]
    while todo:
        words = todo.pop()
        if not words or not words[0] or words in found:
            continue
        found.append(words)
        program = name(image_path(words[0])) if UNKNOWN not in words[0] else ""
        behind_busybox = program == "busybox" and words[1:2] and words[1] in SHELLS
        if program in SHELLS or behind_busybox:
            todo += reversed(
                _in_line(shell_line(words[2 if behind_busybox else 1 :]) or "", environment or {})
            )
        elif program in WRAPPERS:
            todo.append(tuple(wrapped(program, words[1:])))
    return tuple(found)


def _in_line(line: str, environment: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The argument lists of the commands of a shell line; of one whose name is not known, nothing."""
    script = read(line.encode("utf-8", "surrogateescape"))
    scope = Scope((script,), environment)
    lists = [tuple(words) for call in script.calls for words in scope.argument_lists(call.words)]
    return [words for words in dict.fromkeys(lists) if words and UNKNOWN not in words[0]]
