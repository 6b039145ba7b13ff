"""What differs and fails nothing, in a line for each reason."""

from slim.report.model import DifferenceSummary
from slim.report.summary import noted_lines


def noted(*probes, aspect="body", why=""):
    return tuple(DifferenceSummary(probe, aspect, "a", "b", why=why) for probe in probes)


def test_one_probe_is_named():
    assert list(noted_lines(noted("GET /"))) == [
        "noted: GET / (body): differs between two runs of the fat image too"
    ]


def test_the_pages_of_a_crawl_are_one_line():
    found = (
        *noted("GET /", "GET /a"),
        *noted("GET /a", aspect="status"),
        *noted("GET /b", "GET /c", "GET /d"),
    )
    assert list(noted_lines(found)) == [
        "noted: GET /, GET /a, GET /b and 2 more in report.json (body, status): differs between two runs of "
        "the fat image too"
    ]


def test_another_reason_is_another_line():
    found = (*noted("GET /"), *noted("GET /", why="chance"))
    assert list(noted_lines(found)) == [
        "noted: GET / (body): differs between two runs of the fat image too",
        "noted: GET / (body): chance",
    ]
