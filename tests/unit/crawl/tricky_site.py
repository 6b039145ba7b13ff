"""A real HTTP server with the site that a crawl must not lose its way in; prints its port."""

import gzip
import http.server
import sys
import time

PAGES = {
    "/": """<!doctype html><title>home <a href=/in-title></title>
        <link rel=stylesheet href=/style.css><link rel="shortcut icon" href=favicon.ico>
        <link rel=dns-prefetch href=/nothing><link rel=manifest href=/app.webmanifest>
        <!-- <a href=/in-comment> --><body style="background: url(back.png)">
        <a href="about.html#part">about</a> <a href='./a/../about.html'>again</a>
        <a href=%61bout.html>once more</a>
        <a href="deep/1">down</a><a href="mailto:a@b">m</a><a href="javascript:void(0)">j</a>
        <a href="data:,x">d</a>
        <a href="http://elsewhere.example/">out</a><a href="//cdn.example/x.js">out</a>
        <a href="http://[::/">bad</a>
        <a href="/accounts/logout/">bye</a><a href="/sign-out">bye</a><a href="/items/deleteAll">x</a>
        <a href="/post/how-to-delete-a-file">read</a><a href="/item" data-method="delete">x</a>
        <a href="/private/page">p</a><a href="/missing">gone</a><a href="/error">oh</a>
        <a href="/calendar/1">c</a>
        <img src=one.png srcset="two.png 2x, three.png 3x"><script type=module src=/main.js></script>
        <a href="/search?a=1&region=2&amp;b=3">query</a><a href="/moved">moved</a><a href="/loop">loop</a>
        <form action=/search><input name=q value="d&#39;&amp;e"><input type=checkbox name=no>
        <select name=s><option>x
        <option selected value=y>Y</select><input type=submit name=go value=Go>
        <input name=off disabled></form>
        <form method=post action=/never><input name=x></form>""",
    "/about.html": "<base href='/base/'><a href=relative>b</a><a href='http://localhost:PORT/same'>s</a>",
    "/base/relative": "<a href='/about.html'>back</a>",
    "/same": "<iframe src=/frame></iframe>",
    "/frame": "framed",
    "/private/page": "secret",
    "/post/how-to-delete-a-file": "text",
    "/search": "found",
    "/from-sitemap": "listed",
    "/accounts/logout/": "bye",
    "/sign-out": "bye",
    "/items/deleteAll": "gone",
}
FILES = {
    "/style.css": ("text/css", '@import "more.css"; /* url(no.png) */ a { src: url( "font.woff" ) }'),
    "/more.css": ("text/css", "a { background: url(data:,x) } b { background: url('dot.png') }"),
    "/main.js": ("text/javascript", 'import{a}from"./part.js";\nimport "bare";\n// import "./no.js"\n'),
    "/part.js": ("text/javascript", "export const a = './no-import.js'"),
    "/app.webmanifest": (
        "application/manifest+json",
        '{"start_url": "/?app=1", "icons": [{"src": "icon.png"}]}',
    ),
    "/robots.txt": (
        "text/plain",
        "User-agent: *\nDisallow: /private\nSitemap: http://shop.example/map.xml.gz\n",
    ),
}
IMAGES = ("favicon.ico", "back.png", "one.png", "two.png", "three.png", "font.woff", "dot.png", "icon.png")
SITEMAP = "<urlset><url><loc>https://shop.example/from-sitemap</loc></url></urlset>"


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, body, media_type="text/html", status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.partition("?")[0]
        port = str(self.server.server_address[1])
        if path in PAGES:
            self.answer(PAGES[path].replace("PORT", port).encode(), Set_Cookie="seen=1")
        elif path in FILES:
            self.answer(FILES[path][1].encode(), FILES[path][0])
        elif path[1:] in IMAGES:
            self.answer(b"image", "image/png")
        elif path == "/map.xml.gz":
            self.answer(gzip.compress(SITEMAP.encode()), "application/gzip")
        elif path in ("/moved", "/loop"):
            self.answer(b"", status=302, Location="/about.html" if path == "/moved" else "/loop")
        elif path == "/slow":
            time.sleep(30)
        else:
            self.generated(path)

    def generated(self, path):
        name, _, number = path[1:].partition("/")
        if name == "deep":
            self.answer(f"<a href=/deep/x{number}>on</a>".encode())
        elif name == "calendar":
            after = int(number) + 1
            self.answer(f"<a href=/calendar/{after}>next</a><a href=?session={after}>s</a>".encode())
        elif name == "many":
            self.answer("".join(f"<a href=/page-{one}x>x</a>" for one in range(100_000)).encode())
        elif name == "leads-to":
            self.answer(f"<a href=/{number}>on</a>".encode())
        elif name == "hangs":
            self.answer(b"<a href=/slow>slow</a><a href=/frame>after</a>")
        elif path == "/error":
            self.answer(b"oh", status=500)
        else:
            self.answer(b"no", status=404)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    sys.exit(server.serve_forever())
