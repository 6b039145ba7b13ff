"""Images run by plain `docker run` and looked at from outside: no part of slim takes part.

Nothing here needs a program inside the image, since a slim image may hold none but its own.
Everything that is started is removed, however the block is left.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import secrets
import socket
import ssl
import subprocess
import tarfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

PATIENCE = 60.0
"""Seconds until a container that neither answers nor ends is given up."""
POLL = 0.02


class Check(NamedTuple):
    """One statement about an image's behaviour, and whether it held."""

    name: str
    ok: bool
    detail: str
    """What was seen where it did not hold; empty otherwise."""


class Mismatch(AssertionError):
    """A check saw something else than it wanted."""


class NotStarted(AssertionError):
    """A container ended, or did not listen in time; the message ends with its log."""


class Checks:
    """Collects checks: `with checks("what holds"): equal(...)`. A failed one does not stop the rest."""

    def __init__(self) -> None:
        self.results: list[Check] = []

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        try:
            yield
        except (AssertionError, OSError, ValueError, LookupError, http.client.HTTPException) as error:
            self.results.append(Check(name, False, f"{type(error).__name__}: {error}"))
        else:
            self.results.append(Check(name, True, ""))


def equal(seen: object, wanted: object) -> None:
    """Raise `Mismatch` unless both are equal."""
    if seen != wanted:
        raise Mismatch(f"saw {seen!r}, wanted {wanted!r}")


def contains(seen: Any, wanted: Any) -> None:
    """Raise `Mismatch` unless `wanted` is in `seen`."""
    if wanted not in seen:
        raise Mismatch(f"saw {seen!r}, wanted {wanted!r} in it")


@dataclass(frozen=True)
class Finished:
    """A command that ran to its end."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def outcome(self) -> tuple[int, str]:
        """Exit code and standard output."""
        return self.exit_code, self.stdout


@dataclass(frozen=True)
class Response:
    """One HTTP answer; redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cookie(self) -> str:
        """`name=value` of the one cookie that it sets."""
        return self.headers["set-cookie"].partition(";")[0]


def docker(*argv: str, data: bytes | None = None, check: bool = True) -> Finished:
    """Run the engine's own client. Raises `AssertionError` with what it said."""
    feed: dict[str, Any] = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    done = subprocess.run(["docker", *argv], capture_output=True, check=False, timeout=PATIENCE, **feed)
    finished = Finished(done.returncode, _text(done.stdout), _text(done.stderr))
    if check and finished.exit_code:
        raise AssertionError(f"docker {' '.join(argv)}: {finished.stderr.strip()}")
    return finished


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class Image:
    """An image under test, fat or slim."""

    reference: str

    def configuration(self) -> dict[str, Any]:
        """The image's `Config`, as the engine tells it."""
        told = json.loads(docker("image", "inspect", self.reference).stdout)
        return dict(told[0]["Config"])

    def identity(self) -> dict[str, Any]:
        """All that the engine tells of the image but for its names, which others may add and remove."""
        told = dict(json.loads(docker("image", "inspect", self.reference).stdout)[0])
        for name in ("RepoTags", "RepoDigests", "Metadata"):
            told.pop(name, None)
        return told

    def size(self) -> int:
        """Bytes, as the engine counts them."""
        return int(docker("image", "inspect", "--format", "{{.Size}}", self.reference).stdout)

    def run(self, *command: str, options: Sequence[str] = (), data: bytes | None = None) -> Finished:
        """`docker run --rm IMAGE command…` to its end, `data` on standard input."""
        interactive = () if data is None else ("--interactive",)
        name = _unique()
        try:
            return docker("run", "--rm", "--name", name, *interactive, *options, self.reference, *command,
                          data=data, check=False)  # fmt: skip
        except subprocess.TimeoutExpired as late:
            docker("rm", "--force", "--volumes", name, check=False)
            raise AssertionError(f"docker run {self.reference} {command} did not end") from late

    @contextlib.contextmanager
    def start(self, port: int, *command: str, options: Sequence[str] = ()) -> Iterator[Container]:
        """`docker run --detach`, once TCP `port` listens. Raises `NotStarted`."""
        name = _unique()
        try:
            docker("run", "--detach", "--name", name, *options, self.reference, *command)
            container = Container(name, port)
            container.wait_until_listening()
            yield container
        finally:
            docker("rm", "--force", "--volumes", name, check=False)


