"""ImageConfig: what a configuration says, and a new one that differs in its layers only."""

import json

import pytest

from slim.errors import ImageError
from slim.oci.config import Healthcheck, History, ImageConfig

RAW = b"""{"architecture":"arm64","variant":"v8","x-unknown":{"b":1,"a":[1.50,1e3,"\\u00e9"]},
 "os":"linux","config":{"User":"app:app","ExposedPorts":{"9090/udp":{},"8080/tcp":{},"443":{},"7000-7002/tcp":{},"odd":{}},
 "Env":["PATH=/bin","EQ=a=b","EMPTY=","BARE"],"Entrypoint":["/e"],"Cmd":null,"Volumes":{"/v":{},"/a":{}},
 "WorkingDir":"/w","Labels":{"z":"1","a":"2"},"StopSignal":"SIGQUIT","Shell":["/bin/sh","-c"],
 "OnBuild":["RUN x"],"ArgsEscaped":true,
 "Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":5000000000,"Retries":3}},
 "rootfs":{"type":"layers","diff_ids":["sha256:1"]},"created":"2024-01-01T00:00:00Z",
 "history":[{"created":"2024-01-01T00:00:00Z","created_by":"RUN a"},{"empty_layer":true,"comment":"c"}],
 "docker_version":"20.10","moby.buildkit.cache.v0":12345678901234567890123}"""


def test_every_field_is_read():
    config = ImageConfig.parse(RAW)
    assert (config.architecture, config.variant, config.os, config.user) == (
        "arm64",
        "v8",
        "linux",
        "app:app",
    )
    assert config.env == (("PATH", "/bin"), ("EQ", "a=b"), ("EMPTY", ""), ("BARE", ""))
    assert (config.entrypoint, config.cmd, config.working_dir) == (("/e",), (), "/w")
    assert config.exposed_tcp_ports == (443, 7000, 7001, 7002, 8080)
    assert config.exposed_ports == ("443", "7000-7002/tcp", "8080/tcp", "9090/udp", "odd")
    assert config.volumes == ("/a", "/v")
    assert config.labels == (("a", "2"), ("z", "1"))
    assert config.healthcheck == Healthcheck(("CMD-SHELL", "true"), interval=5_000_000_000, retries=3)
    assert (config.stop_signal, config.shell, config.on_build) == ("SIGQUIT", ("/bin/sh", "-c"), ("RUN x",))
    assert config.diff_ids == ("sha256:1",)
    assert config.history[1] == History(comment="c", empty_layer=True)
    assert config.raw == RAW


def test_null_and_absent_fields_are_empty():
    nulls = b'{"config":null,"history":null,"rootfs":{"diff_ids":null},"created":null}'
    for raw in (b"{}", nulls, b'{"config":{"Env":null,"Labels":null,"Healthcheck":null,"User":null}}'):
        config = ImageConfig.parse(raw)
        assert (config.env, config.labels, config.diff_ids, config.history) == ((), (), (), ())
        assert (config.user, config.healthcheck, config.created) == ("", None, "")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"config":[]}', b'{"config":{"Env":"x"}}', b"\xff", b'{"rootfs":1}']
)
def test_a_broken_configuration_is_an_image_error_with_a_remedy(raw):
    with pytest.raises(ImageError) as refused:
        ImageConfig.parse(raw)
    assert refused.value.cause
    assert refused.value.remedy


def test_new_layers_leave_every_other_byte_in_its_place():
    made = ImageConfig.parse(RAW).with_layers(
        ["sha256:2", "sha256:3"], [History(created_by="b", empty_layer=True)]
    )
    before = RAW.partition(b'"rootfs":')[0]
    for part in (
        b'"x-unknown":{"b":1,"a":[1.50,1e3,"\\u00e9"]}',
        b'"moby.buildkit.cache.v0":12345678901234567890123',
        before[before.index(b'"config":') : before.rindex(b",")],
    ):
        assert part in made
    document = json.loads(made)
    assert list(document) == list(json.loads(RAW))
    assert document["rootfs"] == {"type": "layers", "diff_ids": ["sha256:2", "sha256:3"]}
    assert document["history"] == [{"created_by": "b", "empty_layer": True}]
    assert ImageConfig.parse(made).diff_ids == ("sha256:2", "sha256:3")


def test_the_same_layers_make_the_same_bytes_twice():
    config = ImageConfig.parse(RAW)
    once = config.with_layers(config.diff_ids, config.history)
    assert once == ImageConfig.parse(once).with_layers(config.diff_ids, config.history)


def test_a_configuration_without_layers_gets_them_at_its_end():
    assert ImageConfig.parse(b'{"os":"linux"}').with_layers([], []) == (
        b'{"os":"linux","rootfs":{"type":"layers","diff_ids":[]},"history":[]}'
    )


def test_the_digest_is_the_images_id():
    assert ImageConfig.parse(b"{}").digest == (
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )
