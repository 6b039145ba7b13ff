"""What differs between two runs of the fat image, in a line for each aspect."""

from slim.report.model import DifferenceSummary
from slim.report.summary import noted_lines


def noted(*probes, aspect="body"):
    return tuple(DifferenceSummary(probe, aspect, "a", "b") for probe in probes)


def test_one_probe_is_named():
    assert list(noted_lines(noted("GET /"))) == [
        "noted: GET /: body differs, as it does between two runs of the fat image"
    ]


def test_the_pages_of_a_crawl_are_one_line():
    found = (
        *noted("GET /", "GET /a"),
        *noted("GET /a", aspect="status"),
        *noted("GET /b", "GET /c", "GET /d"),
    )
    assert list(noted_lines(found)) == [
        "noted: GET /, GET /a, GET /b and 2 more in report.json: body differs, as it does between two runs "
        "of the fat image",
        "noted: GET /a: status differs, as it does between two runs of the fat image",
    ]
