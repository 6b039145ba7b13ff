"""What of a life must not run at the same time as another run."""

import os

import pytest

from probes.exercise.model import ExecProbe, HostProbe, HttpProbe, Together
from probes.life import Life
from slim.commands.overlap import may_overlap, must_be_alone
from slim.engine.interface import ContainerSpec

HOST = HostProbe("pytest e2e/")


def life(*probes, **spec):
    return Life(ContainerSpec("image", **spec), probes)


@pytest.mark.parametrize(
    "free",
    [
        life(),
        life(HttpProbe("GET", "/"), ExecProbe("true")),
        life(ports=("80", "127.0.0.1::443")),
        life(network="bridge"),
        life(network="none"),
        life(volumes=("/data", "/srv/data:/data:ro", "named:/data:z,ro")),
        life(tmpfs=("/tmp",), read_only=True, hostname="me", user="1000"),
    ],
)
def test_lives_that_share_nothing_go_on_at_the_same_time(free):
    assert may_overlap(free) == ""
    assert must_be_alone(free) == ""


@pytest.mark.parametrize(
    ("shares", "what"),
    [
        (life(ports=("80", "8080:80")), "-p 8080:80 "),
        (life(ports=("127.0.0.1:8080-8090:80",)), "-p 127.0.0.1:8080-8090:80 "),
        (life(network="host"), "--network host "),
        (life(network="container:db"), "--network container:db "),
        (life(network="test"), "--network test "),
        (life(volumes=("/srv/data:/data",)), "-v /srv/data:/data "),
        (life(volumes=("/x", "named:/data:rw,z")), "-v named:/data:rw,z "),
    ],
)
def test_what_two_runs_share_is_named_and_does_not_matter_to_slims_own_work(shares, what):
    assert may_overlap(shares).startswith(what)
    assert must_be_alone(shares) == ""


@pytest.mark.parametrize("probes", [(HOST,), (HttpProbe("GET", "/"), Together((ExecProbe("true"), HOST)))])
def test_a_command_on_this_machine_runs_in_the_main_thread(probes):
    assert "this machine" in may_overlap(life(*probes))
    assert "main thread" in must_be_alone(life(*probes))


def test_services_of_a_compose_file_are_brought_up_for_one_run_at_a_time():
    assert "Compose" in must_be_alone(life(), stack=True)


def test_fanotify_is_left_alone():
    assert "fanotify" in must_be_alone(life(), watch="fanotify")
    assert must_be_alone(life(), watch="both") == ""


def test_one_processor_does_one_thing_at_a_time():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [min(before)])
    try:
        assert must_be_alone(life()) == "there is one processor"
    finally:
        os.sched_setaffinity(0, before)