def _unique() -> str:
    return f"slim-test-{secrets.token_hex(6)}"


class Container:
    """A running container, reached by its own address."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = port
        self.address = ""

    def inspect(self) -> dict[str, Any]:
        return dict(json.loads(docker("container", "inspect", self.name).stdout)[0])

    def wait_until_listening(self) -> None:
        """Poll until the port accepts a connection. Raises `NotStarted` when the container ended."""
        late = time.monotonic() + PATIENCE
        while time.monotonic() < late:
            told = self.inspect()
            if not told["State"]["Running"]:
                raise NotStarted(f"exit code {told['State']['ExitCode']}; its log:\n{self.logs()}")
            networks = told["NetworkSettings"]["Networks"].values()
            self.address = next((n["IPAddress"] for n in networks if n["IPAddress"]), "")
            with contextlib.suppress(OSError), self.connect():
                return
            time.sleep(POLL)
        raise NotStarted(f"nothing listens on port {self.port}; its log:\n{self.logs()}")

    def connect(self, port: int = 0) -> socket.socket:
        """A TCP connection to the container's port, or to another one of it."""
        return socket.create_connection((self.address, port or self.port), timeout=10)

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response:
        connection = http.client.HTTPConnection(self.address, self.port, timeout=20)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Response(answer.status, told, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Response:
        """GET, with headers spelt as keywords: `Accept_Encoding="gzip"`."""
        return self.request("GET", path, {name.replace("_", "-"): text for name, text in headers.items()})

    def post_form(self, path: str, fields: Mapping[str, str]) -> Response:
        """POST, as a browser sends a form without files."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, headers, urllib.parse.urlencode(fields).encode())

    def get_by_tls(self, path: str, port: int) -> bytes:
        """The body of a page of another port that speaks TLS, whoever signed its certificate."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with urllib.request.urlopen(
            f"https://{self.address}:{port}{path}", context=context, timeout=10
        ) as answer:
            return bytes(answer.read())

    def execute(self, *argv: str, options: Sequence[str] = ()) -> Finished:
        """`docker exec`."""
        return docker("exec", *options, self.name, *argv, check=False)

    def logs(self) -> str:
        """Standard output and standard error so far."""
        told = docker("logs", self.name, check=False)
        return told.stdout + told.stderr

    def signal(self, name: str) -> None:
        docker("kill", "--signal", name, self.name)

    def stop(self) -> int:
        """`docker stop`: the exit code, 137 where it had to be killed."""
        docker("stop", "--time", "10", self.name)
        return int(self.inspect()["State"]["ExitCode"])

    def start_again(self) -> None:
        docker("start", self.name)
        self.wait_until_listening()

    def read(self, path: str) -> bytes:
        """A file of the container, volumes included, through the engine."""
        done = subprocess.run(
            ["docker", "cp", "--follow-link", f"{self.name}:{path}", "-"],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(_text(done.stderr))
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            member = archive.extractfile(archive.getmembers()[0])
            return b"" if member is None else member.read()

    def entries(self, folder: str) -> dict[str, tarfile.TarInfo]:
        """The container's file system below `folder`, by path relative to it, as archive headers."""
        with (
            subprocess.Popen(
                ["docker", "export", self.name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
            ) as exported,
            tarfile.open(fileobj=exported.stdout, mode="r|", errors="surrogateescape") as archive,
        ):
            prefix = folder.strip("/") + "/"
            return {
                entry.name.removeprefix(prefix): entry for entry in archive if entry.name.startswith(prefix)
            }

    def eventually(self, said: str) -> None:
        """Poll the log until it says so. Raises `Mismatch`."""
        late = time.monotonic() + 10
        while said not in self.logs():
            if time.monotonic() > late:
                raise Mismatch(f"{said!r} is not in the log:\n{self.logs()[-2000:]}")
            time.sleep(POLL)
