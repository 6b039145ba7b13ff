"""Ask for one address after the other while there is time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from probes.crawl.model import FOUND_BY
from probes.exercise.exchange import Exchange, Result
from probes.exercise.model import HttpProbe

PAGE_SECONDS = 10.0
"""For one address; a page that takes longer would use up the time of many others."""


class Asker:
    """Sends the crawl's probes."""

    def __init__(
        self,
        send: Callable[[HttpProbe], Exchange],
        *,
        seconds: float,
        patience: float,
        say: Callable[[str], None],
    ) -> None:
        """`seconds`: for all probes together; `patience`: what any probe has, in seconds; `say` is told
        what is asked for."""
        self.out_of_time = False
        """Whether an address was not asked for since the time was up."""
        self._send = send
        self._end = time.monotonic() + seconds
        self._bound = min(PAGE_SECONDS, patience)
        self._say = say

    def __call__(self, probe: HttpProbe) -> tuple[HttpProbe, Exchange] | None:
        """Send `probe`; None when the time is up before it is answered. The probe that is given back is
        the one to replay: its own timeout does not depend on what time was left."""
        left = self._end - time.monotonic()
        if left <= 0:
            self.out_of_time = True
            return None
        self._say(f"crawl: {probe.name}")
        exchange = self._send(replace(probe, timeout=min(left, self._bound), found_by=FOUND_BY))
        if left < self._bound and exchange.result is Result.TIMED_OUT:
            self.out_of_time = True
            return None
        asked = replace(probe, timeout=self._bound, found_by=FOUND_BY)
        return asked, replace(exchange, found_by=FOUND_BY)
