"""The secrets that a user gave: in environments, variables, logins and header fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from string import Template

from probes.exercise.model import HttpProbe, Probe, SingleProbe, Together, WebSocketProbe
from probes.life import Life
from slim.engine.compose import Stack
from slim.report.masking import Secrets, tells_of_a_secret

_SECRET_FILE = 1 << 16
"""Bytes of a secret's file that are looked for in outputs."""


def secrets_of(
    lives: Iterable[Life], environment: Mapping[str, str], headers: Iterable[tuple[str, str]] = ()
) -> Secrets:
    """What is to be masked from the start; `environment` is slim's own, which host probes see, and
    `headers` those of every request."""
    secrets = Secrets(_credentials(headers))
    secrets.learn_named(environment.items())
    for life in lives:
        secrets.learn_named(life.spec.environment)
        secrets.learn_named(life.variables)
        known = dict(life.variables)
        for probe in _singles(life.probes):
            if isinstance(probe, HttpProbe) and probe.auth:
                user, password = (Template(text).safe_substitute(known) for text in probe.auth)
                secrets.learn_login(user, password)
            if isinstance(probe, HttpProbe | WebSocketProbe):
                secrets.learn(_credentials(probe.headers))
    return secrets


def learn_stack(secrets: Secrets, stack: Stack) -> None:
    """What a Compose file gives its services: in their environments, and as secrets."""
    for service in stack.project.services:
        secrets.learn_named(service.environment)
    for path in stack.project.secrets:
        with suppress(OSError), path.open("rb") as file:  # Compose tells of a file that is not there
            secrets.learn([file.read(_SECRET_FILE).decode("utf-8", "replace")])


def learn_captured(secrets: Secrets, probes: Iterable[Probe], variables: Iterable[tuple[str, str]]) -> None:
    """What probes captured under a telling name, or from a place with one."""
    telling = {
        capture.variable
        for probe in _singles(probes)
        for capture in getattr(probe, "captures", ())
        if capture.source == "cookie" or tells_of_a_secret(capture.expression.rpartition("/")[2])
    }
    secrets.learn(value for name, value in variables if name in telling or tells_of_a_secret(name))


def _singles(probes: Iterable[Probe]) -> Iterator[SingleProbe]:
    for probe in probes:
        if isinstance(probe, Together):
            yield from probe.probes
        else:
            yield probe


def _credentials(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The value of a telling field, and of `Bearer x` the x too; a reference is none."""
    for name, value in headers:
        if tells_of_a_secret(name) and "${" not in value:
            yield from (value, value.rpartition(" ")[2])
