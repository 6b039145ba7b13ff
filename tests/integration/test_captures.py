"""Values that are taken from what commands print, for the probes after them."""

from __future__ import annotations

import pytest
from exercised import http_server

from probes.exercise.model import ExecProbe, HostProbe, HttpProbe
from probes.exercise.parts import Capture
from probes.exercise.runner import exercise, failures

pytestmark = pytest.mark.engine


def test_what_commands_print_is_captured_for_later_probes(start):
    session = start.python(http_server())
    probes = (
        ExecProbe("""echo '{"page": "x?y=1"}'""", captures=(Capture("page", "json", "/page"),)),
        HostProbe('echo "at $SLIM_PORT"', captures=(Capture("port", "regex", "at ([0-9]+)"),)),
        HttpProbe("GET", "/${page}", port=0, headers=(("x-port", "${port}"),)),
        HostProbe('test "$page $port" = "x?y=1 8000"'),
        ExecProbe("echo nothing", captures=(Capture("gone", "regex", "[0-9]"),)),
    )
    done = exercise(probes, session)
    assert [one.passed for one in done.exchanges] == [True, True, True, True, False]
    assert done.exchanges[2].sent.line == "GET /x?y=1"
    assert ("x-port", "8000") in done.exchanges[2].sent.headers
    assert failures(done.exchanges)[0].endswith(
        "${gone} was not captured: the answer has nothing that matches /[0-9]/"
    )
