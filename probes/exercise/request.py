"""One HTTP probe in a conversation: where it goes, how often, what is expected and captured."""

from __future__ import annotations

from dataclasses import replace

from probes.exercise.agreement import agree
from probes.exercise.capture import capture
from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.expect import apply
from probes.exercise.http import send
from probes.exercise.http_request import headers_of
from probes.exercise.model import HttpProbe

_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
"""Seconds before a probe is sent again: the first time, and at the most."""


def ask(probe: HttpProbe, conversation: Conversation) -> Exchange:
    """Send `probe` (its variables expanded) until it passes, or as often as it says; the exchange is
    that of the last time.

    An answer that is not as expected, or that lacks what is to be captured, is a failure like any
    other. Raises ExerciseError when nothing listens.
    """
    pause = _PAUSE
    for attempt in range(1, probe.retries + 2):
        exchange = replace(_ask_once(probe, conversation), attempts=attempt)
        if exchange.passed or exchange.result is Result.DIED or attempt > probe.retries:
            break
        conversation.session.say(f"sending {probe.name} again")
        conversation.session.container.wait(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return exchange


def _ask_once(probe: HttpProbe, conversation: Conversation) -> Exchange:
    """Of the targets the first that answers, else what came of the first."""
    session = conversation.session
    probe = replace(probe, headers=headers_of(probe, session))
    timeout = probe.timeout or session.options.probe_timeout
    first: Exchange | None = None
    for target in conversation.reached(probe.port):
        if not conversation.http_port:
            session.say(f"waiting for {target.address} to answer HTTP")
        exchange = agree(
            probe, target, conversation, lambda one, where: send(one, where, conversation.cookies, timeout)
        )
        if exchange.status is not None:
            scheme = conversation.schemes.get(target.container_port, "http")
            conversation.answered(probe.port, replace(target, scheme=scheme))
            return conversation.survived(_judge(probe, exchange, conversation))
        first = first or conversation.survived(exchange)
        if first.result is Result.DIED:
            break
    assert first  # noqa: S101 - there was a target
    return first


def _judge(probe: HttpProbe, exchange: Exchange, conversation: Conversation) -> Exchange:
    """`exchange` as the probe expects it or not; what it captures is in the conversation."""
    judged, values = capture(probe.captures, apply(probe.expect, exchange), conversation.cookies)
    conversation.variables.update(values)
    return judged
