"""What to exercise where the user gave no probe."""

from __future__ import annotations

from probes.exercise.conversation import Conversation
from probes.exercise.exchange import Exchange, Result
from probes.exercise.model import ExitProbe, HttpProbe, Probe, StartProbe
from probes.exercise.perform import perform
from probes.exercise.readiness import await_end
from probes.exercise.session import Session
from probes.exercise.starting import WINDOW, listens_or_idles
from probes.exercise.target import Target
from probes.exercise.unready import ended, nothing_listens
from slim.errors import ExerciseError

Decided = tuple[tuple[Probe, ...], tuple[Exchange, ...]]
"""The probes that were decided upon, at most one, and what came of them."""


def decide(run: Conversation, *, otherwise: tuple[StartProbe, ...] | None, idle: bool) -> Decided:
    """Exercise a container for which the user gave no probe.

    One that ends by itself is a program whose exit code and output are the probe; one that answers
    HTTP is sent `GET /`. Else `otherwise` is run; ExerciseError where that is None. `idle`: it may
    well be a worker, which is not waited for longer than it works.
    """
    found = _targets_or_end(run, lenient=otherwise is not None, idle=idle)
    if found is None:
        end = ExitProbe()
        return (end,), perform(end, run)
    home = HttpProbe("GET", "/")
    exchange = perform(home, run)[0] if found else None
    if exchange and exchange.status is not None:
        return (home,), (exchange,)
    if exchange and exchange.result is Result.DIED:
        raise ended(run.session, run.session.container.state())
    if otherwise is not None:
        return otherwise, tuple(one for probe in otherwise for one in perform(probe, run))
    if exchange:
        where = ", ".join(target.address for target in found)
        cause = f"{where} accepts connections but does not answer HTTP ({exchange.detail})"
    else:
        cause = nothing_listens(run.session).message + ", and the program did not end"
    raise nothing_exercised(cause)


def nothing_exercised(cause: str) -> ExerciseError:
    """The error of a container of which nothing could be exercised."""
    return ExerciseError(
        "nothing was exercised",
        cause=cause,
        remedy="give a probe (--http-probe, --exec-probe or --host-probe; steps in a probe file), a longer "
        "--start-timeout for a program that ends, or --allow-unexercised (`idle: true` for a run of a probe "
        "file) to go on with the start alone",
    )


def _targets_or_end(run: Conversation, *, lenient: bool, idle: bool) -> tuple[Target, ...] | None:
    """Where the container can be reached, empty when nowhere; None when it ended by itself."""
    session = run.session
    # who says when it is ready, and that the start is enough, need not be told that it never listens
    told = lenient and run.ready and session.ready is not None
    try:
        if session.network == "none" and not (idle or told):
            return None if await_end(session) else ()
        if (idle or told) and not _awaited(session, WINDOW if told else session.options.start_timeout):
            return ()
        return run.targets()
    except ExerciseError:
        state = session.container.state()
        if state.exit_code is None:
            if lenient:
                return ()
            raise
        if state.exit_code != 0 and session.exposed:
            raise  # a server that could not start, not a program that runs to its end
        return None


def _awaited(session: Session, timeout: float) -> bool:
    """Whether there is somewhere to send to, within `timeout` seconds."""
    return listens_or_idles(session, timeout) and session.network != "none"
