"""A probe file's steps as probes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from probes.exercise.model import (
    ExecProbe,
    GrpcHealthProbe,
    HostProbe,
    HttpProbe,
    Probe,
    SingleProbe,
    TcpProbe,
    Together,
    UntilProbe,
    WebSocketProbe,
)
from probes.exercise.parts import ANSWERED, Capture, Expect, Until
from probes.exercise.variables import UnknownVariable, expand
from probes.files.attached import Attached
from probes.files.checks import Checks
from probes.files.format import KINDS, Condition, Expected, GrpcHealth, Step, Taken, Tcp, WebSocket
from probes.files.http_step import http_probe
from probes.files.problems import Key, near

MAX_PROBES = 10_000
"""In one file, repetitions counted."""

_EXPECTED_OF = {
    "http": ("status", "headers", "body", "json"),
    "exec": ("body", "json", "exit_code"),
    "host": ("body", "json", "exit_code"),
    "tcp": ("body", "json"),
    "websocket": ("body", "json"),
}
"""Kind → what can be expected of it."""
_CAPTURED_OF = {
    "http": ("header", "cookie", "json", "regex", "html"),
    **dict.fromkeys(("exec", "host", "tcp", "websocket"), ("json", "regex")),
}
"""Kind → from where in its answer values can be taken."""
_TOGETHER = ("http", "exec", "host", "tcp", "websocket", "grpc_health")
"""The kinds that go together in `parallel`."""
_Together = HttpProbe | TcpProbe | WebSocketProbe | GrpcHealthProbe | ExecProbe | HostProbe


class StepReader:
    """Turns steps into probes and tells `checks` what is wrong with them."""

    def __init__(self, checks: Checks, attached: Attached) -> None:
        self._checks = checks
        self._problems = checks.problems
        self._attached = attached
        self._left = MAX_PROBES

    def probes(self, steps: tuple[Step, ...], key: Key, known: Iterable[str]) -> tuple[Probe, ...]:
        """The probes of the list at `key`, in order. `known`: the variables that were given."""
        found: list[Probe] = []
        known = set(known)
        for number, step in enumerate(steps):
            if step is None:
                continue  # it could not be read, which was told
            probe = self._probe(step, (*key, number), known)
            known |= _captured(step)
            if probe is None:
                continue
            self._left -= step.repeat
            if self._left < 0:
                cause = f"there are more than {MAX_PROBES:,} probes"
                self._problems.add((*key, number), cause, "repeat less, or use several files")
                return tuple(found)
            found += [probe] * step.repeat
        return tuple(found)

    def until(self, condition: Condition, key: Key) -> Until:
        """What `ready:` or `until:` waits for."""
        given = [name for name in condition.__struct_fields__ if getattr(condition, name) is not UNSET]
        if len(given) != 1:
            cause = f"{' and '.join(given)} are all given" if given else "nothing is waited for"
            remedy = f"give exactly one of {', '.join(condition.__struct_fields__)}"
            self._problems.add(key, cause, remedy)
            return Until(seconds=1)
        name, at = given[0], (*key, given[0])
        value = getattr(condition, name)
        if name == "log":
            self._checks.regex(value, at)
        elif name == "http":
            self._checks.path(value, at)
        elif name == "command":
            self._checks.command(value, at)
        if value == "":
            self._problems.add(at, "it is empty", "write what is waited for")
        found: dict[str, Any] = {name: float(value) if name == "seconds" else value}
        return Until(**found)

    def _probe(self, step: Step, key: Key, known: set[str]) -> Probe | None:
        given = [kind for kind in KINDS if getattr(step, kind) is not UNSET]
        if len(given) != 1:
            cause = f"{' and '.join(given)} are in one step" if given else "the step does nothing"
            remedy = "make them steps of their own" if given else f"give it one of {', '.join(KINDS)}"
            self._problems.add(key, cause, remedy)
            return None
        kind = given[0]
        self._refuse_useless(step, kind, key)
        probe = self._of_kind(step, kind, (*key, kind), known)
        if probe is None:
            return None
        if not step.name.isprintable():
            self._problems.add((*key, "name"), "the name has more than one line", "write it in one line")
        more: dict[str, Any] = {"title": step.name or _short_title(probe)}
        if step.timeout is not UNSET and kind != "parallel":
            if getattr(probe, "timeout", 0.0):
                self._problems.add((*key, "timeout"), "the step has two timeouts", "keep one of them")
            more["timeout"] = float(step.timeout)
        if step.expect is not UNSET and kind in _EXPECTED_OF:
            more["expect"] = self._expect(step.expect, kind, (*key, "expect"))
        if step.capture and kind in _CAPTURED_OF:
            more["captures"] = self._captures(step.capture, kind, (*key, "capture"))
        probe = _with(probe, more)
        if not isinstance(probe, Together):
            self._refuse_unknown(probe, key, known)
        return probe

    def _refuse_unknown(self, probe: SingleProbe, key: Key, known: set[str]) -> None:
        """Variables that neither the file nor an earlier step gives a value."""
        values = dict.fromkeys(known, "0")
        while True:
            try:
                expand(probe, values)
            except UnknownVariable as error:
                cause = f"${{{error.name}}} is neither in `variables:` nor captured before"
                remedy = near(error.name, known) if known else "add it, or write $${ for the text ${"
                self._problems.add(key, cause, remedy)
                values[error.name] = "0"
            else:
                return

    def _refuse_useless(self, step: Step, kind: str, key: Key) -> None:
        """Keys that say nothing about a step of this kind."""
        if step.expect is not UNSET and kind not in _EXPECTED_OF:
            remedy = "write it in the steps inside" if kind == "parallel" else "leave it out"
            self._problems.add((*key, "expect"), f"nothing can be expected of {kind}", remedy)
        if step.capture and kind not in _CAPTURED_OF:
            inside = kind == "parallel"
            remedy = "write it in the steps inside" if inside else f"capture in {_any_of(_CAPTURED_OF)}"
            self._problems.add((*key, "capture"), f"nothing can be captured of {kind}", remedy)
        if step.timeout is not UNSET and kind == "parallel":
            cause = "parallel has no timeout of its own"
            self._problems.add((*key, "timeout"), cause, "write it in the steps inside")

    def _of_kind(self, step: Step, kind: str, key: Key, known: set[str]) -> Any:
        """The probe of the step's one kind, without what all kinds share."""
        given: Any = getattr(step, kind)
        match kind:
            case "http":
                return http_probe(given, key, self._checks, self._attached)
            case "exec" | "host":
                self._checks.command(given, key)
                return ExecProbe(given.strip()) if kind == "exec" else HostProbe(given.strip())
            case "tcp":
                tcp = given if isinstance(given, Tcp) else Tcp(given)
                return TcpProbe(tcp.port, str(tcp.send).encode("utf-8", "surrogateescape"))
            case "websocket":
                return self._websocket(given, key)
            case "grpc_health":
                return _grpc_health(given)
            case "until":
                return UntilProbe(self.until(given, key))
            case _:
                return self._together(given, key, known)

    def _websocket(self, given: str | WebSocket, key: Key) -> WebSocketProbe:
        if isinstance(given, str):
            self._checks.path(given, key)
            return WebSocketProbe(given)
        self._checks.path(given.path, (*key, "path"))
        headers = {name: str(value) for name, value in given.headers.items()}
        self._checks.headers(headers, (*key, "headers"))
        return WebSocketProbe(
            given.path,
            (given.send,) if isinstance(given.send, str) else given.send,
            port=0 if given.port is UNSET else given.port,
            headers=tuple(headers.items()),
            tls=given.tls,
        )

    def _together(self, steps: tuple[Step, ...], key: Key, known: set[str]) -> Together | None:
        for number, step in enumerate(steps):
            if step is None:
                continue
            wrong = [kind for kind in ("until", "parallel") if getattr(step, kind) is not UNSET]
            if wrong:
                cause = f"{wrong[0]} cannot be a part of parallel"
                self._problems.add((*key, number, wrong[0]), cause, f"use {', '.join(_TOGETHER)}")
        probes = self.probes(steps, key, known)
        if not steps:
            self._problems.add(key, "parallel is empty", "write the steps that are sent at the same time")
        together = tuple(probe for probe in probes if isinstance(probe, _Together))
        return Together(together) if together else None

    def _expect(self, expected: Expected, kind: str, key: Key) -> Expect:
        unset = {"exit_code": UNSET, "status": (), "body": (), "headers": {}, "json": {}}
        for name, nothing in unset.items():
            if getattr(expected, name) != nothing and name not in _EXPECTED_OF[kind]:
                remedy = f"of {kind} one expects {_any_of(_EXPECTED_OF[kind])}"
                self._problems.add((*key, name), f"{kind} has no {name}", remedy)
        status = (expected.status,) if isinstance(expected.status, int) else expected.status
        for number, one in enumerate(status):
            if one is not None and not 100 <= one <= 599:
                at = (*key, "status") if isinstance(expected.status, int) else (*key, "status", number)
                self._problems.add(at, f"{one} is no status", "write a number from 100 to 599, or several")
        for name, pattern in expected.headers.items():
            self._checks.header_name(name, (*key, "headers", name))
            self._checks.regex(pattern, (*key, "headers", name))
        body = (expected.body,) if isinstance(expected.body, str) else expected.body
        for number, pattern in enumerate(body):
            at = (*key, "body") if isinstance(expected.body, str) else (*key, "body", number)
            self._checks.regex(pattern or "", at)
        for pointer in expected.json:
            self._checks.pointer(pointer, (*key, "json", pointer))
        if not (status or body or expected.headers or expected.json) and expected.exit_code is UNSET:
            return ANSWERED
        return Expect(
            status=status,
            headers=tuple(expected.headers.items()),
            body=body,
            json=tuple((at, json.dumps(value, sort_keys=True)) for at, value in expected.json.items()),
            exit_code=None if expected.exit_code is UNSET else expected.exit_code,
        )

    def _captures(self, capture: dict[str, Taken], kind: str, key: Key) -> tuple[Capture, ...]:
        found = []
        for variable, taken in capture.items():
            at = (*key, variable)
            self._checks.variable(variable, at)
            given = [name for name in taken.__struct_fields__ if getattr(taken, name) is not UNSET]
            if len(given) != 1:
                remedy = f"give exactly one of {', '.join(taken.__struct_fields__)}"
                self._problems.add(at, f"{len(given)} places are named for its value", remedy)
                continue
            source: Any = given[0]
            expression = getattr(taken, source)
            if source not in _CAPTURED_OF[kind]:
                remedy = f"of {kind} one captures by {_any_of(_CAPTURED_OF[kind])}"
                self._problems.add((*at, source), f"{kind} has no {source}", remedy)
            if source == "regex":
                self._checks.regex(expression, (*at, source))
            elif source == "json":
                self._checks.pointer(expression, (*at, source))
            elif source == "header":
                self._checks.header_name(expression, (*at, source))
            if not expression and source != "json":
                self._problems.add((*at, source), "it is empty", "write what is looked for")
            found.append(Capture(variable, source, expression))
        return tuple(found)


def _grpc_health(given: str | GrpcHealth) -> GrpcHealthProbe:
    if isinstance(given, str):
        return GrpcHealthProbe(given)
    return GrpcHealthProbe(given.service, 0 if given.port is UNSET else given.port, given.tls)


def _short_title(probe: Probe) -> str:
    """What a command of several lines is called: its first one. Empty for anything else."""
    if not isinstance(probe, ExecProbe | HostProbe) or "\n" not in probe.command:
        return ""
    kind = "exec" if isinstance(probe, ExecProbe) else "host"
    return f"{kind} {probe.command.splitlines()[0]} …"


def _any_of(names: Iterable[str]) -> str:
    return " or ".join(names)


def _with(probe: Probe, more: dict[str, Any]) -> Probe:
    changed: Probe = replace(probe, **more)
    return changed


def _captured(step: Step) -> set[str]:
    """The variables that the step, or a step inside it, gives a value; no parallel is in another one."""
    inside = step.parallel if isinstance(step.parallel, tuple) else ()
    return {name for one in (step, *inside) if one is not None for name in one.capture}
