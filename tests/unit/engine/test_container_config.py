"""A spec as the engine's API wants it."""

import pytest

from slim.engine.container_config import container_config, named_volumes
from slim.engine.interface import ContainerSpec, Mount


def body(spec: ContainerSpec, engine: str = "Docker", log_driver: str = "json-file") -> dict:
    return container_config(spec, {"label": "value"}, engine=engine, log_driver=log_driver)


def test_what_is_not_given_is_left_to_the_image():
    config = body(ContainerSpec("image"))
    assert "Entrypoint" not in config
    assert "Cmd" not in config
    assert "Healthcheck" not in config
    assert config["Labels"] == {"label": "value"}


def test_no_entrypoint_at_all_is_one_empty_string():
    assert body(ContainerSpec("image", entrypoint=()))["Entrypoint"] == [""]


def test_a_removed_variable_is_a_name_without_a_value():
    spec = ContainerSpec("image", environment=(("A", "1"),), environment_removed=("B",))
    assert body(spec)["Env"] == ["A=1", "B"]


def test_anonymous_volumes_are_the_containers_and_others_the_hosts():
    spec = ContainerSpec("image", volumes=("/data", "name:/v:ro"), mounts=(Mount("own", "/.slim"),))
    config = body(spec)
    assert config["Volumes"] == {"/data": {}}
    assert config["HostConfig"]["Binds"] == ["name:/v:ro", "own:/.slim"]


def test_named_volumes_are_the_ones_an_engine_would_make():
    assert named_volumes(ContainerSpec("i", volumes=("b:/1", "/h:/2", "/3", "a:/4", "b:/5"))) == ("a", "b")


def test_slims_own_ports_are_published_on_the_loopback_address_beside_the_users():
    config = body(ContainerSpec("image", ports=("8080:80",), publish=(80, 81)))
    assert config["HostConfig"]["PortBindings"] == {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": ""}],
        "81/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}],
    }
    assert set(config["ExposedPorts"]) == {"80/tcp", "81/tcp"}


def test_a_network_of_the_users_is_also_an_endpoint():
    assert body(ContainerSpec("i", network="mine"))["NetworkingConfig"] == {"EndpointsConfig": {"mine": {}}}
    for network in ("", "host", "none", "bridge", "container:x"):
        assert "NetworkingConfig" not in body(ContainerSpec("i", network=network))


def test_unconfined_system_paths_are_two_empty_lists():
    config = body(ContainerSpec("i", security_options=("systempaths=unconfined", "no-new-privileges")))
    assert config["HostConfig"]["SecurityOpt"] == ["no-new-privileges"]
    assert config["HostConfig"]["MaskedPaths"] == []
    assert config["HostConfig"]["ReadonlyPaths"] == []


@pytest.mark.parametrize(
    ("driver", "replaced"), [("json-file", False), ("local", False), ("syslog", True), ("none", True)]
)
def test_an_engine_that_keeps_no_log_is_told_to(driver: str, replaced: bool):
    assert ("LogConfig" in body(ContainerSpec("i"), log_driver=driver)["HostConfig"]) == replaced


def test_podman_is_told_our_own_limits():
    names = [limit["Name"] for limit in body(ContainerSpec("i"), "Podman")["HostConfig"]["Ulimits"]]
    assert names == ["nofile", "nproc"]
    assert "Ulimits" not in body(ContainerSpec("i"))["HostConfig"]
