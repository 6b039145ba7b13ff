"""A real HTTP server that behaves and misbehaves by path; prints its port when it listens."""

import contextlib
import socket
import struct
import sys
import threading
import time


def answer(body=b"", status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location, status="302 Found"):
    return answer(b"go on", status, [f"Location: {location}"])


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def rest_of_body(connection, request):
    """What is still to come of a body with Content-Length."""
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    ]
    missing = int(lengths[0]) - len(body) if lengths else 0
    rest = b""
    while len(rest) < missing and (chunk := connection.recv(65536)):
        rest += chunk
    return rest


def serve(connection, port):
    request = b""
    while b"\r\n\r\n" not in request:
        chunk = connection.recv(65536)
        if not chunk:
            return
        request += chunk
    request += rest_of_body(connection, request)
    target = request.split(b" ", 2)[1].decode()
    path = target.partition("?")[0]
    plain = {
        "/ok": answer(b"fine"),
        "/missing": answer(b"no", "404 Not Found"),
        "/error": answer(b"oh", "500 Internal Server Error"),
        "/echo": answer(request),
        "/big": answer(b"x" * (3 << 20)),
        "/to-ok": redirect("/ok?from=here#part"),
        "/to-absolute": redirect(f"http://localhost:{port}/ok"),
        "/to-address": redirect(f"http://127.0.0.1:{port}/ok"),
        "/to-other-port": redirect("http://localhost:1/ok"),
        "/outside": redirect("http://example.org/elsewhere"),
        "/to-nonsense": redirect("http://[::/"),
        "/loop": redirect("/loop"),
        "/see-other": redirect("/echo", "303 See Other"),
        "/moved": redirect("/echo", "301 Moved Permanently"),
        "/temporary": redirect("/echo", "307 Temporary Redirect"),
        "/permanent": redirect("/echo", "308 Permanent Redirect"),
        "/to-application": redirect("myapp:callback?code=1"),
        "/to-named": redirect("http://shop.example/ok"),
        "/wants-tls": answer(b"Client sent an HTTP request to an HTTPS server.\n", "400 Bad Request"),
        "/login": redirect("/echo", "302 Found\r\nSet-Cookie: session=abc; Path=/"),
        "/garbage": b"-ERR unknown command\r\n",
        "/close": b"",
        "/switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nx",
        "/bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "/odd-cookies": answer(b"fine", headers=["Set-Cookie: ;;=", "Set-Cookie: \xff=\xfe; Max-Age=x"]),
        "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "/gzip": answer(b"not gzip at all", headers=["Content-Encoding: gzip"]),
    }
    if path in plain:
        connection.sendall(plain[path])
        return
    MISBEHAVIOUR[path](connection)


def broken_off(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    time.sleep(0.1)
    reset(connection)


def silent(connection):
    time.sleep(30)


def drip(beginning):
    def serve(connection):
        connection.sendall(beginning)
        while True:
            connection.sendall(b".")
            time.sleep(0.05)

    return serve


def endless(beginning, block):
    def serve(connection):
        connection.sendall(beginning)
        while True:
            connection.sendall(block)

    return serve


MISBEHAVIOUR = {
    "/reset": broken_off,
    "/silent": silent,
    "/drip": drip(b"HTTP/1.1 200 OK\r\n\r\n"),
    "/drip-headers": drip(b"HTTP/1.1 200 OK\r\nX-Long: "),
    "/endless": endless(b"HTTP/1.1 200 OK\r\n\r\n", b"e" * (1 << 20)),
    "/header-bomb": endless(b"HTTP/1.1 200 OK\r\n", b"X-Bomb: y\r\n"),
    "/informing": endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100),
}


def handle(connection, port):
    with connection, contextlib.suppress(OSError):
        serve(connection, port)


def main():
    server = socket.create_server(("127.0.0.1", 0), backlog=16)
    port = server.getsockname()[1]
    print(port, flush=True)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=handle, args=(connection, port), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
