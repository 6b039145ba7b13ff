"""What slim needs of this machine and its engine, looked at one by one."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import psutil
from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from slim.commands.fact_store import SqliteFacts, facts_path
from slim.engine.connect import connect
from slim.engine.interface import Engine
from slim.engine.runs import FOLDER_PREFIX, LABEL, PENDING_PREFIX, is_dead, remove_leftovers
from slim.errors import EngineError
from slim.report.sizes import size_text

OLDEST_STRACE = (5, 3)
"""The first with --seccomp-bpf: strace's NEWS, 2019-09-25."""
ROOM = 2 * 10**9
"""Bytes that an image of usual size may take in the temporary folder while it is spooled and built."""
SYSTEM_FOLDERS = ":/usr/local/sbin:/usr/sbin:/sbin"
"""Where dockerd may be though an ordinary user's PATH does not say so."""
_ELSEWHERE = ("tcp://", "ssh://", "http://", "https://")
CAP_SYS_ADMIN = 21
"""Its bit in CapEff: capabilities(7), linux/capability.h."""
GOARCH = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
INSTALLERS = {
    "apt-get": "apt-get install --yes",
    "dnf": "dnf install --assumeyes",
    "apk": "apk add",
    "zypper": "zypper --non-interactive install",
    "pacman": "pacman --sync --noconfirm",
}


class State(Enum):
    """How a need is met."""

    OK = "ok"
    MISSING = "missing"
    """slim cannot do its work without it."""
    OPTIONAL = "optional"
    """Not here; slim works without it."""


@dataclass(frozen=True)
class Finding:
    """One thing that slim needs or can use."""

    name: str
    state: State
    detail: str
    """What was found, for people."""
    mend: str = ""
    """The one command that brings it; empty where nothing is to be done."""


def examine(host: str | None, path: str, *, clean: bool = False) -> Iterator[Finding]:
    """All findings, the engine's first. `path` is where programs are looked up, as PATH is."""
    try:
        engine = connect(host)
    except EngineError as error:
        detail = f"{error.message}: {error.cause}" if error.cause else error.message
        yield Finding("engine", State.MISSING, detail, _engine_mend(host, path))
        yield from (_strace(path), _toolkit(path), _ptrace(), _space(), _facts())
        return
    with closing(engine):
        yield _engine(engine)
        yield _architecture(engine)
        yield from (_strace(path), _toolkit(path), _ptrace(), _fanotify(engine), _space(), _facts())
        yield from _engine_space(engine)
        yield _leftovers(engine, clean=clean)


def _facts() -> Finding:
    """What is remembered of parsed files: slim is only slower without."""
    path = facts_path(os.environ)
    if path is None:
        return Finding("facts", State.OPTIONAL, "nothing is remembered of parsed files: HOME is not set")
    store = SqliteFacts(path)
    store.close()
    if store.trouble:
        return Finding("facts", State.OPTIONAL, f"nothing is remembered of parsed files: {store.trouble}")
    return Finding("facts", State.OK, f"{size_text(path.stat().st_size)} about parsed files in {path}")


def _engine(engine: Engine) -> Finding:
    info = engine.info
    where = "on this machine" if info.local else "remote"
    detail = f"{info.name} {info.version}, linux/{info.architecture}, {info.storage_driver}, {where}"
    return Finding("engine", State.OK, detail)


def _engine_mend(host: str | None, path: str) -> str:
    """The command for what keeps the engine from answering."""
    if host:
        return f"docker -H {shlex.quote(host)} version"
    if address := os.environ.get("DOCKER_HOST"):
        # an engine elsewhere may be down; anything else is a slip, or a socket that is gone
        return "docker version" if address.startswith(_ELSEWHERE) else "unset DOCKER_HOST"
    if os.environ.get("DOCKER_CONTEXT"):
        return "docker version"
    socket_path = Path("/var/run/docker.sock")
    if socket_path.exists() and not os.access(socket_path, os.R_OK | os.W_OK):
        user = shlex.quote(psutil.Process().username())
        return f"sudo usermod --append --groups docker {user} && newgrp docker"
    if shutil.which("dockerd", path=path + SYSTEM_FOLDERS) is None:
        return install("docker.io" if shutil.which("apt-get", path=path) else "docker", path)
    if Path("/run/systemd/system").is_dir():
        return _as_root("systemctl start docker")
    return _as_root("sh -c 'setsid dockerd >/var/log/dockerd.log 2>&1 &'")


def install(package: str, path: str) -> str:
    """The command that installs `package`, by the first installer found along `path`."""
    for program, command in INSTALLERS.items():
        if shutil.which(program, path=path):
            return _as_root(f"{command} {package}")
    return f"install {package} with this system's package manager"


def _as_root(command: str) -> str:
    return command if os.geteuid() == 0 else f"sudo {command}"


def _architecture(engine: Engine) -> Finding:
    """strace goes into the container from here, so both must be of one architecture."""
    here = GOARCH.get(platform.machine(), platform.machine())
    there = engine.info.architecture
    if here == there:
        return Finding("architecture", State.OK, f"{here}, as the engine's")
    detail = f"this machine is {here}, the engine's is {there}: strace from here cannot run there"
    return Finding("architecture", State.MISSING, detail, f"run slim on a machine that is {there}")


