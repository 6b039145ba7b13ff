"""What of a life must not run at the same time as another run of slim's."""

from __future__ import annotations

import os

from probes.exercise.model import HostProbe, Probe, Together
from probes.life import Life
from probes.observe import Watch
from slim.engine.ports import parse_port

_OWN_NETWORKS = ("", "default", "bridge", "none")
"""On which no two containers get in each other's way: docker-network(1)."""


def may_overlap(life: Life) -> str:
    """Why two runs of `life` must not go on at the same time; empty: they may."""
    spec = life.spec
    if spec.template is not None or life.service:
        return "services of a Compose file are brought up for one run at a time"
    for probe in life.probes:
        if _on_this_machine(probe):
            return f"{probe.name} runs on this machine, and may use the same files or ports"
    for text in spec.ports:
        if any(port.host for port in parse_port(text)):
            return f"-p {text} is a port of the host, which one container has at a time"
    if spec.network not in _OWN_NETWORKS:
        return f"--network {spec.network} is shared with others, which both would ask"
    for volume in spec.volumes:
        if _is_shared(volume):
            return f"-v {volume} is one and the same for all runs"
    return ""


def must_be_alone(life: Life, *, stack: bool = False, watch: Watch = "auto") -> str:
    """Why a run of `life`, in a `stack` of services or not, must not go on while slim itself works;
    empty: it may."""
    if stack:
        return "services of a Compose file are brought up for one run at a time"
    if watch == "fanotify":
        return "fanotify is told of everything on the machine, and must keep up"
    for probe in life.probes:
        if _on_this_machine(probe):
            return f"{probe.name} runs on this machine, and an interrupt reaches the main thread alone"
    if len(os.sched_getaffinity(0)) < 2:
        return "there is one processor"
    return ""


def _on_this_machine(probe: Probe) -> bool:
    if isinstance(probe, Together):
        return any(isinstance(one, HostProbe) for one in probe.probes)
    return isinstance(probe, HostProbe)


def _is_shared(volume: str) -> bool:
    """Not an anonymous volume, of which each container has its own, and nothing that is only read."""
    source, colon, rest = volume.partition(":")
    return bool(source and colon) and "ro" not in rest.partition(":")[2].split(",")
