"""What is asked for, in which order, and what is left out."""

import pytest

from probes.crawl.model import Crawl, Kind, Step
from probes.crawl.order import Order, Why, looks_destructive
from probes.crawl.robots import read_robots


def offered(paths, kind=Kind.PAGE, **bounds):
    order = Order(Crawl(**bounds))
    for path in paths:
        order.offer(Step(path, kind, 1, "/"))
    asked = []
    while step := order.next():
        asked.append(step.path)
    return asked, order


def test_the_least_deep_comes_first_and_each_address_once():
    order = Order(Crawl())
    for path, depth in (("/a", 2), ("/b", 1), ("/c", 1), ("/b", 2), ("/d", 4)):
        order.offer(Step(path, Kind.PAGE, depth, "/"))
    assert [order.next().path for _ in range(order.waiting)] == ["/b", "/c", "/a"]
    assert order.left_out[Why.DEEP].examples == ["/d"]


@pytest.mark.parametrize(
    ("paths", "asked"),
    [
        ([f"/day/2024/{day}" for day in range(9)], 5),
        ([f"/item/{number:032x}" for number in range(9)], 5),
        ([f"/list?page={number}" for number in range(9)], 3),
        ([f"/list?session=a{number:08x}f" for number in range(9)], 3),
        ([f"/list?colour={letter}" for letter in "abcdefghijklmnopqrstuvwxyz"], 12),
        ([f"/{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"], 26),
    ],
)
def test_what_differs_only_in_numbers_ids_or_queries_is_asked_for_a_few_times(paths, asked):
    found, order = offered(paths)
    assert found == paths[:asked]
    assert order.left_out[Why.ALIKE].count == len(paths) - asked


def test_assets_are_bounded_by_folder_and_extension():
    assert len(offered([f"/img/{number}.png" for number in range(99)], Kind.ASSET)[0]) == 25
    assert len(offered([f"/img{number}/a.png" for number in range(99)], Kind.ASSET)[0]) == 99


@pytest.mark.parametrize(
    "path",
    [
        "/logout", "/accounts/logout/", "/log-out", "/sign_out", "/SignOut", "/items/3/delete",
        "/?action=remove&id=3", "/deleteAccount", "/api/purge-cache", "/users/sign_out.json", "/shut-down",
    ],
)  # fmt: skip
def test_destructive_links(path):
    assert looks_destructive(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/about",
        "/blog/how-to-delete-a-file",
        "/deleted",
        "/catalogue/outlet",
        "/skills",
        "/blog/outline",
    ],
)
def test_harmless_links(path):
    assert not looks_destructive(path)


def test_destructive_links_and_robots_are_about_pages_alone():
    order = Order(Crawl())
    order.robots = read_robots("User-agent: *\nDisallow: /private")
    for path, kind, page in (
        ("/private/a.css", Kind.ASSET, "/"), ("/delete.svg", Kind.ASSET, "/"), ("/private/", Kind.PAGE, "/"),
        ("/logout", Kind.PAGE, "/"), ("/private/start", Kind.PAGE, ""),
    ):  # fmt: skip
        order.offer(Step(path, kind, 0, page))
    assert order.waiting == 3
    assert (order.left_out[Why.ROBOTS].examples, order.left_out[Why.DESTRUCTIVE].examples) == (
        ["/private/"], ["/logout"]
    )  # fmt: skip


def test_robots_by_the_longest_match():
    robots = read_robots(
        "\ufeffUser-agent: other\nDisallow: /\n\nUser-Agent: * # all\nCrawl-delay: 3\nDisallow: /a\n"
        "Allow: /a/b\nDisallow: /*.gif$\nDisallow: /x?*id=\nAllow: /same\nDisallow: /same\n"
        "Disallow:\nSitemap: http://h/s.xml\n"
    )
    refused = ["/a", "/a/c", "/abc", "/x.gif", "/y/x.gif.gif", "/x?a&id=3"]
    allowed = ["/", "/a/b", "/a/b/c", "/x.gif?y", "/x?a", "/same", "/robots.txt"]
    assert [path for path in (*refused, *allowed) if not robots.allows(path)] == refused
    assert robots.sitemaps == ("http://h/s.xml",)


def test_robots_for_slim_itself_come_before_those_for_all():
    robots = read_robots("User-agent: *\nDisallow: /\nUser-agent: a\nUser-agent: Slim\nDisallow: /x\n")
    assert (robots.allows("/"), robots.allows("/x")) == (True, False)
    assert read_robots("no robots at all\n\x00").allows("/")
