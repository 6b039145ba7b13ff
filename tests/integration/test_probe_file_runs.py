"""`slim run --probes`: several lives of one image, from a file, to a verified slim image."""

from __future__ import annotations

import json

import pytest
from busybox_image import busybox_image
from command_line import belongings, slim, started
from images.started import docker

pytestmark = pytest.mark.engine

WAITS = ("sh", "-c", "trap exit TERM; sleep 1000 & wait")
"""Ends when it is told to, which a first process does not do by itself."""
FILE = """\
variables: {word: hello}
steps:
  - name: it is up
    until: {command: cat /etc/passwd}
  - exec: echo "$word" from "$WHO"
    expect: {body: ^hello from line}
  - parallel:
      - exec: cat /etc/passwd
      - exec: echo again
runs:
  - name: worker
    command: [sh, -c, "trap exit TERM; echo working; sleep 1000 & wait"]
    ready: {log: ^working$}
    idle: true
  - name: fails
    command: sh -c 'exit $CODE'
    env: {CODE: 3}
    exit_code: 3
  - name: other
    entrypoint: cat
    command: /etc/passwd
"""


def test_all_lives_of_a_file_are_traced_and_replayed(engine_answers, tmp_path):
    (tmp_path / "a.yaml").write_text(FILE)
    tag = "slim-test/probe-file:slim"
    command = ("run", busybox_image(), "-t", tag, "-o", "out", "-e", "WHO=line", "--probes", "a.yaml")
    try:
        with started(*command, "--", *WAITS, folder=tmp_path) as process:
            told, errors = process.communicate()
        assert (process.returncode, errors) == (0, ""), told
        report = json.loads((tmp_path / "out/report.json").read_text())
        assert docker("run", "--rm", tag, "cat", "/etc/passwd").exit_code == 0
        assert belongings(process.pid) == ()
    finally:
        docker("rmi", tag, check=False)
    names = [one["probe"] for one in report["probes"]]
    assert names == [
        "main: it is up", 'main: exec echo "$word" from "$WHO"', "main: exec cat /etc/passwd",
        "main: exec echo again", "worker: start up", "fails: run to its end", "other: run to its end",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("{exec: echo a, expect: {body: b}}", "expected standard output that matches /b/, got a"),
        ("{until: {log: never}, timeout: 0.5}", "timed out"),
    ],
)
def test_a_step_that_fails_on_the_fat_image_fails_the_run(step, told, engine_answers, tmp_path):
    (tmp_path / "a.yaml").write_text(f"steps:\n  - {step}\n")
    done = slim("trace", busybox_image(), "--probes", "a.yaml", "--", *WAITS, folder=tmp_path)
    assert done.returncode == 6
    assert told in done.stderr
