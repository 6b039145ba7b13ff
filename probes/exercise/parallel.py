"""Probes that are sent at the same time."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from http.cookiejar import Cookie, CookieJar

from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange
from probes.exercise.model import SingleProbe

_CANCEL_SECONDS = 2.0
"""How long an interrupted group is waited for: its commands on this machine are killed meanwhile."""

Run = Callable[[SingleProbe, Conversation], Exchange]


def run_together(probes: Sequence[SingleProbe], conversation: Conversation, run: Run) -> tuple[Exchange, ...]:
    """Run each of `probes` in a thread of its own; their exchanges in the order of `probes`.

    All start from the cookies and variables that there are; what they add is put together in the order
    of `probes` when all are done, so that no race decides what later probes send. The first of their
    errors is raised. When slim is interrupted, the commands on this machine end with it.
    """
    cancelled = threading.Event()
    tasks = [_Task(probe, _branch(conversation, cancelled), run) for probe in probes]
    before = _by_key(conversation.cookies), dict(conversation.variables)
    try:
        for task in tasks:
            task.start()
        for task in tasks:
            task.done.wait()
    except BaseException:
        cancelled.set()
        until = time.monotonic() + _CANCEL_SECONDS
        for task in tasks:
            task.done.wait(max(0.0, until - time.monotonic()))
        raise
    for task in tasks:
        _merge(task.conversation, conversation, *before)
    return tuple(task.result() for task in tasks)


class _Task(threading.Thread):
    """One probe of a group. A daemon: a server that hangs must not hold up the end of slim."""

    def __init__(self, probe: SingleProbe, conversation: Conversation, run: Run) -> None:
        super().__init__(name=f"probe {probe.name}", daemon=True)
        self.conversation = conversation
        self.done = threading.Event()
        """Waited for instead of the thread: an exception in join() may take a living one for ended."""
        self._probe, self._run = probe, run
        self._exchange: Exchange | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._exchange = self._run(self._probe, self.conversation)
        except BaseException as error:  # raised where the group is waited for
            self._error = error
        finally:
            self.done.set()

    def result(self) -> Exchange:
        if self._error:
            raise self._error
        assert self._exchange  # noqa: S101 - it ran without an error
        return self._exchange


def _branch(conversation: Conversation, cancelled: threading.Event) -> Conversation:
    """`conversation` with cookies and variables of its own, and without marks: the group has its own."""
    branch = copy.copy(conversation)
    branch.session = replace(conversation.session, mark=lambda _: None, cancelled=cancelled)
    branch.variables = dict(conversation.variables)
    branch.cookies = CookieJar()
    for cookie in conversation.cookies:
        branch.cookies.set_cookie(cookie)
    return branch


CookieKey = tuple[str, str, str]


def _by_key(cookies: CookieJar) -> dict[CookieKey, Cookie]:
    return {(one.domain, one.path, one.name): one for one in cookies}


def _merge(
    branch: Conversation,
    conversation: Conversation,
    cookies: dict[CookieKey, Cookie],
    variables: dict[str, str],
) -> None:
    """Bring what `branch` changed since `cookies` and `variables` into `conversation`."""
    after = _by_key(branch.cookies)
    for key, cookie in after.items():
        if cookies.get(key) is not cookie:
            conversation.cookies.set_cookie(cookie)
    held = _by_key(conversation.cookies)
    for key in cookies.keys() - after.keys():
        if held.get(key) is cookies[key]:
            conversation.cookies.clear(*key)
    for name, value in branch.variables.items():
        if variables.get(name) != value:
            conversation.variables[name] = value
    conversation.http_port = conversation.http_port or branch.http_port
