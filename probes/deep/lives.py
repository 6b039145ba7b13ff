"""The runs of a deep check: one image started in ways that its user did not write.

Pure: the same run of the fat image gives the same runs. What fails on the fat image is no error: it
must fail on the slim image likewise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from probes.crawl.crawl import crawl
from probes.crawl.model import FOUND_BY as CRAWLED
from probes.crawl.model import Crawl
from probes.deep.asking import ask_oddly, signal_it
from probes.deep.model import Deep
from probes.deep.tools import ARGUMENTS, HELP, Call, before_arguments, subcommands
from probes.exercise.exchange import Exchange
from probes.exercise.generate import Generator
from probes.exercise.model import (
    BeginProbe,
    ExecProbe,
    ExitProbe,
    GrpcHealthProbe,
    HttpProbe,
    Probe,
    SignalProbe,
    TcpProbe,
    UntilProbe,
    WebSocketProbe,
)
from probes.exercise.parts import Until
from probes.life import Life
from slim.engine.interface import ContainerSpec
from slim.oci.config import ImageConfig

_NOBODY = "65534"
"""The user that owns nothing, by Linux's overflowuid."""
_ROOT = frozenset({"", "0", "root"})
PREFIX = "deep."
"""Of the name of each run that is made up here, after the name of the run that it goes with."""
_AGAIN = "slim: started again"
_TWICE = f"""trap 'kill -TERM "$p"' TERM
"$@" & p=$!
wait "$p"; wait "$p"
trap - TERM
echo '{_AGAIN}'
exec "$@"
"""
"""wait(1) ends when the signal comes, and once more when the program has ended."""
_PATIENCE = 10.0
"""Seconds for the program to end, and again to listen."""
_FOLLOW_UPS = HttpProbe | TcpProbe | ExecProbe | WebSocketProbe | GrpcHealthProbe


@dataclass(frozen=True)
class Ran:
    """A run of the fat image that the user asked for, and what came of it."""

    life: Life
    probes: tuple[Probe, ...]
    """Those that ran."""
    exchanges: tuple[Exchange, ...]
    port: int
    """That answered HTTP; 0 where none did."""
    listening: tuple[int, ...]
    """TCP ports that listened in the end."""
    argv: tuple[str, ...] = ()
    """What its container started."""
    shell: tuple[str, ...] = ()
    """What runs a script in the container, which may have no shell of its own; empty where nothing does."""


def lives_of(config: ImageConfig, ran: Ran, bounds: Deep) -> tuple[Life, ...]:
    """What to run beside `ran`, in order: what finds most first, as the time may be up."""
    if any(isinstance(one, ExitProbe) for one in ran.probes):
        ran = _harmless(ran)
        found = (*_tool(config, ran, ARGUMENTS), *_otherwise(config, ran, bounds, (ExitProbe(),)))
    else:
        port = ran.port or min(ran.listening, default=0)
        begin = (BeginProbe(port), *_follow_ups(ran)[: bounds.follow_ups])
        found = (
            _asked(config, ran, bounds),
            *_otherwise(config, ran, bounds, begin),
            *_restarted(ran, begin),
        )
    return found


def _asked(config: ImageConfig, ran: Ran, bounds: Deep) -> Life:
    """The server as it was started, asked and signalled. The user's own requests come first: they may
    log in, and what they lead to is asked for in odd ways too."""
    own = tuple(one for one in ran.probes if isinstance(one, HttpProbe) and not one.found_by)
    made: list[Generator] = []
    if ran.port:
        if not any(one.found_by == CRAWLED for one in ran.exchanges):
            made.append(partial(crawl, Crawl(seconds=bounds.seconds / 4)))
        made.append(partial(ask_oddly, bounds, _is_alone(ran.life.spec)))
    made.append(partial(signal_it, config.stop_signal))
    probes = own or (BeginProbe(min(ran.listening, default=0)),)
    return _life(ran, "requests" if ran.port else "signals", ran.life.spec, probes, tuple(made))


def _otherwise(config: ImageConfig, ran: Ran, bounds: Deep, probes: tuple[Probe, ...]) -> Iterator[Life]:
    """The image as another user, with a read-only root, and without the user's variables."""
    spec = ran.life.spec
    if (spec.user or config.user).partition(":")[0] in _ROOT and spec.template is None:
        yield _life(ran, f"user-{_NOBODY}", replace(spec, user=f"{_NOBODY}:{_NOBODY}"), probes)
    if not spec.read_only:
        locked = replace(spec, read_only=True, tmpfs=tuple(dict.fromkeys((*spec.tmpfs, "/tmp"))))  # noqa: S108 - in the container
        yield _life(ran, "read-only", locked, probes)
    for name in tuple(dict.fromkeys(name for name, _ in spec.environment))[: bounds.variables]:
        # in brackets: what stands after a secret's name and a colon is masked, a probe's name too
        yield _life(ran, f"without({name})", without(spec, name), probes)


