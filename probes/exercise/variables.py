"""`${name}` in the text of probes: what was given, or captured from earlier answers.

Command lines are left alone: a command has the variables in its environment, where a shell expands
them. What a generator made up is no template either: only its headers are looked at, and the paths of
OpenAPI operations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from probes.exercise.model import (
    ExecProbe,
    GrpcHealthProbe,
    HostProbe,
    HttpProbe,
    SingleProbe,
    TcpProbe,
    UntilProbe,
    WebSocketProbe,
)
from probes.exercise.parts import Body, Expect, Until

_REFERENCE = re.compile(r"\$(?:\$\{|\{([A-Za-z_][A-Za-z0-9_.-]*)\})")
"""`$${`, which stands for `${`, or a variable; any other `${` stands for itself."""
_IN_A_PATH = "/:?[]@!$&'()*+,;=%-._~"
"""What a value may bring into a path and query as it is: reserved and unreserved of RFC 3986, and what
is percent-encoded already. `#` would end what is sent."""

Spell = Callable[[str], str]


@dataclass(frozen=True)
class UnknownVariable(Exception):
    """A probe names a variable that was neither given nor captured."""

    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        known = f"known: {', '.join(self.known)}" if self.known else "none is known"
        return f"the variable ${{{self.name}}} was neither given nor captured ({known})"


def literal(text: str) -> str:
    """`text` so that it stands for itself where variables are expanded."""
    return text.replace("${", "$${")


def expand_text(text: str, variables: Mapping[str, str], spell: Spell = str) -> str:
    """`text` with each `${name}` replaced by its value as `spell` writes it there.

    Raises UnknownVariable.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "${"
        if name not in variables:
            raise UnknownVariable(name, tuple(sorted(variables)))
        return spell(variables[name])

    return _REFERENCE.sub(value, text)


def expand(probe: SingleProbe, variables: Mapping[str, str]) -> SingleProbe:
    """`probe` as it is to be sent; its name stays what it was, so that runs and reports compare.

    Raises UnknownVariable.
    """
    expander = _Expander(variables)
    match probe:
        case HttpProbe():
            return expander.http(probe)
        case WebSocketProbe():
            return replace(
                probe,
                title=probe.name,
                path=expander.path(probe.path),
                messages=tuple(expander.text(one) for one in probe.messages),
                headers=expander.pairs(probe.headers),
                expect=expander.expect(probe.expect),
            )
        case TcpProbe():
            return replace(
                probe, title=probe.name, send=expander.data(probe.send), expect=expander.expect(probe.expect)
            )
        case GrpcHealthProbe():
            return replace(probe, title=probe.name, service=expander.text(probe.service))
        case ExecProbe() | HostProbe():
            return replace(probe, title=probe.name, expect=expander.expect(probe.expect))
        case UntilProbe():
            return replace(probe, title=probe.name, until=expander.until(probe.until))
        case _:
            return probe


@dataclass(frozen=True)
class _Expander:
    """Expands the parts of probes, each as its syntax wants it."""

    variables: Mapping[str, str]

    def http(self, probe: HttpProbe) -> HttpProbe:
        headers = self.pairs(probe.headers)
        if probe.found_by:
            # An identifier that an operation's answer gave is part of a later one's path.
            path = self.path(probe.path) if probe.found_by == "openapi" else probe.path
            return replace(probe, title=probe.name, path=path, headers=headers)
        return replace(
            probe,
            title=probe.name,
            path=self.path(probe.path),
            headers=headers,
            body=self.body(probe.body) if probe.body else None,
            auth=(self.text(probe.auth[0]), self.text(probe.auth[1])) if probe.auth else None,
            expect=self.expect(probe.expect),
        )

    def text(self, text: str, spell: Spell = str) -> str:
        return expand_text(text, self.variables, spell)

    def path(self, path: str) -> str:
        return self.text(path, lambda value: quote(value, safe=_IN_A_PATH, errors="surrogateescape"))

    def pairs(self, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, self.text(value)) for name, value in pairs)

    def data(self, data: bytes, spell: Spell = str) -> bytes:
        if b"${" not in data:
            return data
        text = self.text(data.decode("utf-8", "surrogateescape"), spell)
        return text.encode("utf-8", "surrogateescape")

    def body(self, body: Body) -> Body:
        """Files that are uploaded stay as they are."""
        spell = _in_json if "json" in body.media_type.lower() else str
        return replace(body, content=self.data(body.content, spell), fields=self.pairs(body.fields))

    def expect(self, expect: Expect) -> Expect:
        def in_regex(text: str) -> str:
            return self.text(text, re.escape)

        return replace(
            expect,
            headers=tuple((name, in_regex(value)) for name, value in expect.headers),
            body=tuple(in_regex(one) for one in expect.body),
            json=tuple((pointer, self.text(value, _in_json)) for pointer, value in expect.json),
        )

    def until(self, until: Until) -> Until:
        return replace(until, log=self.text(until.log, re.escape), http=self.path(until.http))


def _in_json(value: str) -> str:
    """A value inside a JSON string, or where a number stands: RFC 8259, section 7."""
    return json.dumps(value)[1:-1]
