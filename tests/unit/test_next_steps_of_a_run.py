"""What a user is advised to do about a slim image that is not verified."""

from dataclasses import replace

import pytest
from handmade import Handmade, plan_keeping

from probes.exercise.exchange import Exchange, Result, Transcript
from probes.observe import Observation
from probes.watch.trace import Trace
from slim.build import BuiltImage
from slim.report import assemble
from slim.report.assemble import RunResult
from slim.report.next_steps import next_steps
from slim.verify.model import Evidence
from slim.verify.verdict import did_not_start, verdict_of

WHOLE = "run again with --keep package"
TRACE = Trace("sha256:0", complete=True)


def observed(status, *log):
    one = Exchange("GET /", "http", Result.ANSWERED, status)
    return Observation(TRACE, Transcript((one,), None, (), log), (), 80, (), obeys_stop=True)


def result(folder, run, *, tag="", options=()):
    made = Handmade(folder).folder("/srv").folder("/usr/lib/python3.11")
    image = made.file("/usr/lib/python3.11/colorsys.py").image()
    plan = replace(plan_keeping(image, "/srv"), options=options)
    built = BuiltImage("sha256:1", 0, 2, (), folder / "slim.tar")
    return assemble.Result(image, built, (run,), TRACE, plan, tag)


def not_started(*log):
    fat = observed(200)
    why = "\n".join(("the container ended", *log))
    return RunResult("", ("serve",), fat, None, did_not_start(fat.transcript, why))


def other_answer(*log):
    fat, slim = observed(200), observed(500, *log)
    ran, own = (Evidence(one.transcript, one.trace) for one in (fat, slim))
    return RunResult("", ("serve",), fat, slim, verdict_of(ran, (ran,), own))


@pytest.mark.parametrize("run", [not_started(), other_answer()])
def test_whole_packages_are_advised_where_they_were_not_asked_for(run, tmp_path):
    (step,) = next_steps(result(tmp_path, run))
    assert step.endswith(WHOLE)
    (step,) = next_steps(result(tmp_path, run, options=("--keep", "package")))
    assert "--keep package" not in step


def test_a_tag_is_advised_where_there_is_none(tmp_path):
    for tag, is_advised in (("", True), ("shop:slim", False)):
        (step,) = next_steps(result(tmp_path, not_started(), tag=tag))
        assert ("--keep-unverified" in step) is is_advised


@pytest.mark.parametrize("made", [not_started, other_answer])
def test_the_module_that_the_log_ends_with_comes_first(made, tmp_path):
    steps = next_steps(result(tmp_path, made("ModuleNotFoundError: No module named 'colorsys'")))
    path = "/usr/lib/python3.11/colorsys.py"
    assert steps[0] == f"the last line of the log asks for {path}: run again with --include {path}"
