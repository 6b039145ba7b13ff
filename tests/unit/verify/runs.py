"""Answers and runs as values, for tests of the differential verdict."""

import hashlib

from probes.exercise.exchange import Exchange, Result, Transcript
from probes.watch.trace import Access, Trace, Use
from slim.verify.model import Evidence
from slim.verify.verdict import verdict_of


def answer(body=b"", *headers, kind="http", **more):
    """An exchange with `body`, text or bytes; headers are `Name: value`."""
    data = body.encode() if isinstance(body, str) else body
    pairs = tuple(tuple(one.split(": ", 1)) for one in headers)
    more.setdefault("status", 200 if kind == "http" else None)
    return Exchange(
        "probe", kind, more.pop("result", Result.ANSWERED), headers=pairs, body=data,
        **{"body_size": len(data), "body_sha256": hashlib.sha256(data).hexdigest(), **more},
    )  # fmt: skip


def page(body, *headers, **more):
    return answer(body, "Content-Type: text/html; charset=utf-8", *headers, **more)


def output(body="", **more):
    return answer(body, kind="exec", exit_code=more.pop("exit_code", 0), **more)


def run(*exchanges, accesses=(), complete=True, end=None, listening=(), errors=()):
    trace = Trace("sha256:0", complete, (), tuple(accesses))
    return Evidence(Transcript(exchanges, end, tuple(listening), (), tuple(errors)), trace)


def wrote(*paths, use=Use.WRITE, **more):
    probe, tracer = more.pop("probe", "GET /"), more.pop("tracer", "strace")
    return tuple(Access(path, use, "", "/app", 1, probe, 0.0, 1, tracer) for path in paths)


def judged(*fats, slim):
    """The verdict on slim's run, or the only exchange of it; so of the fat runs, at least two."""
    made = [one if isinstance(one, Evidence) else run(one) for one in (*fats, slim)]
    return verdict_of(made[0], tuple(made[1:-1]), made[-1])


def differing(*fats, slim):
    """Aspect, place, fat and slim side of each difference."""
    verdict = judged(*fats, slim=slim)
    return [(one.aspect, one.where, one.fat, one.slim) for one in verdict.differences]
