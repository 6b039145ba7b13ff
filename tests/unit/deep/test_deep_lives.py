"""How else an image is started, of what came of the user's own run."""

import json
from dataclasses import replace

from probes.crawl.model import FOUND_BY as CRAWLED
from probes.deep.lives import Ran, lives_of, lives_told
from probes.deep.model import Deep
from probes.exercise.exchange import Exchange, Result
from probes.exercise.model import BeginProbe, ExecProbe, ExitProbe, HttpProbe
from probes.life import Life
from slim.engine.interface import ContainerSpec, Template
from slim.oci.config import ImageConfig
from slim.report.masking import Secrets

HOME = HttpProbe("GET", "/")


def config_of(**run):
    document = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    return ImageConfig.parse(json.dumps({**document, "config": run}).encode())


SERVER = config_of(Cmd=["serve"], User="app", StopSignal="SIGQUIT")


def ran(spec=None, probes=(HOME,), port=80, name="", exchanges=()):
    return Ran(
        Life(spec or ContainerSpec("image"), name=name), probes, exchanges, port, (port,) if port else ()
    )


def named(config, one, bounds=Deep()):  # noqa: B008 - frozen
    return [life.name for life in lives_of(config, one, bounds)]


def test_a_server_is_asked_and_signalled_and_started_with_a_read_only_root():
    assert named(SERVER, ran()) == ["deep.requests", "deep.read-only"]
    asked, locked = lives_of(SERVER, ran(), Deep())
    assert (asked.probes, len(asked.generators)) == ((HOME,), 3)
    assert (locked.spec.read_only, locked.spec.tmpfs) == (True, ("/tmp",))
    assert locked.probes == (BeginProbe(80), HOME)
    assert all(life.made_up and life.idle for life in (asked, locked))


def test_a_server_is_started_again_in_its_container_where_a_script_can_be_run():
    one = replace(ran(), argv=("serve", "--all"), shell=("/.slim/sh", "-c"))
    again = lives_of(SERVER, one, Deep())[-1]
    assert again.name == "deep.restart"
    assert again.spec.entrypoint[:2] == ("/.slim/sh", "-c")
    assert again.spec.command == ("serve", "--all")
    assert [probe.name for probe in again.probes] == [
        "start up or end",
        "GET /",
        "SIGTERM",
        "until the log says ^slim: started again$",
        "until port 80 accepts connections",
        "GET / after a restart",
    ]


def test_what_was_crawled_is_not_crawled_again():
    crawled = Exchange("GET /a", "http", Result.ANSWERED, status=200, found_by=CRAWLED)
    assert len(lives_of(SERVER, ran(exchanges=(crawled,)), Deep())[0].generators) == 2


def test_only_what_runs_as_root_is_run_as_another_user():
    assert "deep.user-65534" in named(config_of(Cmd=["serve"]), ran())
    assert "deep.user-65534" in named(config_of(Cmd=["serve"], User="0:0"), ran())
    assert "deep.user-65534" not in named(config_of(Cmd=["serve"]), ran(ContainerSpec("image", user="app")))


def test_as_many_variables_of_the_user_as_the_bound_says_are_left_out_one_at_a_time():
    spec = ContainerSpec("image", environment=(("A", "1"), ("B", "2"), ("C", "3"), ("D", "4")))
    lives = [one for one in lives_of(SERVER, ran(spec), Deep(variables=2)) if "without" in one.name]
    assert [one.name for one in lives] == ["deep.without(A)", "deep.without(B)"]
    assert lives[0].spec.environment == (("B", "2"), ("C", "3"), ("D", "4"))


def test_a_tool_is_called_with_other_arguments():
    spec = ContainerSpec("image", command=("in.txt",), volumes=("/data:/data", "cache:/c:z"))
    config = config_of(Entrypoint=["tool"], User="app")
    lives = lives_of(config, ran(spec, (ExitProbe(),), 0), Deep())
    assert [(one.name, one.spec.command) for one in lives[:-1]] == [
        ("deep.help", ("--help",)),
        ("deep.short-help", ("-h",)),
        ("deep.version", ("--version",)),
        ("deep.unknown-option", ("--slim-no-such-option",)),
        ("deep.missing-file", ("/slim/no-such-file",)),
        ("deep.no-arguments", ()),
    ]
    assert lives[-1].name == "deep.read-only"


def test_what_the_user_mounted_is_read_only_to_each_made_up_run_of_a_tool_and_not_to_servers():
    spec = ContainerSpec(
        "image", command=("in.txt",), volumes=("/data:/data", "cache:/c:z", "/own"), environment=(("A", "1"),)
    )
    tool, one = config_of(Entrypoint=["tool"]), ran(spec, (ExitProbe(),), 0)
    lives = (
        *lives_of(tool, one, Deep()),
        *lives_told(tool, one, "deep.help", "Commands:\n  count  counts\n"),
    )
    assert {"deep.help", "deep.user-65534", "deep.read-only", "deep.without(A)", "deep.help-count"} <= {
        life.name for life in lives
    }
    assert {life.spec.volumes for life in lives} == {("/data:/data:ro", "cache:/c:z,ro", "/own")}
    assert {life.spec.volumes for life in lives_of(SERVER, ran(spec), Deep())} == {spec.volumes}


def test_a_tool_is_not_called_as_it_was_already():
    config = config_of(Entrypoint=["tool"], Cmd=["--help"], User="app")
    assert "deep.help" not in named(config, ran(probes=(ExitProbe(),), port=0))


def test_a_service_of_a_stack_is_called_with_no_other_arguments():
    spec = ContainerSpec("image", template=Template("{}"))
    assert named(config_of(Entrypoint=["tool"]), ran(spec, (ExitProbe(),), 0)) == ["deep.read-only"]


def test_a_worker_is_signalled():
    (life, *_) = lives_of(SERVER, ran(probes=(ExecProbe("worker ping"),), port=0, name="worker"), Deep())
    assert (life.name, life.probes, len(life.generators)) == ("worker.deep.signals", (BeginProbe(0),), 1)


def test_probes_that_need_values_of_others_do_not_follow_another_start():
    own = (HttpProbe("GET", "/${id}"), HOME, ExecProbe("true"), HttpProbe("GET", "/a", found_by="crawl"))
    locked = lives_of(SERVER, ran(probes=own), Deep())[1]
    assert locked.probes == (BeginProbe(80), HOME, ExecProbe("true"))


def test_a_probe_of_a_life_without_a_secret_is_still_to_be_read():
    (life,) = (
        one
        for one in lives_of(SERVER, ran(ContainerSpec("image", environment=(("API_TOKEN", "x"),))), Deep())
        if "without" in one.name
    )
    assert Secrets().text(f"{life.name}: GET /") == "deep.without(API_TOKEN): GET /"
