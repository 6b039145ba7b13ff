"""Outputs of real programs: what two fat runs differ in is masked, all else is judged."""

import pytest
from runs import differing, judged, output

LS = """total 8
drwxr-xr-x 2 root root 4096 Nov 21 08:{m} cache
-rw-r--r-- 1 app  app   {size} Nov 21 08:{m} state.json
"""
PS = """  PID TTY          TIME CMD
    1 ?        00:00:00 {name}
{pid:5} ?        00:00:00 ps
"""
GO_PANIC = """panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x{pc}]

goroutine {n} [running]:
main.{function}(0xc{heap})
\t/src/main.go:{line} +0x1b
exit status 2
"""
ACCESS = '{ip} - - [21/Nov/2026:08:29:{s} +0000] "GET {path} HTTP/1.1" {status} 612 "-" "slim"\n'
GUNICORN = """[2026-11-21 08:29:{s} +0000] [{pid}] [INFO] Starting gunicorn 22.0.0
[2026-11-21 08:29:{s} +0000] [{pid}] [INFO] Listening at: http://0.0.0.0:{port} ({pid})
[2026-11-21 08:29:{s} +0000] [{worker}] [INFO] Booting worker with pid: {worker}
"""
RAILS = """Started GET "/{path}" for 172.17.0.1 at 2026-11-21 08:29:{s} +0000
[{id}] Processing by PagesController#show as HTML
[{id}] Completed 200 OK in {ms}ms (Views: {views}ms | ActiveRecord: 0.4ms)
"""


def masked(template, first, second, third):
    """Two fat runs and a third, all of the one template."""
    verdict = judged(
        *(output(template.format(**one)) for one in (first, second)), slim=output(template.format(**third))
    )
    assert verdict.verified, verdict.differences
    assert [one.aspect for one in verdict.noted] == ["standard output"]


def found(template, first, second, third):
    return differing(
        *(output(template.format(**one)) for one in (first, second)), slim=output(template.format(**third))
    )


