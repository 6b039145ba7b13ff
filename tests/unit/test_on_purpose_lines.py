"""What was looked for in vain and is missing on purpose, as people read it."""

from slim.report.model import LookupSummary
from slim.report.summary import differing_lines, on_purpose_lines


def look_up(path, purpose="", error="ENOENT", asked=""):
    return LookupSummary(path, asked or path, "/bin/app", "GET /", error, purpose)


def test_one_line_for_each_who_dropped_something():
    byte_code = [
        look_up(f"/lib/__pycache__/{one}.pyc", f"byte code, and its source /lib/{one}.py is kept")
        for one in "abcde"
    ]
    found = (look_up("/opt/x", "dropped on purpose: --exclude"), *byte_code)
    assert list(on_purpose_lines(found)) == [
        "missing on purpose, and looked for: /opt/x (dropped on purpose: --exclude)",
        "missing on purpose, and looked for: /lib/__pycache__/a.pyc, /lib/__pycache__/b.pyc, "
        "/lib/__pycache__/c.pyc and 2 more in report.json (byte code whose source is kept)",
    ]


def test_look_ups_are_told_for_what_they_are():
    found = (
        look_up("/opt/x"),
        look_up("/opt/y", error="", asked="/opt"),
        look_up("/opt/z", error="EEXIST"),
        look_up("/opt", error="EACCES", asked="/opt/z"),
    )
    assert list(differing_lines((), found)) == [
        "differs: /opt/x is missing: /bin/app looked for /opt/x under GET / (ENOENT)",
        "differs: /opt/y is missing: /bin/app lists /opt under GET /, and the fat image's run used it",
        "differs: /opt/z is missing: /bin/app made /opt/z under GET /, and the fat image has it",
        "differs: /opt is not as in the fat image: /bin/app was refused /opt/z under GET / (EACCES)",
    ]
