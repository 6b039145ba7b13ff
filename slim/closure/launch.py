"""How the image starts its programs: the part of its config that the closure follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slim.closure.shell import syntax as shell
from slim.oci.config import ImageConfig
from slim.oci.path import ROOT, ImagePath, image_path, name

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What container engines set where the image sets no PATH."""

SHELLS = frozenset({"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"})

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")

WRAPPERS: dict[str, tuple[str, int]] = {
    # program: options that take a value, operands before the command
    "catatonit": ("", 0),
    "chpst": ("uUbe/ocdfmnprstl", 0),
    "chroot": ("", 1),
    "dumb-init": ("r", 0),
    "env": ("uCS", 0),
    "exec": ("a", 0),
    "gosu": ("", 1),
    "ionice": ("cnpPu", 0),
    "nice": ("n", 0),
    "nohup": ("", 0),
    "setpriv": ("", 0),
    "setsid": ("", 0),
    "stdbuf": ("ioe", 0),
    "su-exec": ("", 1),
    "sudo": ("ugCDhpRrTtU", 0),
    "timeout": ("ks", 1),
    "tini": ("epw", 0),
    "tini-static": ("epw", 0),
    "docker-init": ("epw", 0),
}
"""Programs that replace themselves by, or wait for, the command in their arguments."""


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


def started(arguments: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The argument lists that `arguments` leads to, the outermost first.

    `tini -- gosu app server -x` gives three, ending in `server -x`; of `sh -c LINE` every
    command that the line names. What a script does with its own arguments is not known here.
    """
    found: list[tuple[str, ...]] = []
    todo = [tuple(arguments)]
    while todo:
        words = todo.pop()
        if not words or words in found:
            continue
        found.append(words)
        program = name(image_path(words[0]))
        if program in SHELLS or (program == "busybox" and words[1:2] and words[1] in SHELLS):
            line = _shell_line(words)
            todo += [(command,) for command in reversed(shell.commands(line))]
        elif program in WRAPPERS:
            todo.append(_wrapped(program, words[1:]))
    return tuple(found)


def _shell_line(words: tuple[str, ...]) -> str:
    """The LINE of `sh -c LINE`; empty where a shell is started otherwise."""
    for position, word in enumerate(words[1:], 1):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            return words[position + 1] if position + 1 < len(words) else ""
    return ""


def _wrapped(program: str, rest: tuple[str, ...]) -> tuple[str, ...]:
    valued, operands = WRAPPERS[program]
    words = list(rest)
    while words:
        word = words[0]
        if word == "--":
            words.pop(0)
            break
        if program == "env" and _ASSIGNMENT.match(word):
            words.pop(0)
        elif word.startswith("-") and len(word) > 1:
            words.pop(0)
            if len(word) == 2 and word[1] in valued and words:
                words.pop(0)
        else:
            break
    while words and program == "env" and _ASSIGNMENT.match(words[0]):
        words.pop(0)
    return tuple(words[operands:])
