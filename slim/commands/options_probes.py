"""What to exercise, and how long to wait for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from probes.exercise.model import Probe
from probes.exercise.parse import parse_exec_probe, parse_host_probe, parse_http_probe
from probes.hold import Hold
from probes.observe import SETTLE_SECONDS
from slim.commands.finite import FiniteRange
from slim.commands.grouped import grouped
from slim.commands.options import start_timeout_option
from slim.commands.options_compose import compose_options
from slim.commands.options_crawl import crawl_options
from slim.commands.options_files import probe_file_options
from slim.commands.options_http import http_options
from slim.commands.options_lives import lives_options
from slim.commands.options_openapi import openapi_options
from slim.commands.options_ready import ready_options

probe_options = grouped(
    click.option(
        "--http-probe",
        metavar="[METHOD:]PATH",
        multiple=True,
        help="Send an HTTP request, like / or POST:/login. May be given many times.",
    ),
    click.option(
        "--exec-probe",
        metavar="COMMAND",
        multiple=True,
        help="Run a shell command line in the container; exit code 0 is a pass.",
    ),
    click.option(
        "--host-probe",
        metavar="COMMAND",
        multiple=True,
        help="Run a shell command line on this machine, with SLIM_URL, SLIM_HOST, SLIM_PORT, "
        "SLIM_PORT_<n> for each port n that listens, and SLIM_CONTAINER set; exit code 0 is a pass.",
    ),
    click.option("--port", type=click.IntRange(1, 65535), help="The port for HTTP. Default: found."),
    start_timeout_option,
    click.option(
        "--probe-timeout",
        type=FiniteRange(min=0.1),
        default=30.0,
        show_default=True,
        metavar="SECONDS",
        help="How long one probe may take.",
    ),
    click.option(
        "--run-timeout",
        type=FiniteRange(min=0.1),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="How long a program that runs to its own end may take.",
    ),
    click.option(
        "--settle",
        type=FiniteRange(min=0),
        default=SETTLE_SECONDS,
        show_default=True,
        metavar="SECONDS",
        help="How long, after the last probe, to wait at the most until nothing new is used and the "
        "processes are idle: for lazy workers and timers.",
    ),
    click.option(
        "--hold",
        type=FiniteRange(min=0.1),
        metavar="SECONDS",
        help="Keep the container up after the probes, for you to exercise it by hand: for so long, "
        "until Enter is pressed, or until it ends.",
    ),
    click.option(
        "--exit-code",
        type=click.IntRange(0, 255),
        default=0,
        show_default=True,
        help="The exit code of a program that runs to its own end, on the fat image.",
    ),
    click.option(
        "--tracer",
        type=click.Choice(["auto", "strace", "fanotify", "both"]),
        default="auto",
        show_default=True,
        help="What watches the container; auto: strace, and fanotify too where slim is root on the "
        "engine's host. See docs/tracing.md.",
    ),
    click.option(
        "--allow-unexercised", is_flag=True, help="Go on when nothing could be exercised but the start."
    ),
    http_options,
    crawl_options,
    openapi_options,
    probe_file_options,
    lives_options,
    ready_options,
    compose_options,
)
"""What to exercise, and how long to wait."""


def probes_from(given: Mapping[str, Any]) -> tuple[Probe, ...]:
    """The probes that the user gave: HTTP first, then exec, then host, each in order."""
    return (
        *(parse_http_probe(text) for text in given["http_probe"]),
        *(parse_exec_probe(text) for text in given["exec_probe"]),
        *(parse_host_probe(text) for text in given["host_probe"]),
    )


def hold_from(given: Mapping[str, Any]) -> Hold | None:
    """How long the container is held for a person; None where that was not asked for."""
    if given["hold"] is None:
        return None
    keyboard = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
    return Hold(given["hold"], keyboard)
