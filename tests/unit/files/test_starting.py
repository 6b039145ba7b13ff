"""The first probe file of an image: it is right, it teaches, and what an image says cannot break it."""

import re

import pytest

from probes.exercise.model import ExitProbe, HttpProbe, TcpProbe
from probes.exercise.parts import Expect
from probes.files.links import links_of
from probes.files.lives import lives_from
from probes.files.load import load
from probes.files.starting import Findings, Page, starting_text
from probes.life import Life
from slim.engine.interface import ContainerSpec

NASTY = Findings(
    image="a\nsteps: [{http: /evil}]",
    command=("sh", "-c", "a\nport: 1"),
    health="x\n\x00y",
    exposed=(80,),
    http_port=80,
    pages=(Page("/", 200), Page("/a?b=${c}&d='\"{}:", 200), Page("/x\ny", 404), Page("/gone", 500)),
    documents=("/openapi.json",),
    other_http=(81,),
    other_ports=(6379, 9),
)


@pytest.fixture
def lives(tmp_path):
    def made(findings):
        path = tmp_path / "a.yaml"
        path.write_text(starting_text(findings))
        return lives_from(load(path, {}), Life(ContainerSpec("x")))

    return made


def test_what_answered_is_a_step_and_what_did_not_a_comment(lives):
    own, runs = lives(NASTY)
    ok = Expect(status=(200,))
    assert runs == ()
    assert (own.port, own.probes) == (80, (
        HttpProbe("GET", "/", expect=ok),
        HttpProbe("GET", "/a?b=$${c}&d='\"{}:", expect=ok),
        HttpProbe("GET", "/openapi.json"), HttpProbe("GET", "/", port=81), TcpProbe(6379), TcpProbe(9),
    ))  # fmt: skip
    assert "# answered 500: /gone\n" in starting_text(NASTY)


@pytest.mark.parametrize("status", [404, 503])
def test_the_home_page_is_a_step_whatever_it_answers(lives, status):
    own, _ = lives(Findings("x", ("a",), http_port=80, pages=(Page("/", status),)))
    assert own.probes == (HttpProbe("GET", "/", expect=Expect(status=(status,))),)


def test_tls_is_kept(lives):
    own, _ = lives(Findings("x", ("a",), http_port=443, tls=True, pages=(Page("/", 200),)))
    assert own.probes[0].tls


def test_a_program_that_ends_has_runs(lives):
    own, (run,) = lives(
        Findings("x", ("tool",), exit_code=64, help_command=("tool", "--help"), help_exit_code=1)
    )
    assert (own.probes, own.exit_code) == ((ExitProbe(),), 64)
    assert (run.name, run.spec.command, run.exit_code) == ("help", ("tool", "--help"), 1)
    _, (run,) = lives(Findings("x", ("tool",), exit_code=0))
    assert run.spec.command == ("--help",)


def test_a_worker_starts_up(lives):
    own, _ = lives(Findings("x", ("worker",)))
    assert (own.idle, own.probes) == (True, ())


@pytest.mark.parametrize(
    "findings",
    [NASTY, Findings("x", ("a",), exit_code=0), Findings("x", ()), Findings("x", ("a",), other_ports=(9,))],
)
def test_what_the_comments_teach_is_right_too(lives, findings, tmp_path):
    """Without the # of its examples the file is still a probe file."""
    text = starting_text(findings)
    lines = [
        re.sub(r"^(\s*)# (?=- |  |ready:|variables:|runs:|steps:)", r"\1", line)
        for line in text.split("\n\n", 1)[1].splitlines()
    ]
    path = tmp_path / "all.yaml"
    path.write_text("\n".join(lines) + "\n")
    load(path, {"ADMIN_PASSWORD": "x", "TOKEN": "y"})


def test_links_are_those_of_the_same_site_once_in_order():
    page = """
    <base><link rel=stylesheet href="/a.css"><a href="b?x=1&amp;y=2#z">b</a><a href='b?x=1&y=2'>again</a>
    <a href=http://elsewhere/>no</a><a href="//cdn/x">no</a><a href="mailto:a@b">no</a>
    <a href="javascript:x">no</a>
    <a href="/logout">no</a><a href="http://[">no</a><img src=../i.png><script src="s.js"></script><a>none</a>
    <a href="/page/">itself</a><a href="http://localhost/c">c</a><a href=" /d e ">blank</a>
    <a href="">itself</a>
    """
    assert links_of(page, "/page/", limit=20) == ("/a.css", "/page/b?x=1&y=2", "/i.png", "/page/s.js", "/c")
    assert links_of(page, "/page/", limit=2) == ("/a.css", "/page/b?x=1&y=2")
    assert links_of("<a href", "/", limit=1) == ()
