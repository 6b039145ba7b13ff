"""Another container's description as what slim's own is created from."""

from __future__ import annotations

from typing import Any

from slim.engine.container_config import container_config
from slim.engine.interface import ContainerSpec, Mount
from slim.engine.template import Endpoint, first_endpoint, template_of

INSPECTED: dict[str, Any] = {
    "Id": "0123456789abcdef",
    "Config": {
        "Hostname": "0123456789ab",
        "User": "app",
        "Env": ["PATH=/bin", "MODE=file", "GONE=1"],
        "Entrypoint": ["/start"],
        "Cmd": ["serve"],
        "Tty": True,
        "Labels": {"com.docker.compose.service": "web"},
        "Volumes": {"/anonymous": {}},
        "StopSignal": "SIGINT",
    },
    "HostConfig": {
        "Binds": ["/etc/settings:/settings:ro", "proj_data:/data:rw"],
        "Mounts": [{"Type": "volume", "Source": "proj_cache", "Target": "/cache"}],
        "NetworkMode": "proj_default",
        "CapAdd": ["CAP_NET_ADMIN"],
        "CapDrop": None,
        "RestartPolicy": {"Name": "always"},
        "LogConfig": {"Type": "none", "Config": {}},
        "Init": True,
        "Links": ["/db:/web/database"],
        "Ulimits": [{"Name": "nofile", "Soft": 9, "Hard": 9}],
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
        "ReadonlyRootfs": True,
        "ShmSize": 1 << 20,
    },
    "NetworkSettings": {
        "Networks": {
            "proj_default": {
                "Aliases": ["web", "0123456789ab", "shop"],
                "IPAMConfig": {"IPv4Address": "10.0.0.5"},
                "IPAddress": "10.0.0.5",
            }
        }
    },
}


def body(**fields: Any) -> dict[str, Any]:
    template = template_of(INSPECTED, "web", (Endpoint("proj_back", ("inner",)),))
    spec = ContainerSpec("slim", template=template, **fields)
    return container_config(spec, {"io.slim.run": "id"}, engine="Docker", log_driver="json-file")


def test_what_the_user_and_slim_do_not_say_is_as_described():
    made = body()
    assert made["Image"] == "slim"
    assert (made["User"], made["Entrypoint"], made["Cmd"]) == ("app", ["/start"], ["serve"])
    assert made["StopSignal"] == "SIGINT"
    assert made["Volumes"] == {"/anonymous": {}}
    assert made["Labels"] == {"com.docker.compose.service": "web", "io.slim.run": "id"}
    host = made["HostConfig"]
    assert host["Binds"] == INSPECTED["HostConfig"]["Binds"]
    assert host["Mounts"] == INSPECTED["HostConfig"]["Mounts"]
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 9, "Hard": 9}]
    assert host["ShmSize"] == 1 << 20
    assert host["ReadonlyRootfs"]
    assert host["Links"] == ["db:database"]
    assert host["PortBindings"] == {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}


def test_the_program_is_process_1_once_with_a_log_that_can_be_read():
    made = body()
    assert not made["Tty"]
    assert made["Hostname"] == ""
    assert "Init" not in made["HostConfig"]
    assert made["HostConfig"]["RestartPolicy"] == {"Name": "no"}
    assert made["HostConfig"]["LogConfig"] == {"Type": "json-file"}


def test_options_go_before_the_description():
    made = body(
        environment=(("MODE", "option"), ("NEW", "2")),
        environment_removed=("GONE",),
        user="root",
        volumes=("/mine:/settings", "/cache"),
        capabilities_added=("CAP_SYS_PTRACE",),
        mounts=(Mount("toolkit", "/.slim"),),
        publish=(80,),
    )
    assert made["Env"] == ["PATH=/bin", "MODE=option", "GONE", "NEW=2"]
    assert made["User"] == "root"
    host = made["HostConfig"]
    assert host["Binds"] == ["proj_data:/data:rw", "/mine:/settings", "toolkit:/.slim"]
    assert host["Mounts"] == []
    assert host["CapAdd"] == ["CAP_NET_ADMIN", "CAP_SYS_PTRACE"]
    assert [one["HostPort"] for one in host["PortBindings"]["80/tcp"]] == ["8080", ""]


def test_an_entrypoint_drops_the_described_command_and_a_command_keeps_the_entrypoint():
    made = body(entrypoint=("/other",))
    assert (made["Entrypoint"], made["Cmd"]) == (["/other"], None)
    made = body(command=("migrate",))
    assert (made["Entrypoint"], made["Cmd"]) == (["/start"], ["migrate"])


def test_it_joins_the_described_networks_under_its_service_name():
    endpoints = body()["NetworkingConfig"]["EndpointsConfig"]
    assert endpoints["proj_default"] == {
        "Aliases": ["shop", "web"],
        "IPAMConfig": {"IPv4Address": "10.0.0.5"},
    }
    assert endpoints["proj_back"] == {"Aliases": ["inner", "web"], "IPAMConfig": {}}


def test_a_network_of_the_user_is_joined_too_but_host_and_none_replace_all():
    made = body(network="mine")
    assert made["HostConfig"]["NetworkMode"] == "proj_default"
    assert sorted(made["NetworkingConfig"]["EndpointsConfig"]) == ["mine", "proj_back", "proj_default"]
    made = body(network="host")
    assert made["HostConfig"]["NetworkMode"] == "host"
    assert made["NetworkingConfig"]["EndpointsConfig"] == {}


def test_only_the_first_network_goes_into_the_creation():
    made, others = first_endpoint(body())
    assert list(made["NetworkingConfig"]["EndpointsConfig"]) == ["proj_default"]
    assert list(others) == ["proj_back"]


def test_a_template_does_not_show_its_secrets():
    assert "MODE" not in repr(ContainerSpec("slim", template=template_of(INSPECTED, "web")))
