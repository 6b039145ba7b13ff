"""Containers that serve, started for one test; and the same engine from afar."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import threading

from images.build import build

from probes.exercise.session import Options, Session
from slim.engine.interface import ContainerSpec, Engine

SERVER = """
import http.server, os, socket, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            print("about to die", file=sys.stderr, flush=True)
            os._exit(7)
        status = 500 if self.path == "/error" else 200
        body = (self.path + " on " + str(PORT)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
    def server_bind(self):
        if ":" in ADDRESS:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()

time.sleep(DELAY)
Server((ADDRESS, PORT), Handler).serve_forever()
"""


def http_server(address: str = "0.0.0.0", port: int = 8000, delay: float = 0) -> str:
    return f"ADDRESS, PORT, DELAY = {address!r}, {port}, {delay}\n{SERVER}"


class Start:
    """Starts containers of the images that the other tests build anyway; removes them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.containers = []
        self.said: list[str] = []
        self.marked: list[str] = []

    def __call__(self, *argv: str, image: str = "flask-debian", options=None, exposed=(), **spec) -> Session:
        container = self.engine.create_container(
            ContainerSpec(image=build(image), entrypoint=(argv[0],), command=argv[1:], **spec),
            labels={"slim-test-exercise": "1"},
        )
        self.containers.append(container)
        container.start()
        return Session(
            self.engine,
            container,
            exposed=tuple(exposed),
            options=options or Options(start_timeout=20, probe_timeout=10),
            network=spec.get("network", ""),
            environment=dict(os.environ),
            say=self.said.append,
            mark=self.marked.append,
        )

    def python(self, program: str, **more) -> Session:
        return self("python3", "-u", "-c", program, **more)


class Forwarder(socketserver.ThreadingTCPServer):
    """Passes TCP connections on to the engine's Unix socket."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Passage)
        self.address = f"tcp://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        super().__exit__(*error)


class Passage(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect("/var/run/docker.sock")
            back = threading.Thread(target=self.pass_on, args=(engine, self.request), daemon=True)
            back.start()
            self.pass_on(self.request, engine)
            back.join()

    @staticmethod
    def pass_on(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(1 << 16):
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
