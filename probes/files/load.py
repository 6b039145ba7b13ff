"""Reading a probe file: all of it is checked, and all mistakes are told at once."""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import UNSET, UnsetType

from probes.exercise.model import Probe
from probes.exercise.parts import Until
from probes.files.attached import Attached
from probes.files.checks import Checks
from probes.files.format import Document, Run, Words
from probes.files.nodes import Node, Problems
from probes.files.problems import Key
from probes.files.reading import read_document
from probes.files.steps import StepReader
from probes.files.toml_nodes import parse_toml

MAX_SIZE = 1 << 20
"""Bytes of a probe file."""
RUN_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
"""As for --run: reports and files are called after it."""


@dataclass(frozen=True)
class FileRun:
    """One life of the image as a probe file tells it; None and empty: as for the image's own command."""

    name: str
    """Empty for the image's own command."""
    service: str = ""
    """Of the Compose file; empty: the one under test."""
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    """An empty tuple: none at all."""
    environment: tuple[tuple[str, str], ...] = ()
    user: str = ""
    workdir: str = ""
    read_only: bool | None = None
    ready: Until | None = None
    port: int = 0
    exit_code: int | None = None
    idle: bool = False
    variables: tuple[tuple[str, str], ...] = ()
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True)
class ProbeFile:
    """A probe file, read and checked; the files that it names were read too."""

    path: Path
    main: FileRun | None
    """The image's own command; None where the file leaves it out."""
    runs: tuple[FileRun, ...] = ()


def load(path: Path, environment: Mapping[str, str]) -> ProbeFile:
    """Read and check `path`, YAML or TOML by its name's end; `environment` is slim's own, for
    `${env:NAME}` and env files. Raises ProbeFileError, a UsageError, with everything that is wrong."""
    problems = Problems(str(path))
    node = _parse(path, problems)
    problems.fail_if_any()
    if node is None:
        problems.add((), "the file is empty", "begin it with `steps:`, or let `slim probes init` write it")
        problems.fail_if_any()
        raise AssertionError
    document = read_document(node, environment, problems)
    file = None if document is None else _Meaning(path, environment, problems).file(document)
    problems.fail_if_any()
    assert file is not None  # noqa: S101 - else there was a problem
    return file


def _parse_yaml(text: str, problems: Problems) -> Node | None:
    from probes.files.yaml_nodes import parse_yaml  # 20 ms that runs without probe files need not wait for

    return parse_yaml(text, problems)


_LANGUAGES = {".yaml": _parse_yaml, ".yml": _parse_yaml, ".toml": parse_toml}


def _parse(path: Path, problems: Problems) -> Node | None:
    parse = _LANGUAGES.get(path.suffix.lower())
    if parse is None:
        cause = "whether it is YAML or TOML is told by its name's end"
        problems.add((), cause, "call it .yaml, .yml or .toml")
        return None
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            problems.add((), "it is not a regular file", "give the path of a text file")
            return None
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
    except OSError as error:
        cause = f"it cannot be read: {error.strerror or error}"
        problems.add((), cause, "give the path of a readable file")
        return None
    if len(raw) > MAX_SIZE:
        problems.add((), f"it has more than {MAX_SIZE >> 20} MiB", "split it: --probes takes many files")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add((), f"it is not UTF-8 at byte {error.start}", "save it as UTF-8 text", (line, 1))
        return None
    if "\0" in text:
        problems.add((), "it is no text: it holds NUL characters", "give a text file")
        return None
    return parse(text, problems)


