"""An ASGI application, for servers that speak HTTP/2 and TLS: it says how it was asked."""


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/refuse":
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too much"})
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    told = [
        f"HTTP/{scope['http_version']} {scope['scheme']} {scope['method']} {scope['path']}".encode(),
        *(name + b": " + value for name, value in scope["headers"]),
        b"",
        body,
    ]
    status, headers = 200, [(b"set-cookie", b"seen=yes; Secure; Path=/")]
    if scope["path"] == "/away":
        status, headers = 307, [(b"location", b"/here")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"\n".join(told)})
