"""What the terminal says of the coverage, and when it fails the run."""

from dataclasses import replace

import pytest
from covered import covered, http
from small_image import SmallImage

from slim.commands.options_coverage import minimum_from
from slim.coverage.gate import Minimum, shortcoming
from slim.coverage.model import Counted, Coverage, Shortfall, UnreachedRoute, Unused
from slim.errors import UsageError
from slim.report.coverage_text import coverage_lines, top_additions

NOTHING = Counted()
ALL = Coverage("files", 1.0, 1.0, "", Counted(4, 4, 40, 40), NOTHING, NOTHING, NOTHING, 1, 1)
HALF = replace(
    ALL,
    share=0.5,
    share_of_bytes=0.25,
    modules=Counted(1200, 600, 40, 10),
    unused_modules=(
        Unused("/app/shop", 590, ("a.py", "b.py", "c\n.py", "d.py"), 20),
        *(Unused(f"/app/{number}", 2, ("x.py", "y.py"), 2) for number in range(5)),
    ),
    executables=Counted(2, 1),
    unused_executables=(Unused("/app/bin", 1, ("report",), 9),),
    pages=Counted(3, 1),
    unused_pages=(Unused("/", 2, ("a.html", "b.html"), 9),),
    routes=Counted(5, 1),
    unreached_routes=tuple(
        UnreachedRoute(name, "/app/main.py", 7) for name in ("GET /a", "GET /b", "GET /c", "POST /d")
    ),
)
NATIVE = replace(
    ALL, measure="none", share=None, share_of_bytes=None, unmeasured="it is one native program, /s"
)


def test_nothing_is_said_where_everything_was_exercised():
    assert list(coverage_lines(ALL)) == []


def test_what_was_not_exercised_is_said_in_a_few_lines():
    assert list(coverage_lines(HALF)) == [
        "coverage: 600 of the application's 1,200 files of code were used (50 %, 25 % of the bytes); "
        "1 request to 1 path",
        "  never loaded: 600 of 1,200: /app/shop/ a.py, b.py, c\\n.py and 587 more; /app/0/ x.py, y.py; "
        "/app/1/ x.py, y.py; 6 more elsewhere",
        "  never started: 1 of 2: /app/bin/ report",
        "  never opened, pages and templates: 2 of 3: / a.html, b.html",
        "  never requested: 4 of 5 routes: GET /a, GET /b, GET /c and 1 more",
    ]


def test_requests_that_were_refused_are_no_calls():
    assert list(coverage_lines(replace(HALF, refused=2)))[-1] == (
        "  never requested or refused: 4 of 5 routes: GET /a, GET /b, GET /c and 1 more"
    )


def test_what_cannot_be_measured_is_said_with_what_was_asked():
    assert list(coverage_lines(NATIVE)) == [
        "coverage: not measurable by files: it is one native program, /s; 1 request to 1 path"
    ]
    little = replace(NATIVE, reached_little=(Shortfall("home", "only / was asked for", "ask for more"),))
    assert next(coverage_lines(little)) == "reached little: only / was asked for; ask for more"


@pytest.mark.parametrize(
    ("coverage", "minimum", "told"),
    [
        (HALF, None, ""),
        (HALF, Minimum(50), ""),
        (HALF, Minimum(50.1), "50 % of the application's files were exercised, not 50.1 %"),
        (ALL, Minimum(100), ""),
        (NATIVE, Minimum(1, pass_unmeasured=True), ""),
        (NATIVE, Minimum(1), "--min-coverage 1 cannot be measured: it is one native program, /s; "
         "--unmeasured-coverage pass lets such an image through"),
    ],
)  # fmt: skip
def test_a_minimum_fails_what_is_below_it_and_what_cannot_be_measured(coverage, minimum, told):
    assert shortcoming(coverage, minimum) == told


def test_a_share_is_never_rounded_up_to_all(tmp_path):
    image = SmallImage(tmp_path).packages(base=["/etc"]).starts("python3", WorkingDir="/app")
    for number in range(3):
        image.file(f"/app/{number}.py", "x")
    image.used("/app/1.py").used("/app/2.py")
    assert covered(image, http("/")).share == 0.6666


def test_a_failed_minimum_says_what_to_add_first():
    assert list(top_additions(HALF)) == [
        "a probe that makes it load /app/shop/ a.py, b.py, c\\n.py and 587 more",
        "a probe that makes it start /app/bin/ report",
        "a probe that makes it show / a.html, b.html",
        "--http-probe for GET /a, GET /b, GET /c",
    ]


def test_options_become_a_minimum():
    assert minimum_from({"min_coverage": None, "unmeasured_coverage": None}) is None
    assert minimum_from({"min_coverage": 80.0, "unmeasured_coverage": None}) == Minimum(80.0)
    passing = {"min_coverage": 80.0, "unmeasured_coverage": "pass"}
    assert minimum_from(passing) == Minimum(80.0, pass_unmeasured=True)
    with pytest.raises(UsageError, match="goes with --min-coverage alone"):
        minimum_from({"min_coverage": None, "unmeasured_coverage": "pass"})
