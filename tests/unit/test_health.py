"""Whose HEALTHCHECK it is, and whether the command that it stands beside is the one that runs."""

import json

import pytest

from probes.exercise.model import HealthProbe
from probes.health import health_probe
from slim.engine.interface import ContainerSpec, Template
from slim.oci.config import ImageConfig

TEST = ["CMD-SHELL", "curl -f localhost || exit 1"]
ARGV = ("/bin/sh", "-c", "curl -f localhost || exit 1")
IMAGE = {"Entrypoint": ["serve"], "Cmd": ["--web"], "Healthcheck": {"Test": TEST}}


def config(**run):
    document = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    return ImageConfig.parse(json.dumps({**document, "config": {**IMAGE, **run}}).encode())


def composed(**found):
    return Template(json.dumps({"Config": {**IMAGE, **found}, "HostConfig": {}, "Networks": {}}))


OF_THE_SERVICE = {"Test": ["CMD", "worker", "ping"]}


@pytest.mark.parametrize(
    ("spec", "may_fail"),
    [
        pytest.param(ContainerSpec("i"), False, id="the image's own command"),
        pytest.param(ContainerSpec("i", command=("--web",)), False, id="the same command, spelled out"),
        pytest.param(ContainerSpec("i", command=("--worker",)), True, id="another command"),
        pytest.param(ContainerSpec("i", entrypoint=("serve",)), True, id="an entrypoint drops the command"),
        pytest.param(ContainerSpec("i", entrypoint=(), command=("sh",)), True, id="no entrypoint"),
        pytest.param(ContainerSpec("i", template=composed()), False, id="a service"),
        pytest.param(
            ContainerSpec("i", template=composed(Cmd=["--worker"])), True, id="a service of another command"
        ),
    ],
)
def test_an_image_s_healthcheck_may_fail_beside_another_command(spec, may_fail):
    assert health_probe(config(), spec) == HealthProbe(ARGV, may_fail=may_fail)


def test_a_service_s_own_healthcheck_is_of_the_service_s_command():
    template = composed(Cmd=["--worker"], Healthcheck=OF_THE_SERVICE)
    own = health_probe(config(), ContainerSpec("i", template=template))
    assert own == HealthProbe(("worker", "ping"))
    replaced = health_probe(config(), ContainerSpec("i", command=("sh",), template=template))
    assert replaced == HealthProbe(("worker", "ping"), may_fail=True)


def test_its_times_are_the_image_s():
    check = {"Test": ["CMD", "ok"], "Timeout": 90_000_000_000, "StartPeriod": 1_500_000_000}
    found = health_probe(config(Healthcheck=check), ContainerSpec("i"))
    assert found == HealthProbe(("ok",), timeout=90.0, start_period=1.5)


@pytest.mark.parametrize("test", [["NONE"], [], ["CMD"], ["CMD-SHELL"]])
def test_none_at_all(test):
    assert health_probe(config(Healthcheck={"Test": test}), ContainerSpec("i")) is None
    service = ContainerSpec("i", template=composed(Healthcheck={"Test": test}))
    assert health_probe(config(), service) is None
