"""Fat images to slim in tests: built once from the recipes beside this file, then found by tag.

A recipe is a folder with a Dockerfile, its context and a `checks.py`. The tag is a digest of all
of it and of what it builds on, so an unchanged recipe costs one look-up and a changed one is
built anew. Every recipe stands on one Debian base made by mmdebstrap, whatever the host is, so
that no image registry is needed.

A Dockerfile asks for what it stands on by an ARG before its first FROM: `BASE`, or another recipe's
name in capitals (`C_HELLO`). `wheels.txt`, where there is one, is a pinned list that is downloaded
on the host into `wheels/`, since containers may lack the certificates of the host's network; for the same
reason a `package-lock.json` is installed there, into `node_modules/`, for Linux and glibc, no script run.
`rootfs.py`, where there is one, adds entries to the base that no Dockerfile can make.

    python tests/images/build.py [NAME ...]     builds (all), prints reference, size, seconds
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import functools
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parent
if str(FOLDER.parent) not in sys.path:  # as a script: what conftest.py is for pytest
    sys.path.insert(0, str(FOLDER.parent))

from images.started import Check, Image  # noqa: E402

REPOSITORY = "slim-test"
SUITE = "bookworm"
PYTHON = "3.11"
"""Of the suite: what wheels are downloaded for."""
APT = """\
Acquire::GzipIndexes "true";
Acquire::Languages "none";
APT::Keep-Downloaded-Packages "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
"""
"""As Debian's own container images set apt up: package lists stay, compressed, and caches do not."""
BOOTSTRAP = (
    "mmdebstrap", "--quiet", "--variant=minbase", "--dpkgopt=force-unsafe-io",
    f"--customize-hook=printf %s '{APT}' >\"$1/etc/apt/apt.conf.d/99container\"",
    '--customize-hook=rm --force "$1"/var/cache/apt/*.bin', SUITE, "-",
)  # fmt: skip
NOT_CONTEXT = ("checks.py", "rootfs.py", "probes.yaml")
NPM_REGISTRY = "https://registry.npmjs.org/"
NODE_MACHINES = {"x86_64": "x64", "aarch64": "arm64"}
"""What Node calls a machine."""
PAST = 1_600_000_000
"""Time of modification of every context file: a checkout's own would change the layers."""


class BuildFailed(Exception):
    """A recipe could not be built; the message ends with the builder's last lines."""


@dataclass(frozen=True)
class Recipe:
    """One fat image, how slim is run on it, and what must work that slim never saw."""

    name: str
    probe_arguments: tuple[str, ...]
    """What follows `slim run IMAGE`: few on purpose."""
    beyond: Callable[[Image], list[Check]]
    """Exercises an image started by plain `docker run`, from the host."""


def names() -> tuple[str, ...]:
    """All recipes, sorted."""
    return tuple(sorted(dockerfile.parent.name for dockerfile in FOLDER.glob("*/Dockerfile")))


@functools.cache
def recipe(name: str) -> Recipe:
    """The recipe's slim side, from its `checks.py`."""
    module = _load(name, "checks.py")
    return Recipe(name, tuple(module.PROBE_ARGUMENTS), module.beyond)


@functools.cache
def build(name: str) -> str:
    """The reference of the recipe's image, built if this version of it is not there yet.

    Raises `BuildFailed`. Processes that ask at the same time wait for the one that builds.
    """
    if name == "base":
        return _once("base", _digest_of("\0".join(BOOTSTRAP).encode()), _bootstrap)
    folder = FOLDER / name
    arguments = tuple(f"{argument}={_ground(name, argument)}" for argument in _asked(folder))
    digest = _digest_of(*(argument.encode() for argument in arguments), *_contents(folder))
    return _once(name, digest, lambda reference: _docker_build(folder, arguments, reference))


def build_all(wanted: tuple[str, ...] = ()) -> dict[str, tuple[str, float]]:
    """Build the wanted recipes (all by default), some at a time; reference and seconds of each."""
    chosen = wanted or names()
    build("base")
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        return dict(zip(chosen, pool.map(_timed, chosen), strict=True))


def _timed(name: str) -> tuple[str, float]:
    started = time.monotonic()
    return build(name), time.monotonic() - started


def _asked(folder: Path) -> list[str]:
    """ARGs before the first FROM: the images that the recipe stands on."""
    before = (folder / "Dockerfile").read_text().partition("\nFROM ")[0]
    return re.findall(r"^ARG (\w+)$", before, re.MULTILINE)


def _ground(name: str, argument: str) -> str:
    if argument == "BASE" and (FOLDER / name / "rootfs.py").exists():
        return _special_base(name)
    return build(argument.lower().replace("_", "-"))


def _special_base(name: str) -> str:
    base = build("base")
    digest = _digest_of(base.encode(), (FOLDER / name / "rootfs.py").read_bytes())
    return _once(f"{name}-base", digest, lambda reference: _import_with(name, base, reference))


def _once(name: str, digest: str, make: Callable[[str], None]) -> str:
    reference = f"{REPOSITORY}/{name}:{digest}"
    if _exists(reference):
        return reference
    with _alone(name):
        if not _exists(reference):
            make(reference)
    return reference


