"""What the probes of one run share: where to send, cookies, variables; and whether the container lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http.cookiejar import CookieJar

from probes.exercise.exchange import Exchange, Result
from probes.exercise.listeners import listeners
from probes.exercise.logs import log_tail
from probes.exercise.readiness import await_commands, await_targets
from probes.exercise.session import Session
from probes.exercise.target import Target
from probes.exercise.unready import loopback_listeners, nothing_listens
from slim.engine.interface import ContainerState

_END_SECONDS = 0.5
"""How long after a broken connection the engine may take to notice that the container ended."""


class Conversation:
    """The state of one run's probes; what they do to it, later ones see."""

    def __init__(self, session: Session, variables: Mapping[str, str] | None = None) -> None:
        self.session = session
        self.cookies = CookieJar()
        self.variables: dict[str, str] = dict(variables or {})
        """What `${name}` stands for: given, then captured."""
        self.http_port = 0
        """The container's port that answered HTTP; 0 while none did."""
        self.schemes: dict[int, str] = {}
        """http or https, by the container's port, as far as it is known."""
        self.ready = False
        """Whether what the user said, or the HEALTHCHECK, has come true."""
        self._targets: dict[int, tuple[Target, ...]] = {}
        self._commands_ready = False

    def targets(self, port: int = 0, timeout: float | None = None) -> tuple[Target, ...]:
        """Where `port` (0: the port to be found) is reached; waits for it at the first call, `timeout`
        seconds at the most (None: `--start-timeout`)."""
        return self._targets.get(port) or self.listens(port, timeout)

    def listens(self, port: int, timeout: float | None) -> tuple[Target, ...]:
        """As `targets`, of now: a server that was reached before may have been ended, and may start again."""
        found = await_targets(self.session, port, timeout)
        if found and port not in self._targets:
            self._targets[port] = found
        return found

    def reached(self, port: int = 0) -> tuple[Target, ...]:
        """As `targets`; ExerciseError where nothing listens within `--start-timeout`."""
        found = self.targets(port)
        if not found:
            raise nothing_listens(self.session, port)
        return found

    def answered(self, port: int, target: Target) -> None:
        """Remember that `target` is the one that answers HTTP on `port`."""
        self._targets[port] = (target,)
        self.http_port = self.http_port or target.container_port

    def await_commands(self, target: Target | None = None) -> None:
        """Wait until commands make sense, once; not at all where a port has answered."""
        if not (target or self.ready or self._commands_ready or self.http_port):
            await_commands(self.session)
        self._commands_ready = True

    def target_of_commands(self) -> Target | None:
        """Where SLIM_URL leads; None for a container that need not listen and does not."""
        session = self.session
        if session.network == "none" or (not self._targets and self._will_not_listen()):
            return None
        targets = self.targets()
        if not targets and (session.options.port or session.exposed or loopback_listeners(session)):
            raise nothing_listens(session)
        if not targets:
            session.say("nothing listens: SLIM_URL is not set")
        return targets[0] if targets else None

    def _will_not_listen(self) -> bool:
        """Whether waiting for a listener is pointless: the program has started up without one."""
        expected = self.session.options.port or self.session.exposed
        if not self._commands_ready and (expected or not self.ready):
            return False
        return all(one.loopback for one in listeners(self.session))

    def dead(self, name: str, kind: str) -> Exchange | None:
        """The exchange of a probe that finds the container dead; None while it lives. Before the first
        probe was ready its end is no result but an error, which waiting raises."""
        if not (self._targets or self._commands_ready or self.ready):
            return None
        state = self.session.container.state()
        if state.exit_code is None:
            return None
        return self._died(Exchange(name, kind, Result.DIED), state)

    def survived(self, exchange: Exchange) -> Exchange:
        """`exchange`, or what became of it when the container died under it."""
        if exchange.passed:
            return exchange
        if exchange.result in (Result.REFUSED, Result.BROKEN, Result.ANSWERED):
            self.session.container.wait(_END_SECONDS)
        state = self.session.container.state()
        return exchange if state.exit_code is None else self._died(exchange, state)

    def _died(self, exchange: Exchange, state: ContainerState) -> Exchange:
        detail = f"exit code {state.exit_code}{', out of memory' if state.oom_killed else ''}"
        if tail := log_tail(self.session.container):
            detail += "; its last log lines:\n" + "\n".join(tail)
        return replace(exchange, result=Result.DIED, exit_code=state.exit_code, detail=detail)
