"""Calls every operation of OpenAPI documents while a container runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import httpx

from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.generate import Generated, Generator, Operation
from probes.exercise.model import HttpProbe
from probes.exercise.parts import Body
from probes.exercise.perform import perform
from probes.exercise.variables import literal
from probes.openapi.credentials import credentials
from probes.openapi.links import fulfilled, variable, wishes, with_variables
from probes.openapi.operations import Declared, declared_operations, in_order
from probes.openapi.requests import Made, Request, make_requests
from probes.openapi.settings import OpenApi
from probes.openapi.sources import Loaded, is_in_container, load_inside, load_outside, no_document
from probes.openapi.tell import Tally, notes_of

FOUND_BY = "openapi"
_INSISTENCE = 3
"""Further requests for an operation that refused its own."""


def openapi_generator(settings: OpenApi) -> Generator:
    """What calls the documents of `settings`. Those that are not the container's own are read now;
    UsageError for one that cannot be used."""
    outside = [
        load_outside(name, settings.bounds) for name in settings.documents if not is_in_container(name)
    ]
    return OpenApiCalls(settings, tuple(outside))


@dataclass(frozen=True)
class OpenApiCalls:
    """A Generator: valid requests for the operations of documents."""

    settings: OpenApi
    outside: tuple[Loaded, ...]

    def __call__(self, conversation: Conversation, so_far: tuple[Exchange, ...]) -> Generated:
        """UsageError where the container does not answer with a document, or with one that is none."""
        calls = _Calls(self.settings, conversation, *_site(so_far))
        known = {one.name: one for one in self.outside}
        for name in self.settings.documents:
            bounds = self.settings.bounds
            loaded = known.get(name) or load_inside(name, calls.fetch, bounds)
            calls.call_all(loaded)
        return Generated(
            probes=tuple(calls.probes),
            exchanges=tuple(calls.exchanges),
            notes=tuple(calls.notes),
            operations=tuple(calls.operations),
        )


def _site(so_far: Sequence[Exchange]) -> tuple[int, bool]:
    """The port that HTTP probes were answered from, and whether by TLS; 0 where there were none."""
    for one in so_far:
        if one.kind == "http" and one.status is not None:
            return one.port, one.site.startswith("https:")
    return 0, False


@dataclass
class _Calls:
    """What was called so far."""

    settings: OpenApi
    conversation: Conversation
    port: int
    tls: bool
    probes: list[HttpProbe] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    operations: dict[Operation, None] = field(default_factory=dict)

    def fetch(self, path: str) -> bytes:
        """A document of the container's own, which is a probe like any other."""
        sent = self.settings.headers
        headers = tuple(dict([("Accept", "application/json, application/yaml, */*"), *sent]).items())
        probe = HttpProbe("GET", path, self.port, headers=headers, tls=self.tls, found_by=FOUND_BY)
        exchange = self.perform(probe)
        if exchange.status is None or not 200 <= exchange.status < 300:
            answer = f"the container answered {exchange.status}" if exchange.status else exchange.detail
            raise no_document(path, answer)
        if exchange.body_size <= len(exchange.body):
            return exchange.body
        return self._whole(probe, exchange)

    def _whole(self, probe: HttpProbe, exchange: Exchange) -> bytes:
        """A document of which an exchange holds only the beginning, fetched once more."""
        limit = self.settings.bounds.document_bytes
        if exchange.body_size > limit:
            return bytes(limit + 1)  # which is refused for its size
        target = self.conversation.reached(probe.port)[0]
        scheme = "https" if exchange.site.startswith("https:") else "http"
        try:
            answer = httpx.get(
                f"{scheme}://{target.address}{exchange.url}",
                headers={"accept-encoding": "identity", **dict(probe.headers)},
                timeout=self.conversation.session.options.probe_timeout,
                trust_env=False,
                verify=False,  # noqa: S501 - the container's own certificate, as for every probe
            )
        except httpx.HTTPError as error:
            raise no_document(probe.path, str(error)) from error
        return answer.content[: limit + 1]

    def perform(self, probe: HttpProbe) -> Exchange:
        exchange = replace(perform(probe, self.conversation)[0], found_by=FOUND_BY)
        self.probes.append(probe)
        self.exchanges.append(exchange.shortened())
        return exchange

    def call_all(self, loaded: Loaded) -> None:
        """Every operation of one document that may be called; what became of them is in the notes."""
        declared = [
            one
            for one in declared_operations(loaded.document, loaded.url)
            if one.operation not in self.operations
        ]
        self.operations.update(dict.fromkeys(one.operation for one in declared))
        methods, most = self.settings.methods, self.settings.bounds.operations
        wanted = in_order(tuple(one for one in declared if one.operation.method in methods))
        tally = Tally(loaded.name, declared, wanted[most:], self.settings)
        wanted = wanted[:most]
        self.conversation.session.say(f"making up requests for {len(wanted)} operations of {loaded.name}")
        made = make_requests(loaded.document, wanted, self.settings.examples, self.settings.bounds)
        document = _Document(self, loaded, wanted, tally)
        until = time.monotonic() + self.settings.bounds.call_seconds
        for one, requests in zip(wanted, made, strict=True):
            if tally.died or time.monotonic() > until:
                tally.left.append(one.operation)
            else:
                document.call(one, requests)
        if not tally.died and time.monotonic() < until:
            document.insist(made, until)
        self.notes += [*loaded.notes, *notes_of(tally)]


