"""The grammar of -p."""

import pytest

from slim.engine.ports import PublishedPort, parse_port
from slim.errors import UsageError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("80", PublishedPort(80, "tcp")),
        ("8080:80", PublishedPort(80, "tcp", "", "8080")),
        ("53/udp", PublishedPort(53, "udp")),
        ("53:53/UDP", PublishedPort(53, "udp", "", "53")),
        ("0:80", PublishedPort(80, "tcp")),
        (":80", PublishedPort(80, "tcp")),
        ("127.0.0.1:8080:80", PublishedPort(80, "tcp", "127.0.0.1", "8080")),
        ("127.0.0.1::80", PublishedPort(80, "tcp", "127.0.0.1", "")),
        ("[::1]:8080:80/tcp", PublishedPort(80, "tcp", "::1", "8080")),
        ("8000-8010:80", PublishedPort(80, "tcp", "", "8000-8010")),
    ],
)
def test_one_port(value: str, expected: PublishedPort):
    assert parse_port(value) == (expected,)


def test_ranges_of_the_same_length_go_pairwise():
    assert [(port.container, port.host) for port in parse_port("7000-7002:8000-8002")] == [
        (8000, "7000"),
        (8001, "7001"),
        (8002, "7002"),
    ]
    assert [port.container for port in parse_port("90-91")] == [90, 91]


@pytest.mark.parametrize(
    "value",
    ["", "http", "80:", "0", "70000", "8080:0", "90-80", "1-2:1-3", "80/icmp", "1.2.3:80:80"],
)
def test_what_is_no_port_is_refused_with_a_remedy(value: str):
    with pytest.raises(UsageError, match="-p") as caught:
        parse_port(value)
    assert "127.0.0.1:8080:80" in caught.value.remedy


@pytest.mark.parametrize(
    "value", ["::1:80:80", "a:b:c:d", "[127.0.0.1]:1:2", "host:80", "-", "1-:2", "[]:1:2", "host:80:80"]
)
def test_what_is_no_address_is_refused(value: str):
    with pytest.raises(UsageError, match="-p"):
        parse_port(value)