def _restarted(ran: Ran, probes: tuple[Probe, ...]) -> Iterator[Life]:
    """The server started, ended, and started again where its first start has left what it does: its state
    and its pid file are there already. A script starts it, since a container that is started again loses
    its tracer."""
    port = ran.port or min(ran.listening, default=0)
    if not (port and ran.shell and ran.argv) or ran.life.spec.template is not None:
        return
    spec = replace(
        ran.life.spec, entrypoint=(*ran.shell, _TWICE, "restart"), command=ran.argv, healthcheck=False
    )
    again = tuple(
        replace(one, title=f"{one.name} after a restart") for one in probes if isinstance(one, _FOLLOW_UPS)
    )
    waits = (UntilProbe(one, timeout=_PATIENCE) for one in (Until(log=f"^{_AGAIN}$"), Until(port=port)))
    yield _life(ran, "restart", spec, (*probes, SignalProbe("SIGTERM", 0.1), *waits, *again))


def without(spec: ContainerSpec, name: str) -> ContainerSpec:
    """`spec` less one of the user's variables; the image's own value of it, if any, counts again."""
    return replace(spec, environment=tuple(pair for pair in spec.environment if pair[0] != name))


def lives_told(config: ImageConfig, ran: Ran, name: str, told: str) -> tuple[Life, ...]:
    """The subcommands of a tool asked for their help, of which `told`, the answer of the life `name` to
    --help, tells; none for other lives."""
    if name != f"{_named(ran, '')}{HELP[0]}":
        return ()
    calls = tuple((f"help-{one}", (one, *HELP[1])) for one in subcommands(told))
    return tuple(_tool(config, _harmless(ran), calls))


def _tool(config: ImageConfig, ran: Ran, calls: tuple[Call, ...]) -> Iterator[Life]:
    """A tool with other arguments."""
    spec = ran.life.spec
    if spec.template is not None:
        return
    entrypoint = config.entrypoint if spec.entrypoint is None else spec.entrypoint
    command = spec.command
    if command is None:
        command = config.cmd if spec.entrypoint is None else ()
    before = before_arguments(entrypoint, command)
    if before is None:
        return
    for name, arguments in calls:
        if (*before, *arguments) != command:
            yield _life(ran, name, replace(spec, command=(*before, *arguments)), (ExitProbe(),))


def _harmless(ran: Ran) -> Ran:
    """`ran` of a tool, to which what the user mounted is read-only: what it writes, as another user too,
    would outlive it. That it cannot is an answer, which both images must give."""
    spec = ran.life.spec
    spec = replace(spec, volumes=tuple(_read_only(volume) for volume in spec.volumes))
    return replace(ran, life=replace(ran.life, spec=spec))


def _read_only(volume: str) -> str:
    source, _, rest = volume.partition(":")
    if not rest:
        return volume
    target, _, options = rest.partition(":")
    kept = [one for one in options.split(",") if one and one != "rw"]
    return ":".join((source, target, ",".join(dict.fromkeys((*kept, "ro")))))


def _is_alone(spec: ContainerSpec) -> bool:
    """Whether nothing that the application does outlives its container."""
    return spec.network in ("", "none", "bridge") and spec.template is None and not spec.volumes


def _follow_ups(ran: Ran) -> tuple[Probe, ...]:
    """The user's first probes; what refers to values of others is none of them."""
    return tuple(
        one
        for one in ran.probes
        if isinstance(one, _FOLLOW_UPS) and not getattr(one, "found_by", "") and "${" not in repr(one)
    )


def _life(
    ran: Ran,
    name: str,
    spec: ContainerSpec,
    probes: tuple[Probe, ...],
    generators: tuple[Generator, ...] = (),
) -> Life:
    """As `ran`, named after it; what it starts as need not be ready for the user's probes."""
    return replace(
        ran.life,
        spec=spec,
        name=_named(ran, name),
        probes=probes,
        generators=generators,
        idle=True,
        made_up=True,
        port=ran.port or ran.life.port,
    )


def _named(ran: Ran, name: str) -> str:
    prefix = f"{ran.life.name}." if ran.life.name else ""
    return f"{prefix}{PREFIX}{name}"
