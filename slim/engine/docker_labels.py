"""What of an engine carries a label: how a run finds all that it made, and removes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docker import APIClient
from docker.errors import NotFound

from slim.engine.api_errors import translated
from slim.engine.docker_container import remove_container

_KINDS = ("container", "volume", "network")


def labelled(client: APIClient, label: str) -> Iterator[tuple[str, str, str]]:
    """Kind, identifier and value: containers first, then what they may hold on to."""
    key = label.partition("=")[0]
    filters: dict[str, Any] = {"label": [label]}
    with translated(f"cannot list what has the label {label}"):
        containers: Any = client.containers(all=True, filters=filters)
        volumes: Any = client.volumes(filters=filters).get("Volumes")
        networks: Any = client.networks(filters=filters)
    found = (
        ("container", "Id", containers),
        ("volume", "Name", volumes),
        ("network", "Id", networks),
    )
    for kind, identifier, things in found:
        for thing in sorted(things or (), key=lambda thing: str(thing[identifier])):
            yield kind, str(thing[identifier]), str((thing.get("Labels") or {}).get(key, ""))


def remove_labelled(client: APIClient, kind: str, identifier: str) -> None:
    """Remove one of what `labelled` yields; it may be gone already."""
    if kind not in _KINDS:
        raise ValueError(kind)
    if kind == "container":
        remove_container(client, identifier)
        return
    with translated(f"{kind} {identifier} cannot be removed"):
        try:
            if kind == "volume":
                client.remove_volume(identifier)
            else:
                client.remove_network(identifier)
        except NotFound:
            return