class _Meaning:
    """From a document of the right form to what it means."""

    def __init__(self, path: Path, environment: Mapping[str, str], problems: Problems) -> None:
        self._path = path
        self._environment = environment
        self._problems = problems
        self._checks = Checks(problems)
        self._attached = Attached(path.parent, problems)
        self._steps = StepReader(self._checks, self._attached)

    def file(self, document: Document) -> ProbeFile:
        shared = self._variables(document.variables, ("variables",))
        main = FileRun(
            name="",
            ready=None if document.ready is UNSET else self._steps.until(document.ready, ("ready",)),
            port=0 if document.port is UNSET else document.port,
            exit_code=None if document.exit_code is UNSET else document.exit_code,
            idle=document.idle,
            variables=tuple(shared.items()),
            probes=self._steps.probes(document.steps, ("steps",), shared),
        )
        runs = tuple(
            self._run(run, shared, ("runs", number))
            for number, run in enumerate(document.runs)
            if run is not None
        )
        self._names(document.runs)
        if not document.main:
            self._without_main(document)
        return ProbeFile(self._path, main if document.main else None, runs)

    def _without_main(self, document: Document) -> None:
        for name in ("steps", "ready", "port", "exit_code"):
            if getattr(document, name) not in ((), UNSET):
                cause = f"{name} is for the image's own command, which `main: false` leaves out"
                self._problems.add((name,), cause, "move it into a run, or leave `main: false` out")
        if not document.runs:
            remedy = "add `runs:`, or leave `main: false` out"
            self._problems.add(("main",), "nothing is left to run", remedy)

    def _names(self, runs: tuple[Run, ...]) -> None:
        seen: set[str] = set()
        for number, run in enumerate(runs):
            if run is None or not run.name:
                continue
            if not RUN_NAME.fullmatch(run.name):
                cause = f"{run.name!r} cannot be the name of a run"
                remedy = "use small letters, digits, `_`, `.` and `-`"
                self._problems.add(("runs", number, "name"), cause, remedy)
            if run.name in seen:
                cause = f"two runs are called {run.name}"
                self._problems.add(("runs", number, "name"), cause, "give each a name of its own")
            seen.add(run.name)

    def _run(self, run: Run, shared: dict[str, str], key: Key) -> FileRun:
        variables = shared | self._variables(run.variables, (*key, "variables"))
        if run.workdir and not run.workdir.startswith("/"):
            cause = f"{run.workdir!r} is not an absolute path"
            self._problems.add((*key, "workdir"), cause, f"write /{run.workdir}")
        return FileRun(
            name=run.name,
            service=run.service,
            command=self._command(run.command, (*key, "command")),
            entrypoint=self._words(run.entrypoint, (*key, "entrypoint")),
            environment=self._run_environment(run, key),
            user=str(run.user),
            workdir=run.workdir,
            read_only=None if run.read_only is UNSET else run.read_only,
            ready=None if run.ready is UNSET else self._steps.until(run.ready, (*key, "ready")),
            port=0 if run.port is UNSET else run.port,
            exit_code=None if run.exit_code is UNSET else run.exit_code,
            idle=run.idle,
            variables=tuple(variables.items()),
            probes=self._steps.probes(run.steps, (*key, "steps"), variables),
        )

    def _variables(self, given: Mapping[str, Words], key: Key) -> dict[str, str]:
        for name in given:
            self._checks.variable(name, (*key, name))
        return {name: str(value) for name, value in given.items()}

    def _command(self, given: str | tuple[str, ...] | UnsetType, key: Key) -> tuple[str, ...] | None:
        words = self._words(given, key)
        if words == ():
            self._problems.add(key, "the command is empty", "write one, or leave the key out for the image's")
        return words

    def _words(self, given: str | tuple[str, ...] | UnsetType, key: Key) -> tuple[str, ...] | None:
        """The words of a command, a text split as a POSIX shell does."""
        if given is UNSET:
            return None
        if isinstance(given, tuple):
            return tuple(str(word) for word in given)
        try:
            return tuple(shlex.split(given))
        except ValueError as error:
            cause = f"{given!r} cannot be split into words: {error}"
            self._problems.add(key, cause, "close the quotation, or write a list of words")
            return None

    def _run_environment(self, run: Run, key: Key) -> tuple[tuple[str, str], ...]:
        found: dict[str, str] = {}
        files = (run.env_file,) if isinstance(run.env_file, str) else run.env_file
        for number, name in enumerate(files):
            at = (*key, "env_file") if isinstance(run.env_file, str) else (*key, "env_file", number)
            found |= self._attached.environment(name or "", self._environment, at)
        for name, value in run.env.items():
            if not name or "=" in name or "\0" in name:
                self._problems.add(
                    (*key, "env", name), f"{name!r} is no variable's name", "write NAME: value"
                )
            found[name] = str(value)
        return tuple(found.items())