def _exists(reference: str) -> bool:
    found = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Id}}", reference],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode and "no such image" not in found.stderr.lower():
        raise BuildFailed(f"no engine answers (tests/setup/machine.sh starts one): {found.stderr.strip()}")
    return found.returncode == 0


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    """Hold the recipe's lock: flock(2), given up by the kernel when the process dies."""
    folder = Path(tempfile.gettempdir()) / f"slim-test-images.{os.getuid()}"
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _bootstrap(reference: str) -> None:
    with subprocess.Popen(
        BOOTSTRAP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as made:
        _run(["docker", "import", "--change", 'CMD ["bash"]', "-", reference], stdin=made.stdout)
        assert made.stderr is not None
        said = made.stderr.read().decode(errors="replace")
    if made.returncode:
        subprocess.run(["docker", "image", "rm", reference], capture_output=True, check=False)
        raise BuildFailed(f"{' '.join(BOOTSTRAP)} failed:\n{said[-2000:]}")


def _import_with(name: str, base: str, reference: str) -> None:
    """The base again as one layer, with the entries of the recipe's `rootfs.py` at its end."""
    with tempfile.TemporaryDirectory(prefix="slim-test-") as scratch:
        rootfs = Path(scratch) / "rootfs.tar"
        container = _run(["docker", "create", base]).strip()
        try:
            _run(["docker", "export", "--output", str(rootfs), container])
        finally:
            _run(["docker", "rm", container])
        with tarfile.open(rootfs, "a", format=tarfile.PAX_FORMAT) as archive:
            _load(name, "rootfs.py").add_entries(archive)
        _run(["docker", "import", "--change", 'CMD ["bash"]', str(rootfs), reference])


def _docker_build(folder: Path, arguments: tuple[str, ...], reference: str) -> None:
    with tempfile.TemporaryDirectory(prefix="slim-test-") as scratch:
        context = Path(scratch) / "context"
        shutil.copytree(folder, context, ignore=shutil.ignore_patterns("__pycache__", *NOT_CONTEXT))
        if (context / "wheels.txt").exists():
            _download_wheels(context)
        if (context / "package-lock.json").exists():
            _install_npm_packages(context)
        _normalise(context)
        options = [word for argument in arguments for word in ("--build-arg", argument)]
        _run(
            ["docker", "build", "--quiet", "--force-rm", "--tag", reference, *options, str(context)],
            environment={**os.environ, "DOCKER_BUILDKIT": "0"},
        )


def _download_wheels(context: Path) -> None:
    machine = platform.machine()
    platforms = [f"--platform=manylinux{tag}_{machine}" for tag in ("2014", "_2_17", "_2_28")]
    _run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps",
            "--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}", *platforms,
            "--dest", str(context / "wheels"), "--requirement", str(context / "wheels.txt"),
        ]
    )  # fmt: skip


def _install_npm_packages(context: Path) -> None:
    lock = (context / "package-lock.json").read_text()
    others = [url for url in re.findall(r'"resolved": "([^"]*)"', lock) if not url.startswith(NPM_REGISTRY)]
    if others:
        raise BuildFailed(f"the lock file takes packages from elsewhere than {NPM_REGISTRY}: {others[0]}")
    machine = platform.machine()
    _run(
        [
            "npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
            "--os=linux", "--libc=glibc", f"--cpu={NODE_MACHINES.get(machine, machine)}",
            "--prefix", str(context),
        ]
    )  # fmt: skip


def _normalise(context: Path) -> None:
    """Modes and times that do not depend on the checkout's umask and day."""
    for path in sorted(context.rglob("*"), reverse=True):
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (PAST, PAST))


def _contents(folder: Path) -> Iterator[bytes]:
    """Names, modes and bytes of the context; what only the tests read is left out."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_dir() or "__pycache__" in inside.parts or inside.name in NOT_CONTEXT:
            continue
        yield f"{inside}\0{bool(path.stat().st_mode & 0o100)}\0".encode()
        yield path.read_bytes()


def _digest_of(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:12]


def _run(argv: list[str], *, stdin: object = subprocess.DEVNULL, environment: object = None) -> str:
    done = subprocess.run(  # type: ignore[call-overload]
        argv, stdin=stdin, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildFailed(f"{' '.join(argv)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return str(done.stdout)


def _load(name: str, file: str) -> ModuleType:
    """A recipe's module: its folder's name need not be an identifier."""
    module_name = f"slim_test_{name}_{file.removesuffix('.py')}".replace("-", "_")
    spec = importlib.util.spec_from_file_location(module_name, FOLDER / name / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the fat images that tests slim.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="recipes (default: all)")
    parser.add_argument("--quiet", action="store_true", help="print references only")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(names()))
    if unknown:
        parser.error(f"no recipe {', '.join(unknown)}; there are {', '.join(names())}")
    try:
        built = build_all(tuple(options.names))
    except BuildFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    for reference, seconds in built.values():
        size = int(_run(["docker", "image", "inspect", "--format", "{{.Size}}", reference]))
        print(reference if options.quiet else f"{reference:<40} {size / 1e6:7.1f} MB {seconds:6.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
