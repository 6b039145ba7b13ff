import httpx
import pytest

from probes.crawl.urls import moved_to, on_site, resolve
from probes.exercise.site import Site
from probes.exercise.target import Target

BASE = "http://localhost:8000/a/b?x=1"
SITE = Site(Target("172.17.0.2", 8000, 8000), httpx.URL("http://localhost:8000"))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("c", "/a/c"), ("./c", "/a/c"), ("../c", "/c"), ("../../../c", "/c"), ("/c/./d/..", "/c/"),
        ("/a/%2e%2E/c", "/c"), ("", "/a/b?x=1"), ("?y=2", "/a/b?y=2"), ("#part", "/a/b?x=1"), ("/c?", "/c"),
        ("/%7euser/%c3%a9", "/~user/%C3%A9"), ("/é ö", "/%C3%A9%20%C3%B6"), ("/50%", "/50%25"),
        ("/c?q=a b&r=%2f&s=é", "/c?q=a%20b&r=%2F&s=%C3%A9"), (" \n/c\t/d ", "/c/d"),
        ("\\c\\d?e\\f", "/c/d?e%5Cf"),
        ("//localhost:8000/c", "/c"), ("HTTP://LOCALHOST:8000", "/"), ("/a//b", "/a//b"),
        ("/${x}", "/$%7Bx%7D"),
        ("/\ud800", "/%3F"),
    ],
)  # fmt: skip
def test_a_reference_is_resolved_and_normalised(text, path):
    assert resolve(BASE, text) == f"http://localhost:8000{path}"


@pytest.mark.parametrize(
    "text",
    ["mailto:a@b", "javascript:x()", "data:,x", "tel:1", "blob:http://x/y", "http://[::", "http://h:port/",
     "ftp://localhost/x", "/" + "x" * 2001],
)  # fmt: skip
def test_what_is_no_address_of_the_web_leads_nowhere(text):
    assert resolve(BASE, text) is None


def test_a_default_port_is_left_out():
    assert resolve(BASE, "https://shop.example:443/x") == "https://shop.example/x"
    assert resolve(BASE, "http://shop.example:443/x") == "http://shop.example:443/x"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://localhost:8000/x?y", "/x?y"), ("http://172.17.0.2:8000/x", "/x"),
        ("http://127.0.0.1:8000/x", "/x"),
        ("https://localhost:8000/x", None), ("http://localhost:9000/x", None), ("http://localhost/x", None),
        ("http://localhost:80000/x", None), ("http://example.org:8000/x", None),
    ],
)  # fmt: skip
def test_a_site_is_known_by_its_names(url, path):
    assert on_site(SITE, url) == path


def test_a_sitemap_knows_its_site_by_its_public_name():
    assert moved_to(SITE, "https://shop.example/x?y=1#z") == "/x?y=1"
    assert moved_to(SITE, "mailto:a@b") is None
