import pytest

from probes.exercise.model import ExecProbe, HostProbe, HttpProbe
from probes.exercise.parse import parse_exec_probe, parse_host_probe, parse_http_probe
from slim.errors import UsageError


@pytest.mark.parametrize(
    ("text", "method", "path"),
    [
        ("/", "GET", "/"),
        ("/search?q=a:b&n=1", "GET", "/search?q=a:b&n=1"),
        ("/a:b", "GET", "/a:b"),
        ("GET:/a:b", "GET", "/a:b"),
        ("POST:/login", "POST", "/login"),
        ("post:/login", "POST", "/login"),
        ("M-SEARCH:/x", "M-SEARCH", "/x"),
        ("PROPFIND:/dav/", "PROPFIND", "/dav/"),
        ("GET://twice", "GET", "//twice"),
        ("/go?to=http://example.org/", "GET", "/go?to=http://example.org/"),
        ("/%2e%2e/x", "GET", "/%2e%2e/x"),
    ],
)
def test_a_probe_is_a_method_and_a_path(text, method, path):
    assert parse_http_probe(text) == HttpProbe(method, path)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("http://localhost:8000/health", "give the path (such as /health) and, where needed, --port"),
        ("GET:https://example.org/", "give the path (such as /health) and, where needed, --port"),
        ("health", "write /health"),
        ("GET:health", "write GET:/health"),
        ("localhost:8000/x", "give the path and the port: --http-probe /x --port 8000"),
        (":8000", "give the path and the port: --http-probe / --port 8000"),
        ("", "write /"),
        ("G T:/x", "write METHOD:PATH, such as POST:/login"),
        (":/x", "write METHOD:PATH, such as POST:/login"),
        ("/a b", "write it percent-encoded, such as %20 for a space"),
        ("/a\nb", "write it percent-encoded, such as %20 for a space"),
        ("/a#b", "leave it out, or write %23 for a '#' that belongs to the path"),
    ],
)
def test_what_is_no_probe_is_refused_with_a_remedy(text, remedy):
    with pytest.raises(UsageError) as caught:
        parse_http_probe(text)
    assert caught.value.remedy == remedy


def test_connect_is_refused():
    with pytest.raises(UsageError, match="CONNECT asks a proxy"):
        parse_http_probe("CONNECT:/x")


def test_commands_are_kept_but_for_blanks_around_them():
    assert parse_exec_probe(" redis-cli  ping\n") == ExecProbe("redis-cli  ping")
    assert parse_host_probe("curl $SLIM_URL") == HostProbe("curl $SLIM_URL")


@pytest.mark.parametrize("parse", [parse_exec_probe, parse_host_probe])
@pytest.mark.parametrize("text", ["", "  \t", "a\0b"])
def test_an_empty_command_is_refused(parse, text):
    with pytest.raises(UsageError):
        parse(text)
