"""The generators of a deep check: they run in one life of a server, one after the other."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from probes.deep.model import FOUND_BY, Deep
from probes.deep.requests import odd_requests
from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.generate import Generated
from probes.exercise.model import HttpProbe, Probe, SignalProbe
from probes.exercise.perform import perform

_SECONDS = 10.0
"""For one request."""
_SIGHUP = 1
_RELOAD_SECONDS = 1.0
"""For an application to end of a SIGHUP, or to be through with it."""
_AGAIN = 3
"""How often an application is asked that has just been told to reload."""


def ask_oddly(
    bounds: Deep, posts: bool, conversation: Conversation, so_far: tuple[Exchange, ...]
) -> Generated:
    """Send the odd requests, until the container dies or half of the time of the check is up."""
    end = time.monotonic() + bounds.seconds / 2
    probes: list[Probe] = []
    exchanges: list[Exchange] = []
    planned = odd_requests(so_far, bounds, posts=posts)
    for probe in planned:
        if time.monotonic() > end:
            left = len(planned) - len(probes)
            note = f"deep: {left} of {len(planned)} odd requests were not sent: the time was up"
            return Generated(tuple(probes), tuple(exchanges), (note,))
        conversation.session.say(f"deep: {probe.name}")
        limit = min(_SECONDS, conversation.session.options.probe_timeout)
        bounded = replace(probe, timeout=limit)
        (exchange,) = perform(bounded, conversation)
        probes.append(bounded)
        exchanges.append(replace(exchange, found_by=FOUND_BY))
        if exchange.result is Result.DIED:
            break
    return Generated(tuple(probes), tuple(exchanges))


def signal_it(stop_signal: str, conversation: Conversation, so_far: tuple[Exchange, ...]) -> Generated:
    """SIGHUP where the container's first process handles it, then whether it still answers; at last the
    signal that ends it."""
    planned: list[Probe] = []
    if _handles(conversation, _SIGHUP):
        planned.append(SignalProbe("SIGHUP", _RELOAD_SECONDS))
        page = next((one for one in so_far if one.kind == "http" and one.status and one.sent), None)
        if page is not None and page.sent is not None and page.sent.line.startswith("GET "):
            path = page.sent.line.removeprefix("GET ")
            planned.append(
                HttpProbe(
                    "GET",
                    path,
                    port=page.port,
                    retries=_AGAIN,
                    title=f"GET {path} after SIGHUP",
                    tls=page.site.startswith("https"),
                    found_by=FOUND_BY,
                )
            )
    planned.append(SignalProbe(stop_signal or "SIGTERM"))
    exchanges = tuple(
        replace(one, found_by=FOUND_BY) for probe in planned for one in perform(probe, conversation)
    )
    return Generated(tuple(planned), exchanges)


def _handles(conversation: Conversation, number: int) -> bool:
    """Whether the first process has a handler for the signal: SigCgt of proc(5). False where its
    process is not one of this machine."""
    session = conversation.session
    pid = session.container.state().pid
    if not pid or not session.engine.info.local:
        return False
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)
