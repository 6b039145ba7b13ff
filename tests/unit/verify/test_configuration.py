"""What two configurations differ in, and what of it a container notices."""

import json

from slim.verify.configuration import ConfigDifference, config_differences

PLAIN = {
    "architecture": "amd64",
    "os": "linux",
    "created": "2024-01-31T00:00:00Z",
    "config": {
        "Cmd": ["serve"],
        "Entrypoint": None,
        "Env": ["PATH=/bin", "MODE=fast"],
        "ExposedPorts": {"80/tcp": {}},
        "Healthcheck": {"Test": ["CMD", "check"], "Interval": 5},
        "Labels": {"version": "1"},
        "User": "app",
        "WorkingDir": "/srv",
    },
    "history": [{"created_by": "step"}],
}


def differences(**changes):
    other = {**PLAIN, "config": {**PLAIN["config"], **changes}}
    return config_differences(json.dumps(PLAIN).encode(), json.dumps(other).encode())


def test_one_configuration_written_in_two_ways_is_the_same():
    assert differences(Entrypoint=[], Volumes=None, StopSignal="") == ()


def test_when_and_how_an_image_was_made_is_no_difference():
    other = {**PLAIN, "created": "2025-01-01T00:00:00Z", "history": [], "author": "x", "docker_version": "1"}
    assert config_differences(json.dumps(PLAIN).encode(), json.dumps(other).encode()) == ()


def test_each_field_is_named_as_in_a_dockerfile():
    found = differences(
        Cmd=["serve", "--fast"],
        Entrypoint=["/init"],
        Env=["PATH=/bin:/sbin"],
        ExposedPorts={"8080/tcp": {}},
        Healthcheck={"Test": ["NONE"], "Interval": 5},
        User="",
        WorkingDir="/",
        StopSignal="SIGQUIT",
        Volumes={"/data": {}},
    )
    assert [(one.field, one.fat, one.slim) for one in found] == [
        ("CMD", '["serve"]', '["serve", "--fast"]'),
        ("ENTRYPOINT", None, '["/init"]'),
        ("ENV MODE", "fast", None),
        ("ENV PATH", "/bin", "/bin:/sbin"),
        ("EXPOSE 80/tcp", "{}", None),
        ("EXPOSE 8080/tcp", None, "{}"),
        ("HEALTHCHECK Test", '["CMD", "check"]', '["NONE"]'),
        ("STOPSIGNAL", None, "SIGQUIT"),
        ("USER", "app", None),
        ("VOLUME /data", None, "{}"),
        ("WORKDIR", "/srv", "/"),
    ]
    assert all(one.behaviour for one in found)


def test_labels_and_what_serves_builds_come_last_and_change_no_behaviour():
    found = differences(Labels={"version": "2"}, Shell=["/bin/bash", "-c"], User="root")
    assert found == (
        ConfigDifference("USER", "app", "root", behaviour=True),
        ConfigDifference("LABEL version", "1", "2", behaviour=False),
        ConfigDifference("SHELL", None, '["/bin/bash", "-c"]', behaviour=False),
    )


def test_a_variant_of_a_platform_is_told():
    other = {**PLAIN, "variant": "v3"}
    (found,) = config_differences(json.dumps(PLAIN).encode(), json.dumps(other).encode())
    assert found == ConfigDifference("variant", None, "v3", behaviour=True)


def test_times_of_a_healthcheck_are_seconds():
    (found,) = differences(Healthcheck={"Test": ["CMD", "check"], "Interval": 1_500_000_000})
    assert (found.field, found.fat, found.slim) == ("HEALTHCHECK Interval", "5e-09 s", "1.5 s")
