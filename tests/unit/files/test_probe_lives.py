"""Probe files and the command line make the lives of an image together."""

import pytest

from probes.exercise.model import ExecProbe, ExitProbe, HttpProbe
from probes.exercise.parts import Until
from probes.files.lives import lives_from, together
from probes.files.load import load
from probes.life import Life
from slim.engine.interface import ContainerSpec
from slim.errors import UsageError

BASE = ContainerSpec(
    "shop",
    command=("serve",),
    environment=(("A", "base"), ("B", "base")),
    environment_removed=("C", "D"),
    user="app",
    volumes=("data:/data",),
    read_only=True,
)


@pytest.fixture
def file(tmp_path):
    def written(content, name="a.yaml"):
        (tmp_path / name).write_text(content)
        return load(tmp_path / name, {"HOME": "/home/me"})

    return written


def test_a_run_is_the_image_as_given_with_its_own_differences(file, tmp_path):
    (tmp_path / "worker.env").write_text("B=file\nE=file\nHOME\n")
    own, (worker, shell, plain) = lives_from(file("""
variables: {shared: 1, mine: 1}
runs:
  - name: worker
    command: worker --queue 'the mail'
    env_file: worker.env
    env: {C: run, E: run}
    user: 1000
    workdir: /srv
    read_only: false
    ready: {log: ready}
    port: 9000
    exit_code: 3
    idle: true
    variables: {mine: 2}
    steps: [{exec: "true"}]
  - {name: shell, entrypoint: sh -c, command: [ls]}
  - {name: plain, entrypoint: ""}
"""), Life(BASE, (HttpProbe("GET", "/"),)))  # fmt: skip
    assert own == Life(BASE, (HttpProbe("GET", "/"),), variables=(("shared", "1"), ("mine", "1")))
    assert worker == Life(
        ContainerSpec(
            "shop", command=("worker", "--queue", "the mail"),
            environment=(("A", "base"), ("B", "file"), ("E", "run"), ("HOME", "/home/me"), ("C", "run")),
            environment_removed=("D",), user="1000", workdir="/srv", volumes=("data:/data",),
        ),
        (ExecProbe("true"),), "worker", Until(log="ready"), 9000, 3,
        (("shared", "1"), ("mine", "2")), idle=True,
    )  # fmt: skip
    assert (shell.spec.entrypoint, shell.spec.command) == (("sh", "-c"), ("ls",))
    assert (plain.spec.entrypoint, plain.spec.command) == ((), None), (
        "as docker run: CMD goes with ENTRYPOINT"
    )


def test_the_command_lines_probes_come_first_and_its_options_win(file):
    content = "ready: {port: 1}\nport: 1\nexit_code: 4\nidle: true\nsteps: [{http: /file}]"
    main = Life(BASE, (HttpProbe("GET", "/line"),), ready=Until(port=2), port=2, exit_code=5)
    own, runs = lives_from(file(content), main)
    assert own == Life(
        BASE, (HttpProbe("GET", "/line"), HttpProbe("GET", "/file")), ready=Until(port=2), port=2,
        exit_code=5, idle=True,
    )  # fmt: skip
    assert runs == ()
    own, _ = lives_from(file(content), Life(BASE))
    assert (own.ready, own.port, own.exit_code) == (Until(port=1), 1, 4)


def test_the_images_own_command_can_be_left_out(file):
    own, (run,) = lives_from(file("main: false\nruns: [{name: a}]"), Life(BASE))
    assert (own, run.name, run.spec) == (None, "a", BASE)


def test_several_files_are_one(file):
    merged = together([
        file("variables: {a: 1}\nready: {port: 1}\nsteps: [{http: /1}]\nruns: [{name: x}]", "1.yaml"),
        file("main: false\nruns: [{name: y}]", "2.yaml"),
        file("variables: {a: 1, b: 2}\nport: 80\nsteps: [{http: /2}]", "3.yaml"),
    ])  # fmt: skip
    assert merged.main.probes == (HttpProbe("GET", "/1"), HttpProbe("GET", "/2"))
    assert (merged.main.ready, merged.main.port) == (Until(port=1), 80)
    assert merged.main.variables == (("a", "1"), ("b", "2"))
    assert [run.name for run in merged.runs] == ["x", "y"]


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ("runs: [{name: x}]", "runs: [{name: x}]", "a run x"),
        ("port: 1", "port: 2", "`port:`"),
        ("ready: {port: 1}", "ready: {port: 2}", "`ready:`"),
        ("variables: {a: 1}", "variables: {a: 2}", "the variable a"),
    ],
)
def test_files_that_contradict_each_other_are_refused(file, first, second, what):
    with pytest.raises(UsageError) as caught:
        together([file(first, "1.yaml"), file(second, "2.yaml")])
    assert caught.value.cause == f"both have {what}"


def test_a_run_without_steps_whose_exit_code_is_told_runs_to_its_end(file):
    content = "exit_code: 2\nruns: [{name: a, exit_code: 0}, {name: b}]"
    own, (ends, found_out) = lives_from(file(content), Life(BASE))
    assert (own.probes, own.exit_code) == ((ExitProbe(),), 2)
    assert (ends.probes, found_out.probes) == ((ExitProbe(),), ())
    own, _ = lives_from(file(content), Life(BASE, (HttpProbe("GET", "/"),)))
    assert own.probes == (HttpProbe("GET", "/"),)