@dataclass
class _Document:
    """The calls of one document."""

    calls: _Calls
    loaded: Loaded
    operations: Sequence[Declared]
    tally: Tally
    captured: set[str] = field(default_factory=set)
    """Variables that earlier answers gave."""

    def call(self, one: Declared, made: Made) -> None:
        """All requests that were made up for one operation."""
        if made.trouble:
            self.tally.troubles.append(f"{one.operation.name}: {made.trouble}")
        for number, request in enumerate(made.requests):
            if self._send(one, request, f" #{number + 1}" if number else "").result is Result.DIED:
                return

    def insist(self, made: Sequence[Made], until: float) -> None:
        """Other requests for operations that refused all of theirs as invalid: an application may want
        more than its document says. What then gave an identifier has those called again that had none."""
        answers: dict[Operation, list[Exchange]] = {}
        for operation, exchange in self.tally.answers:
            answers.setdefault(operation, []).append(exchange)
        refused = [
            one
            for one in self.operations
            if (got := answers.get(one.operation)) and all(it.status in (400, 422) for it in got)
        ]
        before = set(self.captured)
        settings = self.calls.settings
        more = make_requests(self.loaded.document, refused, settings.examples + _INSISTENCE, settings.bounds)
        for one, found in zip(refused, more, strict=True):
            for number, request in enumerate(found.requests[settings.examples :], settings.examples + 1):
                exchange = self._send(one, request, f" #{number}")
                if exchange.result is Result.DIED or time.monotonic() > until:
                    return
                if exchange.status not in (400, 422):
                    break
        for one, found in zip(self.operations, made, strict=True):
            if found.requests and any(
                f"${{{name}}}" in self._path(one, found.requests[0]) for name in self.captured - before
            ):
                self._send(one, found.requests[0], " again")

    def _send(self, one: Declared, request: Request, suffix: str) -> Exchange:
        exchange = self.calls.perform(self._probe(one, request, one.operation.name + suffix))
        self._capture(one, exchange)
        self.tally.add(one.operation, exchange.shortened())
        return exchange

    def _path(self, one: Declared, request: Request) -> str:
        """The path of `request`, with identifiers that answers gave."""
        return with_variables(literal(request.path), one.operation.path, frozenset(self.captured))

    def _probe(self, one: Declared, request: Request, title: str) -> HttpProbe:
        settings, conversation = self.calls.settings, self.calls.conversation
        everywhere = conversation.session.options.headers
        given = frozenset(name.lower() for name, _ in (*settings.headers, *everywhere))
        proof = credentials(self.loaded.document, one, conversation.variables, given)
        self.tally.unproven.update(Counter(proof.missing))
        headers = {
            name.lower(): (name, literal(value))
            for name, value in request.headers
            if name.lower() != "content-type"
        }
        headers |= {name.lower(): (name, value) for name, value in (*proof.headers, *settings.headers)}
        path = self._path(one, request)
        for name, value in proof.query:
            path += ("&" if "?" in path else "?") + str(httpx.QueryParams({name: ""})) + value
        media_type = headers.pop("content-type", ("", request.media_type))[1]
        body = Body(content=request.content, media_type=media_type) if request.content else None
        return HttpProbe(
            one.operation.method,
            path,
            self.calls.port,
            headers=tuple(headers.values()),
            body=body,
            tls=self.calls.tls,
            title=title,
            found_by=FOUND_BY,
        )

    def _capture(self, one: Declared, exchange: Exchange) -> None:
        """Keep identifiers of the answer for later operations, and have the replay take its own."""
        captures = []
        for wish in wishes(self.loaded.document, one, self.operations):
            name = variable(wish.path)
            if name not in self.captured and (found := fulfilled(wish, exchange)):
                captures.append(found[0])
                self.calls.conversation.variables[name] = found[1]
                self.captured.add(name)
        if captures:
            self.calls.probes[-1] = replace(self.calls.probes[-1], captures=tuple(captures))
