"""A run of slim in an engine: what it makes there is marked, and gone when it ends.

Containers, volumes and networks carry the label `io.slim.run` with the run's id, those that Compose
makes its own label with the project `slim-<id>`; an image that is
loaded but not verified yet carries the tag `slim-run/<id>:pending`; files of the run are in the
folder `slim-<id>`. The id says whose run it is, so that the next run can tell what a killed run
left behind from what a live one still needs.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from slim.engine.interface import Engine
from slim.engine.interrupts import shielded
from slim.errors import EngineError, HostError, SlimError

LABEL: Final = "io.slim.run"
PENDING_PREFIX: Final = "slim-run/"
FOLDER_PREFIX: Final = "slim-"
PROJECT_LABEL: Final = "com.docker.compose.project"
"""By which Compose knows all that it has made; a run's project is called `slim-<id>`."""
_TICKS: Final = 100
"""Start times are compared in hundredths of a second, the kernel's unit: proc(5), starttime."""
_ID = re.compile(
    r"m(?P<machine>[0-9a-f]{12})-b(?P<boot>[0-9a-f]{8})-p(?P<pid>\d+)-s(?P<start>\d+)-r[0-9a-f]{6}"
)


@dataclass(frozen=True)
class Run:
    """One run, while it is open."""

    id: str
    folder: Path
    """For the run's files; exists, is empty at first, and only this user can enter it."""
    leftovers: tuple[str, ...] = ()
    """What killed runs had left behind and was removed first, for people."""

    @property
    def labels(self) -> Mapping[str, str]:
        """For everything that is made in the engine."""
        return {LABEL: self.id}

    @property
    def pending_reference(self) -> str:
        """The tag of an image that is not verified yet."""
        return f"{PENDING_PREFIX}{self.id}:pending"


@dataclass(frozen=True)
class _Thing:
    """Something of a run, how to remove it, and how a person would."""

    name: str
    command: str
    remove: Callable[[], None]


@contextmanager
def open_run(engine: Engine, *, temporary: Path | None = None) -> Iterator[Run]:
    """A run in `engine`, its folder under `temporary` (default: the system's temporary folder).

    Leftovers of killed runs are removed first. However the block is left (an exception, Ctrl-C,
    a signal under `interruptible`), everything of the run is removed, signals held back
    meanwhile. EngineError at the end lists what could not be removed and the commands that do it.
    """
    temporary = _temporary(temporary)
    leftovers = remove_leftovers(engine, temporary=temporary)
    identifier = new_run_id()
    folder = temporary / f"{FOLDER_PREFIX}{identifier}"
    try:
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise HostError(
                f"cannot make the folder {folder}",
                cause=error.strerror or str(error),
                remedy="free space there, or name another folder in TMPDIR",
            ) from error
        yield Run(identifier, folder, leftovers)
    except BaseException as error:
        _close(engine, identifier, folder, error)
        raise
    else:
        _close(engine, identifier, folder, None)


def remove_leftovers(engine: Engine, *, temporary: Path | None = None) -> tuple[str, ...]:
    """Remove what dead runs of this machine left, and say what that was, one line a thing.

    Never touches a run that lives, nor one of another machine, whose life cannot be judged from
    here. What cannot be removed is said too: it does not stop the run that comes after.
    """
    temporary = _temporary(temporary)
    said: list[str] = []
    with shielded():
        dead = {identifier for identifier in _known_runs(engine, temporary) if is_dead(identifier)}
        for identifier in sorted(dead):
            for thing in _things(engine, identifier, temporary / f"{FOLDER_PREFIX}{identifier}"):
                failure = _remove(thing)
                said.append(f"removed {thing.name}" if failure is None else _told(thing, failure))
    return tuple(said)


def new_run_id() -> str:
    """An id for a run of this process: machine, boot, process, its start, and six random digits."""
    pid = os.getpid()
    start = _start_of(pid)
    return f"m{machine_id()}-b{_boot_id()}-p{pid}-s{start}-r{secrets.token_hex(3)}"


def project_of(identifier: str) -> str:
    """What Compose calls the run's project."""
    return f"{FOLDER_PREFIX}{identifier}"


def is_dead(identifier: str) -> bool:
    """Whether the run's process has certainly ended. False for what this machine cannot judge."""
    match = _ID.fullmatch(identifier)
    if match is None or match["machine"] != machine_id():
        return False
    if match["boot"] != _boot_id():
        return True
    pid = int(match["pid"])
    if not psutil.pid_exists(pid):
        return True
    try:
        # a zombie still has its number and start, but nothing of it runs: its parent is late, no more
        return _start_of(pid) != int(match["start"]) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        # with /proc mounted hidepid=2 (proc(5)) another user's process looks like this, and lives
        return not psutil.pid_exists(pid)
    except psutil.Error:
        return False


