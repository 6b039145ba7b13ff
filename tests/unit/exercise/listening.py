"""Servers on loopback, each in a thread of the test."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from probes.exercise.target import Target


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], object]) -> Iterator[Target]:
    """`serve` is called with each connection, which is closed after it; the target of the server."""
    connections: list[socket.socket] = []

    def handle(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            serve(connection)

    def accept(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                connections.append(connection)
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        try:
            yield Target("127.0.0.1", port, port)
        finally:
            for one in (server, *connections):
                with contextlib.suppress(OSError):  # who waits in accept() or recv() is woken
                    one.shutdown(socket.SHUT_RDWR)


def refused() -> Target:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    return Target("127.0.0.1", port, port)
