"""Two exchanges of one probe: what must agree, and what two runs of one image may differ in."""

from __future__ import annotations

from collections.abc import Iterable

from probes.exercise.exchange import Exchange, Result
from slim.verify.model import Difference


def judge(fat: Exchange, slim: Exchange) -> Iterable[Difference]:
    """The differences between two exchanges of one probe that fail the verification."""
    if fat.result is not slim.result:
        yield Difference(fat.probe, "reachability", _outcome(fat), _outcome(slim))
        return
    if fat.status != slim.status:
        yield Difference(fat.probe, "status", str(fat.status), str(slim.status))
    if fat.exit_code != slim.exit_code:
        yield Difference(fat.probe, "exit code", str(fat.exit_code), str(slim.exit_code))


def unlike(fat: Exchange, slim: Exchange) -> Iterable[Difference]:
    if fat.result is not slim.result:
        return
    if fat.redirects != slim.redirects:  # which may name what was made just now: an order, a state
        yield Difference(fat.probe, "redirects", " → ".join(fat.redirects), " → ".join(slim.redirects))
    if fat.body_sha256 != slim.body_sha256:
        what = "standard output" if fat.kind in ("exec", "host", "health", "exit") else "body"
        yield Difference(fat.probe, what, _excerpt(fat.body), _excerpt(slim.body))
    if fat.stderr != slim.stderr:
        yield Difference(fat.probe, "standard error", _excerpt(fat.stderr), _excerpt(slim.stderr))


def _outcome(exchange: Exchange) -> str:
    detail = f" ({exchange.detail})" if exchange.detail and exchange.result is not Result.ANSWERED else ""
    if exchange.status is not None:
        return f"{exchange.result.value}: {exchange.status}{detail}"
    return f"{exchange.result.value}{detail}"


def _excerpt(data: bytes, limit: int = 200) -> str:
    text = data[:limit].decode("utf-8", "replace")
    return text + (" …" if len(data) > limit else "")
