"""The first probe file of an image, from what was found out about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from probes.exercise.variables import literal

_PLAIN = re.compile(r"[A-Za-z0-9/_.-][A-Za-z0-9/_.=?&%+~,;-]*")
"""Text that YAML needs no quotes for, wherever it stands; words with a meaning begin with a letter alone."""
_CLIENTS = {
    3306: "mysqladmin ping",
    5432: "pg_isready",
    5672: "rabbitmqctl status",
    6379: "redis-cli ping",
    11211: "printf 'stats\\r\\nquit\\r\\n' | nc 127.0.0.1 11211",
    27017: "mongosh --eval 'db.runCommand({ping: 1})'",
}
"""Port → a command that many images have for what usually listens there."""


@dataclass(frozen=True)
class Page:
    """A path and what it was answered with."""

    path: str
    status: int
    """0: it was not answered."""


@dataclass(frozen=True)
class Findings:
    """What a start of the image told."""

    image: str
    command: tuple[str, ...]
    exposed: tuple[int, ...] = ()
    health: str = ""
    """The HEALTHCHECK's command; empty: none."""
    exit_code: int | None = None
    """Of a program that ended by itself."""
    help_command: tuple[str, ...] = ()
    """What follows `docker run IMAGE` for the program's help; empty: not known."""
    help_exit_code: int = 0
    http_port: int = 0
    """0: nothing answered HTTP."""
    tls: bool = False
    pages: tuple[Page, ...] = ()
    """Of that port: the home page and what it links to."""
    documents: tuple[str, ...] = ()
    """Paths of OpenAPI documents."""
    other_http: tuple[int, ...] = ()
    other_ports: tuple[int, ...] = ()
    """Ports that listen and do not speak HTTP."""


def starting_text(found: Findings) -> str:
    """The file, YAML."""
    lines = [*_head(found)]
    if found.exit_code is not None:
        lines += _one_shot(found)
    elif found.http_port or found.other_http or found.other_ports:
        lines += _server(found)
    else:
        lines += _worker()
    return "\n".join(lines) + "\n"


def _head(found: Findings) -> Iterator[str]:
    yield f"# Probes for {_comment(found.image)}, begun by `slim probes init`; docs/probes.md tells more."
    yield "#   slim probes check FILE                what this file would do"
    yield f"#   slim run {_comment(found.image)} --probes FILE"
    yield "# For completion in an editor: slim probes schema > probes.schema.json"
    yield "# yaml-language-server: $schema=probes.schema.json"
    yield f"# The image's command: {_comment(' '.join(found.command)) or 'none'}"
    if found.exposed:
        yield f"# EXPOSEd ports: {', '.join(map(str, found.exposed))}"
    if found.health:
        yield f"# Its HEALTHCHECK is run as a probe anyway: {_comment(found.health)}"
    yield ""


def _one_shot(found: Findings) -> Iterator[str]:
    yield f"# The program ended by itself with exit code {found.exit_code}; that and its output are compared."
    if found.exit_code:
        yield f"exit_code: {found.exit_code}"
    yield ""
    yield "# Each further way to call it is a run: `command` is what follows `docker run IMAGE`."
    yield "runs:"
    yield "  - name: help"
    if found.help_command:
        yield f"    command: {_words(found.help_command)}"
        yield f"    exit_code: {found.help_exit_code}"
    else:
        yield "    command: [--help]   # nobody knows whether it has that: write what you use"
    yield "  # - name: convert"
    yield "  #   command: --convert /data/in.txt   # mount the folder with -v ./data:/data"
    yield "  #   env: {LANGUAGE: en, TOKEN: '${env:TOKEN}'}"
    yield "  #   exit_code: 0"


def _server(found: Findings) -> Iterator[str]:
    if found.http_port:
        yield f"port: {found.http_port}   # for HTTP; a step can name another one"
    yield "# ready: {log: 'started'}   # what to wait for first, where what slim finds out is not enough"
    yield "# variables: {user: admin, password: '${env:ADMIN_PASSWORD}'}"
    yield ""
    yield "steps:"
    for page in found.pages:
        yield from _page(page, tls=found.tls)
    for path in found.documents:
        yield (
            "  # An OpenAPI document: `slim run … --openapi " + f"{_comment(path)}` calls what it describes."
        )
        yield f"  - http: {quoted(literal(path))}"
    for port in found.other_http:
        yield f"  - http: {{path: /, port: {port}}}"
    for port in found.other_ports:
        yield f"  - tcp: {port}   # it listens, and speaks no HTTP"
        if client := _CLIENTS.get(port):
            yield f"  # - exec: {quoted(client)}"
    yield from _LESSON


def _page(page: Page, *, tls: bool) -> Iterator[str]:
    """A link that leads nowhere is told in a comment; the home page is a step whatever it answers."""
    if page.status == 0 or (page.status >= 400 and page.path != "/"):
        told = f"answered {page.status}" if page.status else "was not answered"
        yield f"  # {told}: {_comment(page.path)}"
        return
    path = quoted(literal(page.path))
    yield f"  - http: {{path: {json.dumps(literal(page.path))}, tls: true}}" if tls else f"  - http: {path}"
    yield f"    expect: {{status: {page.status}}}"


_LESSON = (
    "  # What to add: log in, then do what your users do.",
    "  # - name: log in",
    "  #   http: {path: /login, form: {user: '${user}', password: '${password}'}}",
    "  #   capture: {token: {json: /token}}",
    "  # - http: {path: /orders, json: {item: 1}, bearer: '${token}'}",
    "  #   expect: {status: 201, body: 'accepted'}",
    "  # - exec: ls /data          # in the container, traced",
    "  # - host: pytest e2e/       # on this machine, with SLIM_URL set",
    "",
    "# Further ways to run the image, each in a container of its own:",
    "# runs:",
    "#   - {name: migrate, command: manage.py migrate}",
    "#   - {name: worker, command: worker --queue mail, idle: true}",
)


def _worker() -> Iterator[str]:
    yield "# It neither listened nor ended: starting up is what is compared."
    yield "idle: true"
    yield ""
    yield "# Say what it does, and more of it is seen:"
    yield "# ready: {log: 'waiting for jobs'}"
    yield "# steps:"
    yield "#   - exec: enqueue a-job"
    yield "#   - until: {log: 'job done'}"


def quoted(text: str) -> str:
    """`text` as a YAML scalar; JSON's strings are YAML's double-quoted ones."""
    return text if _PLAIN.fullmatch(text) and "/" in text else json.dumps(text)


def _words(argv: Sequence[str]) -> str:
    return json.dumps(list(argv))


def _comment(text: str) -> str:
    """Text of an image that must stay in its comment."""
    return "".join(one if one.isprintable() else " " for one in text)[:200]
