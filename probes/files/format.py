"""The format of a probe file, as types: what may be written where.

`slim/report/schemas/probes.schema.json` is made from these types, so that editors complete and explain;
`reading` checks a file against them, `steps` and `load` give them their meaning.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Words = str | int | float | bool
"""Text that need not be quoted: 1.10 is `1.10` and no is `no`, as written."""
Texts = str | tuple[str, ...]
Port = Annotated[int, Meta(ge=1, le=65535)]
PortKey = Annotated[Port | UnsetType, Meta(description="The container's TCP port. Default: found.")]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Code = Annotated[int, Meta(ge=0, le=255)]
Headers = Annotated[dict[str, Words], Meta(description="Header fields by name.")]


class Auth(Struct, forbid_unknown_fields=True, frozen=True):
    """User and password of basic authentication (RFC 7617)."""

    user: Annotated[Words, Meta(description="The user's name.")]
    password: Annotated[Words, Meta(description="Better as ${env:NAME} than here.")] = ""


class Part(Struct, forbid_unknown_fields=True, frozen=True):
    """One part of a multipart/form-data body: a field with content, or a file."""

    field: Annotated[str, Meta(description="The form field's name.")]
    file: Annotated[
        str | UnsetType, Meta(description="A file to upload; relative to the probe file's folder.")
    ] = UNSET
    content: Annotated[Words | UnsetType, Meta(description="The content, instead of a file.")] = UNSET
    filename: Annotated[
        str | UnsetType, Meta(description="What the upload is called. Default: file's name.")
    ] = UNSET
    type: Annotated[str | UnsetType, Meta(description="Media type, such as image/png.")] = UNSET


class Http(Struct, forbid_unknown_fields=True, frozen=True):
    """An HTTP request. `${variable}` in path, headers and body stands for its value."""

    path: Annotated[str, Meta(description="Path and query, beginning with /.")]
    method: Annotated[str, Meta(description="Default: GET, or POST where there is a body.")] = ""
    port: PortKey = UNSET
    headers: Headers = {}
    body: Annotated[Words | UnsetType, Meta(description="The body as it is sent.")] = UNSET
    body_file: Annotated[
        str | UnsetType, Meta(description="A file that is the body; relative to the probe file's folder.")
    ] = UNSET
    json: Annotated[Any, Meta(description="A value that is sent as JSON.")] = UNSET
    form: Annotated[
        dict[str, Words] | UnsetType, Meta(description="Fields, sent as a browser sends a form.")
    ] = UNSET
    multipart: Annotated[
        tuple[Part, ...] | UnsetType, Meta(description="Fields and files, sent as multipart/form-data.")
    ] = UNSET
    auth: Annotated[Auth | UnsetType, Meta(description="Basic authentication.")] = UNSET
    bearer: Annotated[str | UnsetType, Meta(description="A bearer token (RFC 6750).")] = UNSET
    tls: Annotated[bool, Meta(description="Speak TLS.")] = False
    verify: Annotated[bool, Meta(description="Verify the certificate. Default: any will do.")] = False
    http2: Annotated[bool, Meta(description="Speak HTTP/2.")] = False
    follow: Annotated[bool, Meta(description="Follow redirects inside the site.")] = True
    timeout: Annotated[Seconds | UnsetType, Meta(description="Seconds for all of it.")] = UNSET
    retries: Annotated[int, Meta(description="How often it is sent again when it fails.", ge=0, le=100)] = 0


class Tcp(Struct, forbid_unknown_fields=True, frozen=True):
    """Connect, send, and read what comes back."""

    port: Annotated[Port, Meta(description="The container's TCP port.")]
    send: Annotated[Words, Meta(description="What is sent once it is connected.")] = ""


class WebSocket(Struct, forbid_unknown_fields=True, frozen=True):
    """Open a WebSocket (RFC 6455), send each message, read one answer for each."""

    path: Annotated[str, Meta(description="Path and query, beginning with /.")]
    send: Annotated[Texts, Meta(description="A message, or several.")] = ()
    port: PortKey = UNSET
    headers: Headers = {}
    tls: Annotated[bool, Meta(description="Speak TLS.")] = False


class GrpcHealth(Struct, forbid_unknown_fields=True, frozen=True):
    """Ask the gRPC health service (grpc.health.v1.Health/Check)."""

    service: Annotated[str, Meta(description="Which service; empty: the server as a whole.")] = ""
    port: PortKey = UNSET
    tls: Annotated[bool, Meta(description="Speak TLS.")] = False


class Condition(Struct, forbid_unknown_fields=True, frozen=True):
    """What is waited for: exactly one of these."""

    log: Annotated[
        str | UnsetType, Meta(description="A regular expression that a line of the log must match.")
    ] = UNSET
    port: Annotated[Port | UnsetType, Meta(description="This TCP port accepts connections.")] = UNSET
    http: Annotated[str | UnsetType, Meta(description="This path is answered with a status below 400.")] = (
        UNSET
    )
    command: Annotated[
        str | UnsetType, Meta(description="This shell command line succeeds in the container.")
    ] = UNSET
    health: Annotated[Literal[True] | UnsetType, Meta(description="The image's HEALTHCHECK passes.")] = UNSET
    seconds: Annotated[Seconds | UnsetType, Meta(description="Nothing but time; better is a sign.")] = UNSET


class Expected(Struct, forbid_unknown_fields=True, frozen=True):
    """What the answer must be; all that is given must hold."""

    status: Annotated[
        int | tuple[int, ...], Meta(description="The HTTP status, or several that are right.")
    ] = ()
    headers: Annotated[
        dict[str, str], Meta(description="By name, a regular expression that the value must match.")
    ] = {}
    body: Annotated[
        Texts, Meta(description="Regular expressions that the body (or a command's output) must match.")
    ] = ()
    json: Annotated[
        dict[str, Any], Meta(description="By JSON Pointer, the value that must stand there.")
    ] = {}
    exit_code: Annotated[Code | UnsetType, Meta(description="A command's exit code. Default: 0.")] = UNSET


class Taken(Struct, forbid_unknown_fields=True, frozen=True):
    """Where in the answer a variable's value is: exactly one of these; all but json and regex of HTTP."""

    header: Annotated[str | UnsetType, Meta(description="A header field's name.")] = UNSET
    cookie: Annotated[str | UnsetType, Meta(description="A cookie's name.")] = UNSET
    json: Annotated[str | UnsetType, Meta(description="A JSON Pointer (RFC 6901): /items/0/id.")] = UNSET
    regex: Annotated[
        str | UnsetType, Meta(description="A regular expression; its first group, or all that it matches.")
    ] = UNSET
    html: Annotated[str | UnsetType, Meta(description="The name of an HTML form field.")] = UNSET


