"""What stays unresolved, in a line for each kind that matters."""

from slim.report.model import UnresolvedSummary
from slim.report.summary import gap_lines


def gap(kind, source, wanted="x", detail="d"):
    return UnresolvedSummary("rule", source, wanted, detail, kind)


def test_a_line_for_each_kind_the_applications_files_first():
    unresolved = (
        *(gap("unknown", f"/usr/lib/python3/dist-packages/a/{number}.py") for number in range(5)),
        gap("unknown", "/srv/app/main.py", "plugins.*"),
        gap("unknown", "/usr/local/bin/tool", "line 12"),
        gap("unreadable", "/srv/app/cut.so", detail="it ends too early"),
        gap("withheld", "/entry.sh", "/bin/gzip"),
        *(gap("absent", "/usr/lib/libc.so.6", f"libnss_{number}") for number in range(1200)),
    )
    assert list(gap_lines(unresolved)) == [
        "unknown: 2 names (made at run time: probe it, or --include what it may be): "
        "/srv/app/main.py (plugins.*); /usr/local/bin/tool, line 12; 5 more in libraries",
        "unreadable: 1 file (what it needs is not known): /srv/app/cut.so: it ends too early",
        "withheld: 1 path (needed, and dropped by --exclude): /bin/gzip (by /entry.sh)",
        "absent: 1,200 names that the fat image does not hold either",
    ]


def test_names_that_libraries_make_are_one_count():
    unresolved = tuple(gap("unknown", f"/opt/venv/lib/python3.11/site-packages/{name}.py") for name in "abc")
    assert list(gap_lines(unresolved)) == [
        "unknown: 3 names made at run time, in libraries alone; see the plan"
    ]


def test_nothing_unresolved_says_nothing():
    assert list(gap_lines(())) == []
