"""What was not exercised of real images, and runs that end because of it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from command_line import slim
from images.build import build
from images.started import docker

pytestmark = pytest.mark.engine

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "slim" / "report" / "schemas" / "report.schema.json").read_text()
)


def covered(name: str, folder: Path, *arguments: str) -> dict:
    """The coverage of a run that must be verified."""
    done = slim(
        "run", "--tag", f"slim-result/{name}:coverage", "--json", build(name), *arguments, folder=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    return report["coverage"]


def names(unused: list[dict]) -> set[str]:
    return {f"{one['folder']}/{file}" for one in unused for file in one["files"]}


def kinds(coverage: dict) -> list[str]:
    return [one["kind"] for one in coverage["reached_little"]]


def test_a_django_project_of_which_the_home_page_was_asked(tmp_path: Path) -> None:
    home = covered("django", tmp_path, "--http-probe", "/")
    detail = "/srv/shop/catalog/templates/catalog/product_detail.html"
    assert detail in names(home["unused_pages"])
    assert "/srv/shop/catalog/management/commands/report.py" in names(home["unused_modules"])
    assert names(home["unused_modules"]).isdisjoint({"/srv/shop/catalog/views.py", "/srv/shop/shop/urls.py"})
    assert home["routes"]["used"] < home["routes"]["total"]
    assert home["measure"] == "files"
    assert 0.5 < home["share"] < 1
    assert kinds(home) == []
    more = covered("django", tmp_path, "--http-probe", "/", "--exec-probe", "python manage.py report json")
    assert more["modules"]["used"] >= home["modules"]["used"] + 2
    assert "/srv/shop/catalog/management/commands/report.py" not in names(more["unused_modules"])


def test_a_server_that_loads_its_routes_late(tmp_path: Path) -> None:
    express = covered("express", tmp_path, "--http-probe", "/")
    assert "/srv/shop/routes/account.js" in names(express["unused_modules"])
    assert "/srv/shop/views/list.pug" in names(express["unused_pages"])
    assert not any(path.startswith("/srv/shop/public/") for path in names(express["unused_modules"]))
    assert kinds(express) == ["files"]


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "measured"),
    [
        ("fastapi", ("--http-probe", "/health"), ["liveness"], "files"),
        ("redis", ("--exec-probe", "redis-cli PING"), ["liveness"], "none"),
        ("redis", ("--exec-probe", "redis-cli SET a 1 && redis-cli GET a"), [], "none"),
        ("go-service", (), ["home"], "none"),
        ("static", ("--http-probe", "/"), ["home"], "none"),
        ("static", ("--http-probe", "/", "--http-probe", "/style.css"), [], "none"),
        ("c-hello", (), [], "none"),
        ("oneshot", ("--", "help"), ["version"], "files"),
        ("oneshot", ("--entrypoint", "sort", "--", "--version"), ["version"], "files"),
        ("oneshot", ("--", "count"), [], "files"),
    ],
)
def test_when_next_to_nothing_was_reached(
    name: str, arguments: tuple[str, ...], kind: list[str], measured: str, tmp_path: Path
) -> None:
    found = covered(name, tmp_path, *arguments)
    assert (kinds(found), found["measure"]) == (kind, measured)


def test_a_minimum_that_is_not_reached_leaves_no_image(tmp_path: Path) -> None:
    tag = "slim-result/django:too-little"
    run = ("run", "--tag", tag, build("django"), "--http-probe", "/", "--min-coverage", "95")
    done = slim(*run, folder=tmp_path)
    assert done.returncode == 1
    told = done.stdout[done.stdout.index("TOO LITTLE") :].splitlines()
    assert told[0].endswith("% of the application's files were exercised, not 95 %; nothing was tagged")
    assert told[1].startswith("  add a probe that makes it load /srv/shop/")
    assert docker("image", "inspect", tag, check=False).exit_code
    assert slim(*run, "--keep-unverified", folder=tmp_path).returncode == 1
    assert docker("image", "inspect", tag).exit_code == 0
    docker("image", "rm", tag)


def test_a_minimum_for_what_cannot_be_measured_fails_unless_told_to_pass(tmp_path: Path) -> None:
    run = ("run", "--tag", "slim-result/c-hello:coverage", build("c-hello"), "--min-coverage", "1")
    done = slim(*run, folder=tmp_path)
    assert done.returncode == 1
    assert "cannot be measured: it is one native program, /usr/local/bin/hello" in done.stdout
    assert slim(*run, "--unmeasured-coverage", "pass", folder=tmp_path).returncode == 0
