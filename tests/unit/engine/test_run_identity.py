"""A run's id says whether its process still lives, and nothing is claimed that cannot be known."""

import os
import re
import subprocess
import sys

import psutil

from slim.engine.runs import PENDING_PREFIX, Run, is_dead, new_run_id


def parts(identifier: str) -> list[str]:
    return identifier.split("-")


def test_our_own_run_lives():
    assert not is_dead(new_run_id())


def test_two_runs_of_one_process_differ():
    assert new_run_id() != new_run_id()


def test_a_run_of_a_process_that_has_ended_is_dead():
    program = "from slim.engine.runs import new_run_id; print(new_run_id())"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert is_dead(ended.stdout.strip())


def test_a_run_lives_while_its_process_does():
    program = "from slim.engine.runs import new_run_id; print(new_run_id(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        identifier = process.stdout.readline().strip()
        assert not is_dead(identifier)
        process.communicate("\n")
    assert is_dead(identifier)


def test_a_run_whose_process_is_a_zombie_is_dead():
    program = "from slim.engine.runs import new_run_id; print(new_run_id())"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        identifier = process.stdout.readline().strip()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
        assert is_dead(identifier)


def test_another_process_with_the_same_number_is_not_the_owner():
    machine, boot, pid, start, rest = parts(new_run_id())
    assert is_dead("-".join([machine, boot, pid, f"s{int(start[1:]) - 100}", rest]))


def test_a_run_from_before_the_last_boot_is_dead():
    machine, _, pid, start, rest = parts(new_run_id())
    assert is_dead("-".join([machine, "b00000000", pid, start, rest]))


def test_runs_of_other_machines_and_strange_ids_are_never_called_dead():
    _, boot, _, start, rest = parts(new_run_id())
    assert not is_dead("-".join(["m000000000000", boot, "p999999999", start, rest]))
    for strange in ("", "x", "m-b-p-s-r", new_run_id() + "x", "../../etc"):
        assert not is_dead(strange)


def test_the_pending_reference_is_a_legal_image_name(tmp_path):
    reference = Run(new_run_id(), tmp_path).pending_reference
    assert reference.startswith(PENDING_PREFIX)
    # distribution/reference's grammar for a path component, then a tag
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*:[\w.-]{1,128}", reference)
    assert len(reference) < 255
