"""The options of `docker run`, in its own spellings, as fields of a `ContainerSpec`.

The rules are those of docker/cli (cli/command/container/opts.go, opts/env.go, opts/file.go): what
docker run takes is taken and means the same; what it refuses raises UsageError, with the
option, the value and what to write instead.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from slim.engine.interface import ContainerSpec
from slim.engine.ports import parse_port
from slim.errors import UsageError

_WHITESPACE = " \t"
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_VOLUME_MODES = (
    "ro",
    "rw",
    "z",
    "Z",
    "nocopy",
    "copy",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "cached",
    "delegated",
    "consistent",
)


@dataclass(frozen=True)
class RunOptions:
    """What the user wrote for `docker run`, each option as it stands and in the order given."""

    image: str
    entrypoint: str | None = None
    """None: not given."""
    command: Sequence[str] = ()
    environment: Sequence[str] = ()
    environment_files: Sequence[Path] = ()
    volumes: Sequence[str] = ()
    ports: Sequence[str] = ()
    network: str = ""
    user: str = ""
    workdir: str = ""
    read_only: bool = False
    tmpfs: Sequence[str] = ()
    security_options: Sequence[str] = ()
    capabilities_added: Sequence[str] = ()
    capabilities_dropped: Sequence[str] = ()
    hostname: str = ""


def container_spec(given: RunOptions, surroundings: Mapping[str, str]) -> ContainerSpec:
    """`given`, understood and checked.

    `surroundings` is slim's own environment, from which `-e NAME` and lines of an --env-file
    take values. Raises UsageError.
    """
    variables, removed = parse_environment(given.environment, given.environment_files, surroundings)
    for port in given.ports:
        parse_port(port)
    return ContainerSpec(
        image=given.image,
        entrypoint=parse_entrypoint(given.entrypoint),
        command=tuple(given.command) or None,
        environment=variables,
        environment_removed=removed,
        user=given.user,
        workdir=parse_workdir(given.workdir),
        volumes=tuple(map(parse_volume, given.volumes)),
        ports=tuple(given.ports),
        network=parse_network(given.network),
        read_only=given.read_only,
        tmpfs=tuple(map(parse_tmpfs, given.tmpfs)),
        security_options=tuple(map(parse_security_option, given.security_options)),
        capabilities_added=_capabilities("--cap-add", given.capabilities_added),
        capabilities_dropped=_capabilities("--cap-drop", given.capabilities_dropped),
        hostname=given.hostname,
    )


def parse_environment(
    options: Sequence[str], files: Sequence[Path], surroundings: Mapping[str, str]
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """(variables, names that the image's own environment loses) of -e and --env-file.

    Files come first, so that -e wins; of two settings of a name the later one wins. `-e NAME`
    takes the value from `surroundings`; where it has none, docker run hides the image's own
    NAME, and so do we. A file's line `NAME` without a value is dropped in that case.
    """
    values: dict[str, str | None] = {}
    for path in files:
        for name, value in read_environment_file(path, surroundings):
            values[name] = value
    for option in options:
        name, equals, value = option.partition("=")
        if not name:
            _refuse("-e", option, "it has no name before the =", "write -e NAME=VALUE or -e NAME")
        values[name] = value if equals else surroundings.get(name)
    given = tuple((name, value) for name, value in values.items() if value is not None)
    return given, tuple(name for name, value in values.items() if value is None)


def read_environment_file(path: Path, surroundings: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The variables of an --env-file, in order: docker's format, which knows no quotes.

    One `NAME=VALUE` a line, the value as it stands to the line's end; `NAME` alone takes the
    value from `surroundings` and is dropped where there is none; blank lines and lines that begin
    with `#` are comments.
    """
    option = "--env-file"
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        _refuse(option, str(path), error.strerror or str(error), "give the path of a readable file")
    except UnicodeDecodeError as error:
        _refuse(option, str(path), f"it is not UTF-8 at byte {error.start}", "save the file as UTF-8")
    result: list[tuple[str, str]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.removesuffix("\r").lstrip(_WHITESPACE)
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        remedy = f"write NAME=VALUE on line {number}, without blanks around the ="
        if not name:
            _refuse(option, str(path), f"line {number} has no variable name", remedy)
        if any(character in name for character in _WHITESPACE):
            _refuse(option, str(path), f"line {number}: the variable {name!r} contains blanks", remedy)
        if equals:
            result.append((name, value))
        elif name in surroundings:
            result.append((name, surroundings[name]))
    return tuple(result)


def parse_volume(value: str) -> str:
    """`source:target[:options]`, or `target` alone for an anonymous volume, made explicit.

    A source that begins with `.` is a folder relative to the current one, as in Docker 23 and
    later; any other source without a leading slash is a volume's name.
    """
    remedy = "write -v /host/folder:/folder[:ro], -v volume:/folder or -v /folder"
    parts = value.split(":")
    if len(parts) > 3 or not all(parts):
        _refuse("-v", value, "it is not [SOURCE:]TARGET[:OPTIONS]", remedy)
    target = parts[0] if len(parts) == 1 else parts[1]
    if not target.startswith("/"):
        _refuse("-v", value, f"{target} is not an absolute path in the container", remedy)
    if not target.strip("/"):
        _refuse("-v", value, "nothing can be mounted over the container's root", remedy)
    if len(parts) == 1:
        return value
    source = parts[0]
    if source == "." or source.startswith(("./", "../")) or source == "..":
        source = os.path.normpath(Path(source).absolute())
    elif not source.startswith("/") and not _VOLUME_NAME.fullmatch(source):
        cause = f"{source} is neither an absolute path nor a legal name of a volume"
        _refuse("-v", value, cause, f"write ./{source} for a folder beside you")
    _check_modes(value, parts[2:])
    return ":".join([source, *parts[1:]])


def _check_modes(value: str, modes: Iterable[str]) -> None:
    for mode in ",".join(modes).split(","):
        if mode and mode not in _VOLUME_MODES:
            _refuse("-v", value, f"{mode} is not an option of a volume", "use ro, rw, z, Z or nocopy")


def parse_entrypoint(value: str | None) -> tuple[str, ...] | None:
    """One string is one argument; the empty string clears the image's entrypoint."""
    if value is None:
        return None
    return (value,) if value else ()


def parse_workdir(value: str) -> str:
    """An absolute path in the container, or empty."""
    if value and not value.startswith("/"):
        _refuse("--workdir", value, "it is not an absolute path", f"write --workdir /{value}")
    return value


def parse_network(value: str) -> str:
    """A network's name or id, bridge, host, none, or container:NAME."""
    if "=" in value or "," in value:
        _refuse("--network", value, "only a network's name is understood", "write --network NAME")
    if value == "container:":
        _refuse("--network", value, "the container is not named", "write --network container:NAME")
    return value


def parse_tmpfs(value: str) -> str:
    """`target[:options]`."""
    if not value.partition(":")[0].startswith("/"):
        _refuse("--tmpfs", value, "it is not an absolute path", "write --tmpfs /folder[:size=64m]")
    return value


def parse_security_option(value: str) -> str:
    """`name=value` or no-new-privileges; a seccomp profile's file is read, as docker run does."""
    remedy = "write --security-opt no-new-privileges, seccomp=unconfined or seccomp=FILE"
    if value == "no-new-privileges":
        return value
    separator = "=" if "=" in value else ":"
    name, found, setting = value.partition(separator)
    if not found:
        _refuse("--security-opt", value, "it is not NAME=VALUE", remedy)
    if name != "seccomp" or setting in ("unconfined", "builtin"):
        return value
    try:
        profile = json.loads(Path(setting).read_bytes())
    except OSError as error:
        _refuse("--security-opt", value, f"{setting}: {error.strerror or error}", remedy)
    except ValueError as error:
        _refuse("--security-opt", value, f"{setting} is not JSON: {error}", remedy)
    return "seccomp=" + json.dumps(profile, separators=(",", ":"))


def parse_capability(option: str, value: str) -> str:
    """`ALL` or a capability's name as capabilities(7) has it, with or without `CAP_`, in any case."""
    text = value.strip().upper()
    if not re.fullmatch(r"[A-Z_]+", text):
        _refuse(option, value, "it is not the name of a capability", f"write {option} NET_RAW or ALL")
    return text if text == "ALL" or text.startswith("CAP_") else f"CAP_{text}"


def _capabilities(option: str, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({parse_capability(option, value) for value in values}))


def _refuse(option: str, value: str, cause: str, remedy: str) -> NoReturn:
    raise UsageError(f"{option} {value} cannot be used", cause=cause, remedy=remedy)
