"""An image's configuration: OCI image-spec config.md and Docker's additions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import msgspec

from slim.errors import ImageError
from slim.oci.reference import Reference, parse_reference, slim_reference

__all__ = ["Healthcheck", "History", "ImageConfig", "Reference", "parse_reference", "slim_reference"]

MAX_PORTS_IN_RANGE = 1024


class _Health(msgspec.Struct, frozen=True):
    test: tuple[str, ...] | None = msgspec.field(name="Test", default=None)
    interval: int = msgspec.field(name="Interval", default=0)
    timeout: int = msgspec.field(name="Timeout", default=0)
    start_period: int = msgspec.field(name="StartPeriod", default=0)
    start_interval: int = msgspec.field(name="StartInterval", default=0)
    retries: int = msgspec.field(name="Retries", default=0)


class _Run(msgspec.Struct, frozen=True):
    """The `config` object. Null stands for nothing in every field, as Go writes it."""

    user: str | None = msgspec.field(name="User", default=None)
    exposed_ports: dict[str, object] | None = msgspec.field(name="ExposedPorts", default=None)
    env: tuple[str, ...] | None = msgspec.field(name="Env", default=None)
    entrypoint: tuple[str, ...] | None = msgspec.field(name="Entrypoint", default=None)
    cmd: tuple[str, ...] | None = msgspec.field(name="Cmd", default=None)
    volumes: dict[str, object] | None = msgspec.field(name="Volumes", default=None)
    working_dir: str | None = msgspec.field(name="WorkingDir", default=None)
    labels: dict[str, str] | None = msgspec.field(name="Labels", default=None)
    stop_signal: str | None = msgspec.field(name="StopSignal", default=None)
    shell: tuple[str, ...] | None = msgspec.field(name="Shell", default=None)
    on_build: tuple[str, ...] | None = msgspec.field(name="OnBuild", default=None)
    healthcheck: _Health | None = msgspec.field(name="Healthcheck", default=None)


class _RootFs(msgspec.Struct, frozen=True):
    diff_ids: tuple[str, ...] | None = None


class _Step(msgspec.Struct, frozen=True, omit_defaults=True):
    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class _Document(msgspec.Struct, frozen=True):
    architecture: str | None = None
    variant: str | None = None
    os: str | None = None
    created: str | None = None
    author: str | None = None
    config: _Run | None = None
    rootfs: _RootFs | None = None
    history: tuple[_Step, ...] | None = None


@dataclass(frozen=True, slots=True)
class History:
    """One step of an image's making; config.md, "history"."""

    created: str = ""
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False
    """Whether the step made no layer."""


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """Docker's HEALTHCHECK; times in nanoseconds, 0 where the default holds."""

    test: tuple[str, ...]
    """`("NONE",)`, `("CMD", argument …)` or `("CMD-SHELL", command)`; empty: inherited."""
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    retries: int = 0


@dataclass(frozen=True)
class ImageConfig:
    """A read-only view of a configuration. What is absent or null is an empty value."""

    raw: bytes
    """The bytes whose SHA-256 is the image's id."""
    architecture: str
    """As GOARCH spells it."""
    variant: str
    os: str
    created: str
    """RFC 3339."""
    author: str
    env: tuple[tuple[str, str], ...]
    """In their order; a name without `=` has an empty value."""
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]
    user: str
    """As it stands: `user`, `uid`, `user:group` …; empty is root."""
    working_dir: str
    """As it stands; empty is `/`."""
    exposed_ports: tuple[str, ...]
    """As they stand, sorted: `80/tcp`."""
    volumes: tuple[str, ...]
    """Sorted."""
    labels: tuple[tuple[str, str], ...]
    """Sorted."""
    healthcheck: Healthcheck | None
    stop_signal: str
    shell: tuple[str, ...]
    on_build: tuple[str, ...]
    diff_ids: tuple[str, ...]
    """Digests of the uncompressed layers, the lowest first."""
    history: tuple[History, ...]

    @classmethod
    def parse(cls, raw: bytes) -> ImageConfig:
        """Read a configuration. Raises ImageError where it is broken JSON or of other types."""
        try:
            document = msgspec.json.decode(raw, type=_Document)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ImageError(
                "the image's configuration cannot be understood",
                cause=str(error),
                remedy="build or pull the image again; if it still fails, report it with the output"
                " of docker inspect",
            ) from error
        run, health = document.config or _Run(), None
        if run.healthcheck is not None:
            check = run.healthcheck
            health = Healthcheck(
                check.test or (), check.interval, check.timeout, check.start_period, check.retries
            )
        return cls(
            raw=raw,
            architecture=document.architecture or "",
            variant=document.variant or "",
            os=document.os or "",
            created=document.created or "",
            author=document.author or "",
            env=tuple(_pair(text) for text in run.env or ()),
            entrypoint=run.entrypoint or (),
            cmd=run.cmd or (),
            user=run.user or "",
            working_dir=run.working_dir or "",
            exposed_ports=tuple(sorted(run.exposed_ports or ())),
            volumes=tuple(sorted(run.volumes or ())),
            labels=tuple(sorted((run.labels or {}).items())),
            healthcheck=health,
            stop_signal=run.stop_signal or "",
            shell=run.shell or (),
            on_build=run.on_build or (),
            diff_ids=(document.rootfs and document.rootfs.diff_ids) or (),
            history=tuple(_history(step) for step in document.history or ()),
        )

    @cached_property
    def digest(self) -> str:
        """`sha256:` and the digest of the raw bytes: the image's id."""
        return "sha256:" + hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def exposed_tcp_ports(self) -> tuple[int, ...]:
        """The TCP ports of `exposed_ports`, ascending."""
        return tuple(sorted({port for text in self.exposed_ports for port in _tcp_ports(text)}))

    def with_layers(self, diff_ids: Iterable[str], history: Iterable[History]) -> bytes:
        """The configuration with other layers.

        Only `rootfs` and `history` change. Every other field, known to slim or not, keeps its
        bytes and its place. The same input gives the same bytes.
        """
        fields = msgspec.json.decode(self.raw, type=dict[str, msgspec.Raw])
        rootfs = {"type": "layers", "diff_ids": list(diff_ids)}
        fields["rootfs"] = msgspec.Raw(msgspec.json.encode(rootfs))
        fields["history"] = msgspec.Raw(msgspec.json.encode([_step(item) for item in history]))
        return msgspec.json.encode(fields)


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def _history(step: _Step) -> History:
    return History(
        step.created or "",
        step.created_by or "",
        step.author or "",
        step.comment or "",
        bool(step.empty_layer),
    )


def _step(item: History) -> _Step:
    return _Step(
        item.created or None,
        item.created_by or None,
        item.author or None,
        item.comment or None,
        item.empty_layer or None,
    )


_PORT = re.compile(r"(\d+)(?:-(\d+))?(?:/(\w+))?")


def _tcp_ports(text: str) -> Iterable[int]:
    """`80`, `80/tcp`, `8000-8010/tcp`: config.md, ExposedPorts, and EXPOSE's ranges."""
    match = _PORT.fullmatch(text)
    if not match or (match[3] or "tcp").lower() != "tcp":
        return ()
    first, last = int(match[1]), int(match[2] or match[1])
    last = min(last, first + MAX_PORTS_IN_RANGE - 1)
    return (port for port in range(first, last + 1) if 0 < port < 65536)
