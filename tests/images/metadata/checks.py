"""An image that uses every field of the configuration and every kind and attribute of a file."""

from __future__ import annotations

from urllib.parse import quote

from images.started import Check, Checks, Container, Image, contains, equal

PROBE_ARGUMENTS = ("--http-probe", "/")

CONFIGURATION = {
    "User": "app",
    "WorkingDir": "/srv/app",
    "Entrypoint": ["httpd"],
    "Cmd": ["--serve"],
    "StopSignal": "SIGUSR1",
    "Shell": ["/bin/bash", "-o", "pipefail", "-c"],
    "ExposedPorts": {"8080/tcp": {}, "9090/udp": {}, "7000/tcp": {}, "7001/tcp": {}},
    "Volumes": {"/srv/app/state": {}},
    "Labels": {"org.opencontainers.image.title": "metadata", "note": "two words", "empty": ""},
    "OnBuild": ["RUN echo built on", "COPY . /srv/app/site"],
    "Healthcheck": {
        "Test": ["CMD", "httpd", "--check"],
        "Interval": 3600 * 10**9,
        "Timeout": 7 * 10**9,
        "StartPeriod": 2 * 10**9,
        "Retries": 4,
    },
}
ENTRIES = {
    # path below /srv/app: type flag of the archive, mode, owner, group
    "site/index": ("0", 0o644, 12345, 23456),
    "site/readers": ("0", 0o640, 0, 34567),
    "site/drop": ("5", 0o2777, 0, 45678),
    "site/shared": ("5", 0o1777, 0, 0),
    "site/pipe": ("6", 0o620, 0, 0),
    "site/zero": ("3", 0o640, 0, 0),
    "site/link": ("2", 0o777, 0, 0),
    "site/dangling": ("2", 0o777, 0, 0),
    "site/caf\udce9": ("0", 0o644, 0, 0),
    "site/a\nb": ("0", 0o644, 0, 0),
    "locked": ("5", 0o700, 999, 998),
    "locked/secret": ("0", 0o000, 0, 0),
    "bin/set-uid": ("0", 0o4755, 0, 0),
    "bin/set-gid": ("0", 0o2755, 0, 34567),
    "odd/attribute": ("0", 0o604, 54321, 65432),
    "odd/null": ("3", 0o666, 0, 0),
    "odd/loop": ("2", 0o777, 0, 0),
}
TIMES = {"site/index": 946_684_799, "site/link": 499_137_660, "site/readers": 1, "odd/attribute": 946_684_800}


def beyond(image: Image) -> list[Check]:
    checks = Checks()
    configuration = image.configuration()
    for field, wanted in CONFIGURATION.items():
        with checks(f"configuration: {field}"):
            equal(configuration[field], wanted)
    with checks("configuration: Env"):
        contains(configuration["Env"], 'GREETING=metadata: a=b "quoted" $HOME')
        contains(configuration["Env"], "EMPTY=")
    with image.start(8080) as server:
        _serving(checks, server)
        _privileges(checks, server)
        _files(checks, server)
        with checks("the image's signal stops it in good order"):
            equal(server.stop(), 0)
    return checks.results


def _serving(checks: Checks, server: Container) -> None:
    with checks("the environment, quotes and all"):
        equal(server.get("/").text, 'metadata: a=b "quoted" $HOME')
    with checks("user, group, folder and supplementary groups by name"):
        equal(server.get("/-/identity").text, "uid=12345 gid=23456 cwd=/srv/app groups=23456,34567")
    for name in ("link", "absolute", "index-once-more"):
        with checks(f"a file by another name: {name}"):
            equal(server.get(f"/{name}").text, "an index\n")
    with checks("a name that is not UTF-8"):
        equal(server.get("/" + quote(b"caf\xe9", safe="")).status, 404)
        with server.connect() as raw:
            raw.sendall(b"GET /caf\xe9 HTTP/1.0\r\n\r\n")
            contains(b"".join(iter(lambda: raw.recv(4096), b"")), b"latin")
    with checks("a file for a supplementary group"):
        equal(server.get("/readers").text, "readers only\n")
    with checks("a set-gid folder gives new files its group"):
        equal(server.request("PUT", "/drop/new", body=b"x").text, "uid=12345 gid=45678")
    with checks("a sticky folder for all"):
        equal(server.request("PUT", "/shared/new", body=b"x").text, "uid=12345 gid=23456")
    with checks("other folders stay closed"):
        equal(server.request("PUT", "/closed/new", body=b"x").status, 403)
    with checks("the volume begins with what the image has there"):
        equal(server.read("/srv/app/state/journal"), b"first\n")
    with checks("the health check's command"):
        equal(server.execute("httpd", "--check").exit_code, 0)


def _privileges(checks: Checks, server: Container) -> None:
    for program, wanted in {
        "identity": "user 12345, group 23456, raw socket refused\n",
        "capable": "user 12345, group 23456, raw socket open\n",
        "set-uid": "user 0, group 23456, raw socket open\n",
        "set-gid": "user 12345, group 34567, raw socket refused\n",
    }.items():
        with checks(f"by whose rights bin/{program} runs"):
            equal(server.execute(program).outcome, (0, wanted))


def _files(checks: Checks, server: Container) -> None:
    entries = server.entries("/srv/app")
    for path, wanted in ENTRIES.items():
        with checks(f"kind, mode and owner of {path!a}"):
            entry = entries[path]
            equal((entry.type.decode(), entry.mode & 0o7777, entry.uid, entry.gid), wanted)
    for path, seconds in TIMES.items():
        with checks(f"time of {path}"):
            equal(int(entries[path].mtime), seconds)
    with checks("hard links stay one file"):
        named = ("site/index", "site/index-again", "site/index-once-more")
        equal(sorted(entries[name].islnk() for name in named), [False, True, True])
    with checks("device numbers"):
        zero = entries["site/zero"]
        equal((zero.devmajor, zero.devminor), (1, 5))