CASES = [
    (LS, {"m": 29, "size": 17}, {"m": 30, "size": 17}, {"m": 31, "size": 17}, {"size": 0}),
    (
        PS,
        {"pid": 9, "name": "nginx"},
        {"pid": 12, "name": "nginx"},
        {"pid": 1044, "name": "nginx"},
        {"name": "sh"},
    ),
    (
        GO_PANIC,
        {"pc": "47a1c0", "n": 1, "heap": "000012a60", "line": 12, "function": "load"},
        {"pc": "47b2c1", "n": 18, "heap": "0000b4000", "line": 12, "function": "load"},
        {"pc": "48ffff", "n": 7, "heap": "00001aaf0", "line": 12, "function": "load"},
        {"function": "init", "line": 40},
    ),
    (
        ACCESS,
        {"ip": "172.17.0.2", "s": 11, "path": "/", "status": 200},
        {"ip": "172.17.0.3", "s": 15, "path": "/", "status": 200},
        {"ip": "172.17.0.9", "s": 59, "path": "/", "status": 200},
        {"status": 404},
    ),
    (
        GUNICORN,
        {"s": 11, "pid": 7, "worker": 8, "port": 8000},
        {"s": 14, "pid": 9, "worker": 11, "port": 8000},
        {"s": 33, "pid": 21, "worker": 23, "port": 8000},
        {"port": 9000},
    ),
    (
        RAILS,
        {"s": 11, "id": "5b0e7d3c-0d4f-4d5e-9b57-3f7f1c9a0001", "ms": 12, "views": "8.1", "path": "a"},
        {"s": 13, "id": "6b0e7d3c-0d4f-4d5e-9b57-3f7f1c9a0002", "ms": 9, "views": "7.9", "path": "a"},
        {"s": 17, "id": "7c1e7d3c-0d4f-4d5e-9b57-3f7f1c9a0003", "ms": 140, "views": "88.0", "path": "a"},
        {"path": "b"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("template", "first", "second", "third", "other"), CASES)
def test_what_differs_between_the_fat_runs_is_masked(template, first, second, third, other):
    masked(template, first, second, third)


@pytest.mark.parametrize(("template", "first", "second", "third", "other"), CASES)
def test_a_real_difference_beside_it_is_found(template, first, second, third, other):
    assert found(template, first, second, {**third, **other})


@pytest.mark.parametrize(("template", "first", "second", "third", "other"), CASES)
def test_a_line_that_is_gone_is_found(template, first, second, third, other):
    fats = [output(template.format(**one)) for one in (first, second)]
    lines = template.format(**third).splitlines(keepends=True)
    for gone in range(len(lines)):
        assert differing(*fats, slim=output("".join(lines[:gone] + lines[gone + 1 :]))), lines[gone]


def test_the_difference_is_told_with_both_sides_and_its_line():
    fats = [output(f"started at 08:29:0{n}\nhello\n", started=0) for n in (1, 2)]
    assert differing(*fats, slim=output("started at 08:29:07\ngoodbye\n")) == [
        ("standard output", "line 2", "hello", "goodbye")
    ]


def test_a_volatile_place_must_stay_what_it_is():
    fats = [output(f"served {n} requests\n") for n in (17, 23)]
    assert judged(*fats, slim=output("served 99 requests\n")).verified
    assert differing(*fats, slim=output("served no requests\n")) == [
        ("standard output", "line 1", "served … requests", "served no requests")
    ]


def test_another_time_of_day_by_chance_the_same_in_both_fat_runs():
    start = 1795249760.0  # 08:29:20
    fats = [output("now: 08:29\n", started=start), output("now: 08:29\n", started=start + 20)]
    assert judged(*fats, slim=output("now: 08:30\n", started=start + 45)).verified
    assert not judged(*fats, slim=output("now: 03:07\n", started=start + 45)).verified


def test_a_stable_time_is_compared():
    fats = [output("built 2024-01-01 10:00:00\n", started=1795249760.0)] * 2
    assert not judged(*fats, slim=output("built 2025-01-01 10:00:00\n", started=1795249790.0)).verified


def test_durations_that_are_the_same_by_chance():
    fats = [output("compiled in 12 ms\nok\n")] * 2
    assert judged(*fats, slim=output("compiled in 14 ms\nok\n")).verified
    assert not judged(*fats, slim=output("compiled in zero ms\nok\n")).verified


def test_lines_in_another_order_are_a_set():
    fats = [output("a\nb\nc\nd\n"), output("c\na\nd\nb\n")]
    assert judged(*fats, slim=output("d\nc\nb\na\n")).verified
    assert not judged(*fats, slim=output("d\nc\nb\n")).verified
    assert not judged(*fats, slim=output("d\nc\nb\ne\n")).verified
    assert not judged(*fats, slim=output("d\nc\nb\na\na\n")).verified


def test_an_order_that_the_fat_runs_agree_on_must_agree():
    fats = [output("a\nb\nc\n")] * 2
    assert not judged(*fats, slim=output("b\na\nc\n")).verified


def test_words_of_a_line_in_another_order():
    fats = [output("{'get', 'put', 'head'}\n"), output("{'put', 'head', 'get'}\n")]
    assert judged(*fats, slim=output("{'head', 'get', 'put'}\n")).verified
    assert not judged(*fats, slim=output("{'head', 'get'}\n")).verified
    assert not judged(*fats, slim=output("{'head', 'get', 'post'}\n")).verified


def test_lines_of_which_there_are_more_in_one_run_must_only_be_there():
    fats = [output("begin\ntick 1\ntick 2\nend\n"), output("begin\ntick 1\ntick 2\ntick 3\nend\n")]
    assert judged(*fats, slim=output("begin\ntick 1\nend\n")).verified
    assert judged(*fats, slim=output("begin\ntick 1\ntick 2\ntick 3\ntick 4\nend\n")).verified
    assert not judged(*fats, slim=output("begin\nend\n")).verified
    assert not judged(*fats, slim=output("begin\ntick 1\nbroken\nend\n")).verified


def test_an_error_in_a_volatile_sentence_is_found():
    fats = [output("quote: Simple is better than complex.\n"), output("quote: Flat beats nested\n")]
    assert judged(*fats, slim=output("quote: Readability counts a lot.\n")).verified
    assert not judged(*fats, slim=output("quote: Error: no such file\n")).verified
    assert not judged(*fats, slim=output("quote: \n")).verified


def test_outputs_of_a_random_length_of_tokens():
    fats = [output("key: aGVsbG8/d29ybGQ+Zm9v\n"), output("key: Zm9v+YmFyL2Jh+eg==\n")]
    assert judged(*fats, slim=output("key: cXV4/cXV1eGNvcmdl+/==\n")).verified
    assert not judged(*fats, slim=output("key: x\n")).verified


@pytest.mark.parametrize(
    ("first", "second", "same", "other"),
    [
        ("id 550e8400-e29b-41d4-a716-446655440000", "id 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
         "id 7d444840-9dc0-11d1-b245-5ffdce74fad2", "id None"),
        ("port 40123", "port 51677", "port 33333", "port none"),
        ("file /tmp/tmpab3_x9zk/a", "file /tmp/tmpq7w2_e4r/a", "file /tmp/tmpzzzzzzzz/a", "file /var/a"),
        ("sha 9c348f5a", "sha d47a16e0", "sha 12345678", "sha unknown"),
        ("at 0x7f3a2b10", "at 0x7fe04c22", "at 0x7f0000aa", "at null"),
        ("pid 7 ready", "pid 12 ready", "pid 3301 ready", "pid 7 failed"),
    ],
)  # fmt: skip
def test_kinds_of_values(first, second, same, other):
    fats = [output(f"{first}\n"), output(f"{second}\n")]
    assert judged(*fats, slim=output(f"{same}\n")).verified
    assert not judged(*fats, slim=output(f"{other}\n")).verified


def test_standard_error_and_exit_codes_are_compared_likewise():
    fats = [output("", stderr=b"warning: took 3 ms\nusage: x [-h]\n")] * 2
    assert judged(*fats, slim=output("", stderr=b"warning: took 5 ms\nusage: x [-h]\n")).verified
    assert differing(*fats, slim=output("", stderr=b"warning: took 5 ms\nsh: x: not found\n")) == [
        ("standard error", "line 2", "usage: x [-h]", "sh: x: not found")
    ]
    assert [one[0] for one in differing(*fats, slim=output("", exit_code=1))] == ["exit code"]


def test_exit_codes_that_differ_between_the_fat_runs():
    fats = [output(exit_code=0), output(exit_code=3)]
    assert judged(*fats, slim=output(exit_code=3)).verified
    assert not judged(*fats, slim=output(exit_code=127)).verified


def test_line_ends_of_a_stable_output_are_compared():
    assert not judged(output("a\nb\n"), output("a\nb\n"), slim=output("a\r\nb\r\n")).verified


@pytest.mark.parametrize(
    ("fats", "slim", "told"),
    [
        (("a\n", "a\n"), "a\n\n", ("line 2", "absent", "an empty line")),
        (("a\n\nb\n", "a\n\nb\n"), "a\nb\n", ("line 2", "an empty line", "absent")),
        (("a\n\nb\n", "a\nb\n\n"), "a\nb\n", ("", "1 line like: an empty line", "")),
        (("fine\n", "fine\nf6\n"), "fine\nERROR boom\n", ("line 2", "", "ERROR boom")),
    ],
)
def test_what_is_told_of_a_line_that_is_blank_or_beyond_the_last(fats, slim, told):
    assert differing(*map(output, fats), slim=output(slim)) == [("standard output", *told)]
