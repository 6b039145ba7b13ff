"""What stays unresolved, in a line for each kind that matters."""

from slim.report.model import UnresolvedSummary
from slim.report.summary import gap_lines


def gap(kind, source, wanted="x", detail="d"):
    return UnresolvedSummary("rule", source, wanted, detail, kind)


def test_a_line_for_each_kind_the_applications_files_first():
    unresolved = (
        *(gap("unknown", f"/usr/lib/python3/dist-packages/a/{number}.py") for number in range(5)),
        gap("unknown", "/srv/app/main.py", "plugins.*"),
        gap("unreadable", "/srv/app/cut.so", detail="it ends too early"),
        gap("withheld", "/entry.sh", "/bin/gzip"),
        *(gap("absent", "/usr/lib/libc.so.6", f"libnss_{number}") for number in range(1200)),
    )
    assert list(gap_lines(unresolved)) == [
        "unreadable: 1 file (what it needs is not known): /srv/app/cut.so: it ends too early",
        "unknown: 6 names (made at run time: probe it, or --include what it may be): "
        "/srv/app/main.py (plugins.*); /usr/lib/python3/dist-packages/a/0.py (x); "
        "/usr/lib/python3/dist-packages/a/1.py (x); 3 more in the plan",
        "withheld: 1 path (needed, and dropped by --exclude): /bin/gzip (by /entry.sh)",
        "absent: 1,200 names that the fat image does not hold either",
    ]


def test_nothing_unresolved_says_nothing():
    assert list(gap_lines(())) == []
