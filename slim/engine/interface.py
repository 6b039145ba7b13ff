"""What slim needs of a container engine. Only this file is imported by the stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class EngineInfo:
    """The engine that answered."""

    name: str
    """`Docker` or `Podman`."""
    version: str
    architecture: str
    """As GOARCH spells it: amd64, arm64 …"""
    storage_driver: str
    root: str
    """The engine's data folder, as the engine names it."""
    local: bool
    """Whether its processes and folders are visible from here: a Unix socket, and a
    container's PID that is a process of this machine."""


@dataclass(frozen=True)
class ImageRecord:
    """An image as the engine lists it."""

    reference: str
    """What the user called it."""
    id: str
    """`sha256:` and the digest of its configuration."""
    tags: tuple[str, ...]
    architecture: str
    variant: str
    os: str
    size: int
    """Bytes, as the engine counts them."""
    layer_folders: tuple[Path, ...] = ()
    """The layers' folders of a local overlay2 store, lowest first; empty where there is no
    such store or it cannot be read."""
    config_file: Path | None = None
    """The image's configuration in that store, whose SHA-256 is `id`."""


@dataclass(frozen=True)
class ContainerSpec:
    """How the user would run the image: the options of `docker run`, by its names."""

    image: str
    """Image id or reference."""
    entrypoint: tuple[str, ...] | None = None
    """None: the image's own. An empty tuple: none at all."""
    command: tuple[str, ...] | None = None
    """None: the image's own (dropped, as docker does, where `entrypoint` is given)."""
    environment: tuple[tuple[str, str], ...] = ()
    environment_removed: tuple[str, ...] = ()
    """Variables of the image that the container must not have (`-e NAME` where NAME is not set)."""
    user: str = ""
    workdir: str = ""
    volumes: tuple[str, ...] = ()
    """`source:target[:options]`, as for `-v`; `target` alone for an anonymous volume."""
    ports: tuple[str, ...] = ()
    """`[address:][host:]container[/protocol]`, as for `-p`."""
    network: str = ""
    read_only: bool = False
    tmpfs: tuple[str, ...] = ()
    security_options: tuple[str, ...] = ()
    capabilities_added: tuple[str, ...] = ()
    capabilities_dropped: tuple[str, ...] = ()
    hostname: str = ""
    healthcheck: bool = True
    """False: the engine does not run the image's HEALTHCHECK by itself."""
    mounts: tuple[Mount, ...] = ()
    """slim's own volumes, beside the user's."""
    publish: tuple[int, ...] = ()
    """TCP ports to publish on a free port of the loopback address, for slim's own probes."""
    template: Template | None = None
    """What the container is created from; all of the above is laid over it."""


@dataclass(frozen=True)
class Template:
    """Another container's description, made by `slim.engine.template`."""

    document: str = field(repr=False)
    """JSON: Config, HostConfig and Networks, as the engine writes them. May hold secrets."""


@dataclass(frozen=True)
class Mount:
    """A volume that slim made, and where it goes in the container."""

    volume: str
    target: str


@dataclass(frozen=True)
class ContainerState:
    """One look at a container."""

    status: str
    """created, running, paused, exited, dead …"""
    exit_code: int | None
    """None until it has ended."""
    error: str
    """Why the engine could not start it; empty otherwise."""
    oom_killed: bool
    pid: int
    """PID 1's process id on the engine's host; 0 when not running."""
    addresses: tuple[str, ...] = ()
    """IP addresses on the container's networks; `127.0.0.1` under `--network host`."""
    published: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    """Container TCP port → host address and port."""


@dataclass(frozen=True)
class ExecResult:
    """A command that ran in a container to its end."""

    exit_code: int | None
    """None: it was still running when the time was up, and was killed where that is possible."""
    stdout: bytes
    stderr: bytes
    truncated: bool
    """Output past the bound was read and thrown away."""
    left_running: bool = False
    """It could not be killed when the time was up: its process is not one of this machine."""


class Container(Protocol):
    """One container, created and not yet removed."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    def start(self) -> None: ...
    def state(self) -> ContainerState: ...
    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end; the exit code, or None when `timeout` seconds passed first."""
        ...

    def signal(self, name: str) -> None:
        """Send a signal (`SIGTERM`) to PID 1; nothing happens when it has ended."""
        ...

    def kill(self) -> None: ...
    def remove(self) -> None:
        """Remove it with its anonymous volumes, running or not."""
        ...

    def logs(self, tail: int | None = None, limit: int = 1 << 20) -> tuple[bytes, bytes]:
        """Standard output and standard error so far, `limit` bytes of each at the most."""
        ...

    def follow_logs(self, timeout: float) -> Iterator[tuple[int, bytes]]:
        """(1 for standard output or 2 for standard error, bytes) from the first on, as they are
        written; to the container's end or until `timeout` seconds have passed."""
        ...

    def put_archive(self, folder: str, archive: bytes) -> None:
        """Unpack a tar archive into `folder`, which must exist."""
        ...

    def get_archive(self, path: str) -> Iterator[bytes]:
        """A tar stream of `path`."""
        ...

    def execute(
        self,
        argv: Sequence[str],
        *,
        user: str = "",
        environment: Sequence[tuple[str, str]] = (),
        workdir: str = "",
        timeout: float | None = None,
        limit: int = 1 << 20,
    ) -> ExecResult:
        """Run `argv` in the container (as the container's own user, environment and folder
        unless told otherwise) and wait for its end."""
        ...

    def follow(self, argv: Sequence[str], *, user: str = "") -> Iterator[bytes]:
        """Run `argv` in the container and yield its standard output as it comes."""
        ...


class Engine(Protocol):
    """A container engine. Raises `EngineError` where it fails, `ImageError` for images."""

    @property
    def info(self) -> EngineInfo: ...
    @property
    def address(self) -> str:
        """Where it answers, as in DOCKER_HOST; what child processes need to reach it too."""
        ...

    def find_image(self, reference: str) -> ImageRecord: ...
    def save_image(self, image_id: str) -> Iterator[bytes]:
        """The image as `docker save` writes it."""
        ...

    def load_image(self, archive: Path) -> str:
        """Load a `docker save` archive that holds one image; its id."""
        ...

    def tag_image(self, image_id: str, reference: str) -> None: ...
    def remove_image(self, reference: str) -> None:
        """Remove a tag or an untagged image; nothing happens when it does not exist."""
        ...

    def create_container(self, spec: ContainerSpec, *, labels: Mapping[str, str]) -> Container: ...
    def find_container(self, name: str) -> tuple[Container, str]:
        """A container that somebody else made, by name or id, and its image's id. UsageError
        where there is none."""
        ...

    def inspect_container(self, identifier: str) -> Mapping[str, Any]:
        """All that the engine knows of a container, as `docker inspect` has it."""
        ...

    def create_volume(self, name: str, *, labels: Mapping[str, str]) -> Path | None:
        """Make a volume; its folder on this machine where that can be seen."""
        ...

    def labelled(self, label: str) -> Iterator[tuple[str, str, str]]:
        """(kind, id, value) of every container, volume and network that has `label`."""
        ...

    def remove_labelled(self, kind: str, identifier: str) -> None: ...
    def pending_images(self, prefix: str) -> tuple[str, ...]:
        """The tags whose repository begins with `prefix`."""
        ...

    def another(self) -> Engine:
        """A further connection to the same engine, for another thread: one is not shared. Close it in
        the end, before this one."""
        ...

    def close(self) -> None: ...
