"""Debian's redis-server: a server that does not speak HTTP, with state in a volume."""

from __future__ import annotations

import socket
import time
from typing import BinaryIO

from images.started import Check, Checks, Container, Image, Mismatch, contains, equal

PROBE_ARGUMENTS = ("--exec-probe", "redis-cli ping")


class Refused(ValueError):
    """Redis answered with an error."""


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    with image.start(6379) as server:
        with server.connect() as connection:
            _data(checks, connection)
            _administration(checks, connection, server)
        _clients(checks, server)
        with checks("SIGTERM saves and ends it in good order"):
            equal(server.stop(), 0)
            server.eventually("bye bye")
        with checks("what was saved is there after a new start"):
            server.start_again()
            with server.connect() as connection:
                equal(ask(connection, "GET", "name"), "slim")
    return checks.results


def _data(checks: Checks, connection: socket.socket) -> None:
    with checks("SET and GET"):
        equal(ask(connection, "SET", "name", "slim"), "OK")
        equal(ask(connection, "GET", "name"), "slim")
    with checks("lists, hashes and sorted sets"):
        equal(ask(connection, "RPUSH", "list", "c", "a", "b"), 3)
        equal(ask(connection, "SORT", "list", "ALPHA"), ["a", "b", "c"])
        equal(ask(connection, "HSET", "hash", "field", "1"), 1)
        equal(ask(connection, "ZADD", "scores", "1.5", "x"), 1)
    with checks("EVAL runs Lua with its libraries"):
        script = "return cjson.encode({redis.call('GET', KEYS[1]), string.upper(ARGV[1])})"
        equal(ask(connection, "EVAL", script, "1", "name", "lua"), '["slim","LUA"]')
    with checks("a transaction"):
        equal(ask(connection, "MULTI"), "OK")
        equal(ask(connection, "INCR", "count"), "QUEUED")
        equal(ask(connection, "EXEC"), [1])
    with checks("an unknown command is refused"):
        try:
            ask(connection, "NONSENSE")
        except Refused as refused:
            contains(str(refused), "unknown command")
        else:
            raise Mismatch("it was accepted")


def _administration(checks: Checks, connection: socket.socket, server: Container) -> None:
    with checks("CONFIG GET tells the image's configuration"):
        equal(ask(connection, "CONFIG", "GET", "dir"), ["dir", "/var/lib/redis"])
    with checks("CONFIG SET"):
        equal(ask(connection, "CONFIG", "SET", "maxmemory", "64mb"), "OK")
    with checks("SAVE writes the snapshot"):
        equal(ask(connection, "SAVE"), "OK")
        equal(server.read("/var/lib/redis/dump.rdb")[:5], b"REDIS")
    with checks("BGSAVE forks and ends well"):
        contains(ask(connection, "BGSAVE"), "Background saving started")
        _until(connection, "rdb_bgsave_in_progress:0")
        contains(ask(connection, "INFO", "persistence"), "rdb_last_bgsave_status:ok")
    with checks("the append-only file is rewritten"):
        equal(ask(connection, "CONFIG", "SET", "appendonly", "yes"), "OK")
        _until(connection, "aof_rewrite_in_progress:0")
        contains(ask(connection, "INFO", "persistence"), "aof_last_bgrewrite_status:ok")
        equal(ask(connection, "CONFIG", "SET", "appendonly", "no"), "OK")
    with checks("INFO names the configuration file"):
        contains(ask(connection, "INFO", "server"), "config_file:/etc/redis/redis.conf")


def _clients(checks: Checks, server: Container) -> None:
    with checks("the health check's command"):
        equal(server.execute("/bin/sh", "-c", "redis-cli ping | grep -q PONG").exit_code, 0)
    with checks("redis-cli with arguments"):
        equal(server.execute("redis-cli", "--raw", "GET", "name").outcome, (0, "slim\n"))
    with checks("its configuration is for the image's user only"):
        entry = server.entries("/etc/redis")["redis.conf"]
        equal(
            (entry.mode & 0o7777, entry.uid > 0, server.inspect()["Config"]["User"]), (0o640, True, "redis")
        )


def _until(connection: socket.socket, line: str) -> None:
    late = time.monotonic() + 10
    while line not in str(ask(connection, "INFO", "persistence")):
        if time.monotonic() > late:
            raise Mismatch(f"{line} never came")
        time.sleep(0.02)


def ask(connection: socket.socket, *words: str) -> object:
    """One command in RESP (the Redis serialization protocol, version 2). Raises `Refused`."""
    parts = [f"*{len(words)}\r\n".encode()]
    parts += [b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words]
    connection.sendall(b"".join(parts))
    with connection.makefile("rb", buffering=0) as stream:
        return _answer(stream)  # type: ignore[arg-type]


def _answer(stream: BinaryIO) -> object:
    line = stream.readline().decode().rstrip("\r\n")
    kind, text = line[:1], line[1:]
    if kind == "-":
        raise Refused(text)
    if kind == ":":
        return int(text)
    if kind == "*":
        return [_answer(stream) for _ in range(int(text))]
    if kind == "$":
        return None if text == "-1" else _exactly(stream, int(text) + 2)[:-2].decode()
    return text


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = b""
    while len(content) < size:
        more = stream.read(size - len(content))
        if not more:
            raise ConnectionError("closed in mid-answer")
        content += more
    return content