def _strace(path: str) -> Finding:
    program = shutil.which("strace", path=path)
    if program is None:
        return Finding("strace", State.MISSING, "not installed", install("strace", path))
    version = strace_version(program)
    said = ".".join(map(str, version)) or "of unknown version"
    oldest = ".".join(map(str, OLDEST_STRACE))
    if version < OLDEST_STRACE:
        detail = f"{program} is {said}; slim needs {oldest} or later"
        return Finding("strace", State.MISSING, detail, install("strace", path))
    return Finding("strace", State.OK, f"{said} ({program})")


def strace_version(program: str) -> tuple[int, ...]:
    """As `strace --version` tells it; empty when it does not."""
    try:
        told = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"version (\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else ()


def _toolkit(path: str) -> Finding:
    """What is carried into the container beside strace: a shell, and the loader that starts both."""
    loaders: set[str] = set()
    for name in ("strace", "sh"):
        program = shutil.which(name, path=path)
        if program is None:
            if name == "strace":  # said already
                continue
            return Finding("toolkit", State.MISSING, "no sh in PATH", install("dash", path))
        loader = _loader_of(program)
        if loader and not Path(loader).exists():
            return Finding("toolkit", State.MISSING, f"{program} wants {loader}", install("libc6", path))
        loaders.add(loader or "none: static")
    return Finding("toolkit", State.OK, f"sh, loader {', '.join(sorted(loaders))}")


def _loader_of(program: str) -> str:
    """A program's interpreter as elf(5) PT_INTERP has it; empty for a static one."""
    try:
        with Path(program).open("rb") as file:
            segments = ELFFile(file).iter_segments()
            return next((s.get_interp_name() for s in segments if isinstance(s, InterpSegment)), "")
    except (OSError, ELFError):
        return ""


def _ptrace() -> Finding:
    """Yama's ptrace_scope (Documentation/admin-guide/LSM/Yama.rst): 2 and 3 keep strace from
    following a process without CAP_SYS_PTRACE, which containers do not have."""
    try:
        scope = int(Path("/proc/sys/kernel/yama/ptrace_scope").read_text())
    except (OSError, ValueError):
        scope = 0
    if scope < 2:
        return Finding("ptrace", State.OK, "allowed to a process's own tracer")
    mend = (
        _as_root("sysctl --write kernel.yama.ptrace_scope=1")
        if scope == 2
        else "reboot without ptrace_scope=3"
    )
    return Finding("ptrace", State.MISSING, f"kernel.yama.ptrace_scope is {scope}", mend)


def _fanotify(engine: Engine) -> Finding:
    if not engine.info.local:
        return Finding("fanotify", State.OPTIONAL, "not for a remote engine")
    if _has_capability(CAP_SYS_ADMIN):
        return Finding("fanotify", State.OK, "allowed: root on the engine's machine")
    return Finding("fanotify", State.OPTIONAL, "needs CAP_SYS_ADMIN", "sudo slim run IMAGE")


def _has_capability(bit: int) -> bool:
    """Whether it is effective in this process: proc(5), CapEff."""
    status = Path("/proc/self/status").read_text()
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    return effective is not None and bool(int(effective[1], 16) >> bit & 1)


def _space() -> Finding:
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError as error:
        return Finding("space", State.MISSING, str(error), "export TMPDIR=/a/folder/to/write/in")
    return _room("space", folder, "export TMPDIR=/a/folder/with/more/space")


def _engine_space(engine: Engine) -> Iterator[Finding]:
    root = engine.info.root
    if engine.info.local and Path(root).is_dir():
        yield _room("engine space", root, "docker image prune")


def _room(name: str, folder: str, mend: str) -> Finding:
    free = psutil.disk_usage(folder).free
    detail = f"{size_text(free)} free in {folder}"
    if free >= ROOM:
        return Finding(name, State.OK, detail)
    return Finding(name, State.MISSING, f"{detail}; {size_text(ROOM)} are wanted", mend)


def _leftovers(engine: Engine, *, clean: bool) -> Finding:
    if clean:
        removed = remove_leftovers(engine)
        failed = [line for line in removed if not line.startswith("removed ")]
        if failed:
            return Finding("leftovers", State.OPTIONAL, failed[0], failed[0].rpartition(": ")[2])
        return Finding("leftovers", State.OK, f"{len(removed)} removed" if removed else "none")
    found = sorted(_left_behind(engine))
    if not found:
        return Finding("leftovers", State.OK, "none of killed runs")
    detail = f"of killed runs: {', '.join(found)} (the next run removes them too)"
    return Finding("leftovers", State.OPTIONAL, detail, "slim doctor --clean")


def _left_behind(engine: Engine) -> Iterator[str]:
    for kind, thing, run in engine.labelled(LABEL):
        if is_dead(run):
            yield f"{kind} {thing[:12]}"
    for tag in engine.pending_images(PENDING_PREFIX):
        if is_dead(tag.partition(PENDING_PREFIX)[2].partition(":")[0]):
            yield f"image {tag}"
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}m*"):
        if is_dead(folder.name.removeprefix(FOLDER_PREFIX)):
            yield f"folder {folder}"
