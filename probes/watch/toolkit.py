"""The tools that are carried into a traced container.

The host's own strace, shell, setpriv, `tail` and `cat`, with their ELF interpreter and every library that
this interpreter says they load (ld.so(8), `--list`): one folder that runs in any image of the
same architecture, whatever the image holds. Nothing of the image is run or asked.
"""

from __future__ import annotations

import functools
import io
import platform
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from slim.errors import HostError

FOLDER = "/.slim"
"""Where the toolkit's volume is mounted in a container."""
OUTPUT = f"{FOLDER}/out"
LOADER = f"{FOLDER}/ld.so"

_TOOLS = ("strace", "sh", "tail", "cat", "setpriv")
_OLDEST_STRACE = (5, 3)
"""The first with --seccomp-bpf."""
_ANY_USER = 0o1777
_LIST_SECONDS = 30
_LISTED = re.compile(r"^\s*(\S+) => (/.*) \(0x[0-9a-f]+\)$|^\s*(/\S.*) \(0x[0-9a-f]+\)$", re.MULTILINE)
_ARCHITECTURES = {
    "x86_64": ("amd64", "386"),
    "aarch64": ("arm64", "arm"),
    "armv7l": ("arm",),
    "ppc64le": ("ppc64le",),
    "s390x": ("s390x",),
    "riscv64": ("riscv64",),
}
"""What each kind of machine runs, as GOARCH spells it."""


@dataclass(frozen=True)
class Toolkit:
    """The folder's content."""

    archive: bytes
    """A tar archive to unpack into `FOLDER`."""
    architectures: tuple[str, ...]
    """Architectures of images that it can watch."""
    strace_version: tuple[int, int]


def carried(tool: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a tool of the toolkit in a container."""
    return (LOADER, "--library-path", FOLDER, f"{FOLDER}/{tool}", *arguments)


@functools.cache
def build_toolkit() -> Toolkit:
    """Collect this machine's tools; once a process. HostError when one is missing or too old."""
    programs = {tool: _program(tool) for tool in _TOOLS}
    version = _strace_version(programs["strace"])
    loader = _interpreter(programs["strace"])
    files = {"ld.so": loader}
    for tool, program in programs.items():
        if _interpreter(program) != loader:
            raise HostError(
                f"{program} cannot be carried into a container",
                cause=f"its ELF interpreter is not {loader}, which is strace's",
                remedy="install strace and coreutils for this machine's own architecture",
            )
        files[tool] = program
        files.update(_libraries(loader, program))
    return Toolkit(_archive(files), _ARCHITECTURES.get(platform.machine(), ()), version)


def _program(tool: str) -> Path:
    found = shutil.which(tool)
    if found is None:
        package = {"strace": "strace", "sh": "dash", "setpriv": "util-linux"}.get(tool, "coreutils")
        raise HostError(
            f"{tool} is not installed on this machine",
            cause="it is carried into the container to watch what the application uses",
            remedy=f"apt-get install {package}",
        )
    return Path(found).resolve()


def _strace_version(strace: Path) -> tuple[int, int]:
    said = _run([str(strace), "-V"])
    found = re.search(r"version (\d+)\.(\d+)", said)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if version < _OLDEST_STRACE:
        shown = ".".join(map(str, version)) if found else "of an unknown version"
        raise HostError(
            f"strace {shown} is too old",
            cause="--seccomp-bpf came with {}.{}".format(*_OLDEST_STRACE),
            remedy="install a newer strace (apt-get install strace on a current release)",
        )
    return version


def _interpreter(program: Path) -> Path:
    """The ELF interpreter (elf(5), PT_INTERP)."""
    cause = "it is statically linked, or a script"
    try:
        with program.open("rb") as file:
            for segment in ELFFile(file).iter_segments("PT_INTERP"):
                return Path(segment.data().rstrip(b"\0").decode()).resolve()
    except (OSError, ELFError) as error:
        cause = str(error)
    raise HostError(
        f"{program} cannot be carried into a container",
        cause=cause,
        remedy="install the distribution's own strace, dash and coreutils",
    )


def _libraries(loader: Path, program: Path) -> dict[str, Path]:
    """Soname → file of every library that the loader would load for `program`."""
    listed = _run([str(loader), "--list", str(program)])
    found: dict[str, Path] = {}
    for soname, target, bare in _LISTED.findall(listed):
        path = Path(target or bare).resolve()
        if path != loader:
            found[Path(soname or bare).name] = path
    return found


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIST_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise HostError(
            f"{' '.join(command)} failed",
            cause=str(error),
            remedy="run it by hand to see why; reinstall strace",
        ) from error
    return done.stdout.decode("utf-8", "surrogateescape")


def _archive(files: dict[str, Path]) -> bytes:
    """A tar archive of `files`, and of the folder for strace's output that every user may write."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, source in sorted(files.items()):
            content = source.read_bytes()
            member = tarfile.TarInfo(name)
            member.mode, member.size = 0o755, len(content)
            archive.addfile(member, io.BytesIO(content))
        output = tarfile.TarInfo("out")
        output.type, output.mode = tarfile.DIRTYPE, _ANY_USER
        archive.addfile(output)
    return buffer.getvalue()