class Step(Struct, forbid_unknown_fields=True, frozen=True):
    """One step: exactly one of http, exec, host, tcp, websocket, grpc_health, until, parallel."""

    name: Annotated[str, Meta(description="What the step is called in progress and reports.")] = ""
    http: Annotated[
        str | Http | UnsetType, Meta(description="An HTTP request: `POST /login`, or in full.")
    ] = UNSET
    exec: Annotated[
        str | UnsetType, Meta(description="A shell command line that runs in the container, traced.")
    ] = UNSET
    host: Annotated[
        str | UnsetType, Meta(description="A shell command line on this machine, with SLIM_URL set.")
    ] = UNSET
    tcp: Annotated[Port | Tcp | UnsetType, Meta(description="A TCP connection: a port, or in full.")] = UNSET
    websocket: Annotated[
        str | WebSocket | UnsetType, Meta(description="A WebSocket: a path, or in full.")
    ] = UNSET
    grpc_health: Annotated[
        str | GrpcHealth | UnsetType, Meta(description="A gRPC health check: a service, or in full.")
    ] = UNSET
    until: Annotated[Condition | UnsetType, Meta(description="Wait until this comes true.")] = UNSET
    parallel: Annotated[tuple[Step, ...] | UnsetType, Meta(description="Steps sent at the same time.")] = (
        UNSET
    )
    repeat: Annotated[int, Meta(description="How often, one after the other.", ge=1, le=1000)] = 1
    expect: Annotated[Expected | UnsetType, Meta(description="What the answer must be.")] = UNSET
    capture: Annotated[
        dict[str, Taken],
        Meta(description="By variable, where in the answer its value is; later ${variable}."),
    ] = {}
    timeout: Annotated[Seconds | UnsetType, Meta(description="Seconds; default: --probe-timeout.")] = UNSET


KINDS = ("http", "exec", "host", "tcp", "websocket", "grpc_health", "until", "parallel")
"""The keys of which a step has exactly one."""

Steps = Annotated[tuple[Step, ...], Meta(description="What is done, in this order, sharing cookies.")]
Variables = Annotated[
    dict[str, Words], Meta(description="What ${name} stands for in steps; values may hold ${env:NAME}.")
]
Ready = Annotated[Condition | UnsetType, Meta(description="What makes it ready. Default: found out.")]
ExitCode = Annotated[Code | UnsetType, Meta(description="What it must end with where it ends by itself.")]
Idle = Annotated[bool, Meta(description="Starting up is enough, as for a worker.")]


class Run(Struct, forbid_unknown_fields=True, frozen=True):
    """One more way to run the image: what is not given is as for the image's own command."""

    name: Annotated[str, Meta(description="What it is called: web, worker, migrate …", min_length=1)]
    service: Annotated[
        str, Meta(description="With --compose: the service whose place it takes. Default: --service.")
    ] = ""
    command: Annotated[
        Texts | UnsetType, Meta(description="Replaces CMD: words as a shell splits them, or a list.")
    ] = UNSET
    entrypoint: Annotated[Texts | UnsetType, Meta(description="Replaces ENTRYPOINT; empty: none.")] = UNSET
    env: Annotated[dict[str, Words], Meta(description="Environment variables, added to those given.")] = {}
    env_file: Annotated[Texts, Meta(description="Files of NAME=VALUE lines; `env` wins.")] = ()
    user: Annotated[Words, Meta(description="USER[:GROUP], names or numbers.")] = ""
    workdir: Annotated[str, Meta(description="The working directory, an absolute path.")] = ""
    read_only: Annotated[bool | UnsetType, Meta(description="Mount the root file system read-only.")] = UNSET
    ready: Ready = UNSET
    port: PortKey = UNSET
    exit_code: ExitCode = UNSET
    idle: Idle = False
    variables: Variables = {}
    steps: Steps = ()


class Document(Struct, forbid_unknown_fields=True, frozen=True, rename={"schema": "$schema"}):
    """A probe file of slim. Keys that begin with `x-` are yours: nothing reads them."""

    schema: Annotated[str, Meta(description="The JSON Schema, for editors.")] = ""
    variables: Variables = {}
    main: Annotated[bool, Meta(description="false: leave the image's own command out.")] = True
    ready: Ready = UNSET
    port: PortKey = UNSET
    exit_code: ExitCode = UNSET
    idle: Idle = False
    steps: Steps = ()
    runs: Annotated[
        tuple[Run, ...], Meta(description="More lives of the image, each in a container of its own.")
    ] = ()
