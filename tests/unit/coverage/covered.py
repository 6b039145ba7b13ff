"""The coverage of a small image, and exchanges as probes leave them."""

import hashlib
import json

from probes.exercise.exchange import Exchange, Result, Sent
from probes.watch.trace import Trace
from slim.coverage.lives import Lived
from slim.coverage.measure import coverage_of


def covered(image, *exchanges, operations=(), argv=("run",), lives=(), **options):
    """The coverage of one life with `exchanges`, or of `lives`; `options` are those of the plan."""
    trace = Trace("sha256:small", True, accesses=tuple(image.accesses))
    lives = lives or (Lived(argv, exchanges),)
    return coverage_of(image.tree, image.plan(**options), trace, lives, operations)


def http(path, status=200, body=b"<p>made</p>", method="GET", **fields):
    return Exchange(
        f"{method} {path}", "http", Result.ANSWERED, status=status, url=path, body=body, body_size=len(body),
        body_sha256=hashlib.sha256(body).hexdigest(), sent=Sent(f"{method} {path}"), **fields,
    )  # fmt: skip


def command(line, body=b"", kind="exec", stderr=b""):
    return Exchange(
        f"{kind} {line}", kind, Result.ANSWERED, exit_code=0, body=body, body_size=len(body), stderr=stderr,
        sent=Sent(line),
    )  # fmt: skip


def ended(body=b"", stderr=b""):
    return Exchange("run to its end", "exit", Result.ANSWERED, exit_code=0, body=body, stderr=stderr)


def of(kind, body_size=0):
    return Exchange(kind, kind, Result.ANSWERED, sent=Sent(kind, body_size=body_size))


def named(unused):
    """All paths, as the report groups them."""
    return [f"{one.folder}/{file}" for one in unused for file in one.files]


def kinds(coverage):
    return [one.kind for one in coverage.reached_little]


def direct_url(**origin):
    """A distribution's direct_url.json: PEP 610."""
    return json.dumps({"url": "file:///src", **origin})