def machine_id() -> str:
    """Twelve hex digits for the set of processes that can see each other by number.

    machine-id(5) hashed, as it asks for, with the PID namespace: containers that share an image
    share its machine id, but a PID of one says nothing in another. Without the file, the boot
    stands in for the machine.
    """
    name = _read("/etc/machine-id") or _read("/var/lib/dbus/machine-id") or _boot_id()
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return hashlib.sha256(f"slim {name} {namespace}".encode()).hexdigest()[:12]


def _boot_id() -> str:
    """Eight hex digits that change with every boot: random(4)."""
    text = _read("/proc/sys/kernel/random/boot_id") or str(int(psutil.boot_time()))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _start_of(pid: int) -> int:
    """When a process started, since boot: the wall clock may be set while it runs."""
    process = psutil.Process(pid)
    return round((process.create_time() - psutil.boot_time()) * _TICKS)


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _temporary(folder: Path | None) -> Path:
    return Path(tempfile.gettempdir()) if folder is None else folder


def _known_runs(engine: Engine, temporary: Path) -> Iterator[str]:
    for _, _, identifier in engine.labelled(LABEL):
        yield identifier
    for _, _, project in engine.labelled(PROJECT_LABEL):
        if project.startswith(FOLDER_PREFIX):
            yield project.removeprefix(FOLDER_PREFIX)
    for tag in engine.pending_images(PENDING_PREFIX):
        yield _run_of_tag(tag)
    try:
        folders = sorted(temporary.glob(f"{FOLDER_PREFIX}m*"))
    except OSError:
        return
    for folder in folders:
        yield folder.name.removeprefix(FOLDER_PREFIX)


def _run_of_tag(tag: str) -> str:
    return tag.partition(PENDING_PREFIX)[2].rpartition(":")[0]


def _things(engine: Engine, identifier: str, folder: Path) -> Iterator[_Thing]:
    """All that a run has made, what holds on to other things first."""
    commands = {"container": "docker rm -fv", "volume": "docker volume rm", "network": "docker network rm"}
    for kind, thing in _labelled(engine, identifier):
        yield _Thing(
            f"{kind} {thing[:12] if kind != 'volume' else thing}",
            f"{commands[kind]} {thing}",
            lambda kind=kind, thing=thing: engine.remove_labelled(kind, thing),  # type: ignore[misc]
        )
    for tag in engine.pending_images(PENDING_PREFIX):
        if _run_of_tag(tag) == identifier:
            yield _Thing(
                f"image {tag}",
                f"docker rmi {tag}",
                lambda tag=tag: engine.remove_image(tag),  # type: ignore[misc]
            )
    if _is_own_folder(folder):
        yield _Thing(f"folder {folder}", f"rm -r {folder}", lambda: _remove_folder(folder))


def _labelled(engine: Engine, identifier: str) -> tuple[tuple[str, str], ...]:
    """What the run has in the engine: containers first, whoever made them."""
    labels = (f"{LABEL}={identifier}", f"{PROJECT_LABEL}={project_of(identifier)}")
    found = {(kind, thing): None for label in labels for kind, thing, _ in engine.labelled(label)}
    return tuple(sorted(found, key=lambda one: one[0] != "container"))


def _is_own_folder(folder: Path) -> bool:
    """A real folder of this user: a temporary folder is shared with strangers."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _remove_folder(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError:
        if folder.exists():  # else another run was quicker
            raise


def _remove(thing: _Thing) -> Exception | None:
    try:
        thing.remove()
    except (SlimError, OSError) as error:
        return error
    return None


def _told(thing: _Thing, failure: Exception) -> str:
    cause = failure.cause or failure.message if isinstance(failure, SlimError) else str(failure)
    return f"{thing.name} could not be removed ({cause}): {thing.command}"


def _close(engine: Engine, identifier: str, folder: Path, reason: BaseException | None) -> None:
    """Remove everything of the run; one EngineError for all that resisted."""
    left: list[_Thing] = []
    causes: list[str] = []
    with shielded():
        things = _listed(engine, identifier, folder, causes)
        for thing in things:
            failure = _remove(thing)
            if failure is not None:
                left.append(thing)
                causes.append(_told(thing, failure))
    if not causes:
        return
    if reason is not None:
        causes.append(f"the run itself had ended with: {reason or type(reason).__name__}")
    commands = "; ".join(thing.command for thing in left)
    raise EngineError(
        f"not everything of run {identifier} could be removed",
        cause="; ".join(causes),
        remedy=commands or f"once the engine answers: docker ps -a --filter label={LABEL}={identifier}",
    ) from reason


def _listed(engine: Engine, identifier: str, folder: Path, causes: list[str]) -> tuple[_Thing, ...]:
    """The run's things; where the engine does not answer, at least its folder."""
    things: list[_Thing] = []
    try:
        things.extend(_things(engine, identifier, folder))
    except SlimError as error:
        causes.append(str(error))
        if _is_own_folder(folder):
            things.append(_Thing(f"folder {folder}", f"rm -r {folder}", lambda: _remove_folder(folder)))
    return tuple(things)
