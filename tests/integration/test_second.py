"""The second runs of the fat image: beside slim's own work, and gone whenever slim is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from busybox_image import busybox_image

from probes.exercise.model import ExecProbe, UntilProbe
from probes.exercise.parts import Until
from probes.exercise.session import Options
from probes.life import Life
from probes.observe import Observation, Setting
from slim.commands.exercising import Exercising
from slim.commands.observing import Seen, observe_life
from slim.commands.second import SECOND, second_runs
from slim.engine.interface import ContainerSpec, Engine
from slim.engine.read import read_image
from slim.engine.runs import LABEL, Run
from slim.errors import ExerciseError, HostError
from slim.oci.image import Image
from slim.progress import Stages
from slim.report.terminal import TerminalListener

pytestmark = [pytest.mark.engine, pytest.mark.alone]

SERVER = ("/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done")
LATE = "test -e /state/first && sleep 100; : >/state/first"
"""Passes at once in the first run, and takes its time in the second."""


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Image:
    return read_image(engine, busybox_image(), tmp_path_factory.mktemp("image"))


class Fat:
    """First runs of the image, for the second to begin with."""

    def __init__(self, engine: Engine, run: Run, image: Image) -> None:
        self.engine, self.run, self.image = engine, run, image

    def asked(self, *lives: Life, **more: Any) -> Exercising:
        given: dict[str, Any] = {
            "options": Options(start_timeout=20, probe_timeout=200, allow_unexercised=True),
            "watch": "strace",
            "settle": 0.5,
            "held": None,
            "environment": {},
            "accept_incomplete": False,
            "portable": False,
        }
        return Exercising(self.image.reference, lives, **{**given, **more})

    def life(self, *probes: str, name: str = "", **spec: Any) -> Life:
        spec = {"entrypoint": SERVER[:1], "command": SERVER[1:], **spec}
        found = tuple(ExecProbe(one) for one in probes)
        return Life(ContainerSpec(self.image.reference, **spec), found, name=name)

    def volume(self) -> str:
        """A named volume that goes with the run."""
        return f"slim-test-{self.run.id}:/state"

    def seen(self, asked: Exercising) -> tuple[Setting, tuple[Seen, ...]]:
        setting = asked.setting(self.engine, self.run)
        stages = Stages(TerminalListener(None))
        return setting, tuple(observe_life(setting, self.image, one, asked, stages) for one in asked.lives)


@pytest.fixture
def fat(engine: Engine, run: Run, image: Image) -> Iterator[Fat]:
    yield Fat(engine, run, image)
    assert containers(engine, run.id) == []
    assert "second runs" not in {thread.name for thread in threading.enumerate()}


def containers(engine: Engine, identifier: str, label: str = SECOND) -> list[str]:
    found = engine.labelled(f"{label}={identifier}")
    return [container for kind, container, _ in found if kind == "container"]


def await_container(engine: Engine, identifier: str) -> None:
    late = time.monotonic() + 20
    while not containers(engine, identifier):
        assert time.monotonic() < late
        time.sleep(0.05)


def output(found: Observation) -> list[bytes]:
    return [one.body for one in found.transcript.exchanges]


def test_each_life_runs_once_more_with_the_same_probes_while_slim_works(fat: Fat) -> None:
    asked = fat.asked(fat.life("echo a; sleep 0.3", name="one"), fat.life("cat /etc/passwd", name="two"))
    setting, seen = fat.seen(asked)
    with second_runs(setting, fat.image, seen, asked) as runs:
        await_container(fat.engine, fat.run.id)
        runs.before_replay()  # they share nothing with a replay
        assert containers(fat.engine, fat.run.id)
        said: list[str] = []
        first, second = runs.again(said.append)
        assert runs.again() == (first, second)
    assert output(first) == [b"a\n"]
    assert [one.probe for one in second.transcript.exchanges] == ["two: exec cat /etc/passwd"]
    assert output(second) == output(seen[1].found)
    assert first.trace.complete
    assert {one.tracer for one in first.trace.accesses} == {"strace"}
    assert any("one: the fat image once more: " in text for text in said)


def test_with_a_volume_they_have_ended_before_the_replay_begins(fat: Fat) -> None:
    asked = fat.asked(fat.life("sleep 0.5", volumes=(fat.volume(),)))
    setting, seen = fat.seen(asked)
    with second_runs(setting, fat.image, seen, asked) as runs:
        await_container(fat.engine, fat.run.id)
        runs.before_replay()
        assert containers(fat.engine, fat.run.id) == []
        assert len(runs.again()) == 1


def test_what_must_be_alone_runs_when_it_is_asked_for(fat: Fat) -> None:
    asked = fat.asked(fat.life("cat /etc/passwd"))
    setting, seen = fat.seen(asked)
    with second_runs(replace(setting, around=None, watch="fanotify"), fat.image, seen, asked) as runs:
        time.sleep(0.5)
        assert containers(fat.engine, fat.run.id, LABEL) == []
        runs.before_replay()
        assert output(runs.again()[0]) == output(seen[0].found)


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        ("test ! -e /state/first; code=$?; : >/state/first; exit $code", "exited with code 1"),
        ("test ! -e /state/first || kill 1; : >/state/first; sleep 1", "container dead"),
    ],
)
def test_a_probe_that_passes_only_once_proves_nothing(fat: Fat, probe: str, told: str) -> None:
    asked = fat.asked(fat.life(probe, volumes=(fat.volume(),), name="web"))
    setting, seen = fat.seen(asked)
    with (
        second_runs(setting, fat.image, seen, asked) as runs,
        pytest.raises(ExerciseError, match=told) as raised,
    ):
        runs.before_replay()
    assert raised.value.message.startswith("the fat image is unstable: ")
    assert f"web: exec {probe}" in raised.value.message
    assert "state in volumes" in raised.value.remedy


def test_an_image_that_starts_only_once_is_told_as_such(fat: Fat) -> None:
    script = "test -e /state/first && exit 3; : >/state/first; while :; do sleep 0.1; done"
    life = fat.life("true", command=("-c", script), volumes=(fat.volume(),))
    asked = fat.asked(life)
    setting, seen = fat.seen(asked)
    with (
        second_runs(setting, fat.image, seen, asked) as runs,
        pytest.raises(ExerciseError, match="ready in its first run"),
    ):
        runs.again()


def test_a_probe_that_sleeps_holds_nothing_up(fat: Fat) -> None:
    life = fat.life("true")
    asked = fat.asked(replace(life, probes=(*life.probes, UntilProbe(Until(seconds=6)))))
    setting, seen = fat.seen(asked)
    with second_runs(setting, fat.image, seen, asked):
        time.sleep(1.5)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert containers(fat.engine, fat.run.id, LABEL) == []


def test_an_error_elsewhere_ends_them_at_once(fat: Fat) -> None:
    asked = fat.asked(fat.life(LATE, volumes=(fat.volume(),)), fat.life("sleep 0.1", name="next"))
    setting, seen = fat.seen(asked)
    with pytest.raises(HostError, match="of the build"), second_runs(setting, fat.image, seen, asked):
        await_container(fat.engine, fat.run.id)
        time.sleep(1)
        began = time.monotonic()
        raise HostError("of the build")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8])
def test_they_are_gone_at_whatever_moment_they_are_given_up(fat: Fat, pause: float) -> None:
    asked = fat.asked(fat.life("sleep 0.2"))
    setting, seen = fat.seen(asked)
    with second_runs(setting, fat.image, seen, asked):
        time.sleep(pause)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert containers(fat.engine, fat.run.id, LABEL) == []
