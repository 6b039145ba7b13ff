"""Start an image, untraced, and look at what can be exercised: `slim probes init`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from probes.exercise.conversation import Conversation
from probes.exercise.decide import decide
from probes.exercise.exchange import Exchange
from probes.exercise.listeners import listeners
from probes.exercise.model import ExitProbe, HttpProbe, StartProbe
from probes.exercise.perform import perform
from probes.exercise.session import Options, Session
from probes.files.links import links_of
from probes.files.starting import Findings, Page, starting_text
from probes.health import health_probe
from slim.commands.observing import argv
from slim.engine.interface import ContainerSpec, Engine
from slim.engine.read import read_image
from slim.engine.runs import Run
from slim.errors import SlimError
from slim.oci.image import Image
from slim.progress import Say

MAX_LINKS = 20
MAX_PORTS = 8
_HELP_SECONDS = 20.0
DOCUMENTS = ("/openapi.json", "/v3/api-docs", "/swagger.json", "/openapi.yaml")
"""Where frameworks put their OpenAPI document: FastAPI, springdoc, older generators, hand-written ones."""
_YAML_DOCUMENT = re.compile(r"^(openapi|swagger)\s*:", re.MULTILINE)
_HTML = re.compile(r"text/html|application/xhtml", re.IGNORECASE)


def findings_of(
    engine: Engine,
    owner: Run,
    spec: ContainerSpec,
    options: Options,
    environment: Mapping[str, str],
    say: Say,
) -> str:
    """The first probe file of `spec.image`. Whatever happens, its containers are gone afterwards.

    Raises ExerciseError where a server ends instead of serving."""
    say(f"reading {spec.image}")
    image = read_image(engine, spec.image, owner.folder)
    health = health_probe(image.config, spec)
    found = Findings(
        image=spec.image,
        command=argv(spec, image),
        exposed=image.config.exposed_tcp_ports,
        health=" ".join(health.argv) if health else "",
    )
    wanted = () if engine.info.local or spec.network in ("host", "none") else image.config.exposed_tcp_ports
    spec = replace(spec, image=image.id, healthcheck=False, publish=wanted)
    container = engine.create_container(spec, labels=owner.labels)
    try:
        say("starting the container")
        container.start()
        session = Session(
            engine,
            container,
            exposed=image.config.exposed_tcp_ports,
            options=options,
            network=spec.network,
            environment=environment,
            say=say,
        )
        found = look(found, session)
    finally:
        container.remove()
    if found.exit_code is not None:
        say("asking it for --help")
        found = _with_help(found, engine, owner, spec, image)
    return starting_text(found)


def look(found: Findings, session: Session) -> Findings:
    """`found` with what the running container shows."""
    run = Conversation(session)
    probes, exchanges = decide(run, otherwise=(StartProbe(),), idle=True)
    if any(isinstance(probe, ExitProbe) for probe in probes):
        return replace(found, exit_code=exchanges[0].exit_code or 0)
    listening = {one.port for one in listeners(session) if not one.loopback}
    if run.http_port:
        found = replace(found, http_port=run.http_port, tls=run.schemes.get(run.http_port) == "https")
        found = _pages(found, exchanges[0], run)
    others = sorted(listening - {found.http_port})[:MAX_PORTS]
    speaks = tuple(port for port in others if _ask("/", run, port).status is not None)
    return replace(found, other_http=speaks, other_ports=tuple(one for one in others if one not in speaks))


def _pages(found: Findings, home: Exchange, run: Conversation) -> Findings:
    pages = [Page("/", home.status or 0)]
    if any(name.lower() == "content-type" and _HTML.search(value) for name, value in home.headers):
        for path in links_of(home.body.decode("utf-8", "replace"), home.url or "/", limit=MAX_LINKS):
            pages.append(Page(path, _ask(path, run).status or 0))
    documents = tuple(path for path in DOCUMENTS if _is_document(_ask(path, run)))
    shown = tuple(page for page in pages if page.path not in documents)
    return replace(found, pages=shown, documents=documents)


def _ask(path: str, run: Conversation, port: int = 0) -> Exchange:
    (exchange,) = perform(HttpProbe("GET", path.replace("${", "$${"), port=port), run)
    return exchange


def _is_document(exchange: Exchange) -> bool:
    if exchange.status != 200:
        return False
    text = exchange.body.decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except ValueError:
        return bool(_YAML_DOCUMENT.search(text))
    return isinstance(document, dict) and bool({"openapi", "swagger"} & document.keys())


def _with_help(found: Findings, engine: Engine, owner: Run, spec: ContainerSpec, image: Image) -> Findings:
    """`found` with a command that prints the program's help, where it has one that ends."""
    entrypoint = image.config.entrypoint if spec.entrypoint is None else spec.entrypoint
    command = ("--help",) if entrypoint else (*found.command[:1], "--help")
    if not found.command:
        return found
    try:
        container = engine.create_container(replace(spec, command=command), labels=owner.labels)
    except SlimError:
        return found
    try:
        container.start()
        code = container.wait(_HELP_SECONDS)
    except SlimError:
        return found
    finally:
        container.remove()
    return found if code is None else replace(found, help_command=command, help_exit_code=code)
