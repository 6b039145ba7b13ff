"""Which services of a Compose project the lives of an image are; by the Compose of this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from probes.life import Life
from slim.commands.known_secrets import learn_stack
from slim.commands.options_compose import notes_of, placed, service_lives
from slim.engine.compose import Stack, open_stack
from slim.engine.compose_file import Compose
from slim.engine.interface import ContainerSpec
from slim.errors import UsageError
from slim.report.masking import Secrets

SERVICES = {
    "web": {"image": "shop", "command": "serve", "user": "7"},
    "worker": {
        "image": "shop",
        "entrypoint": "work",
        "command": "--fast",
        "environment": ["DEPTH=$$3", "PLACE=file", "GONE=1"],
    },
    "beat": {"image": "shop", "command": "beat"},
    "old": {"image": "shop:old", "command": "old"},
    "proxy": {"image": "nginx", "depends_on": ["web"]},
    "db": {"image": "db", "environment": {"DB_PASSWORD": "kept-by-db"}, "secrets": ["token", "absent"]},
}


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    path = tmp_path / "compose.yml"
    (tmp_path / "token").write_text("open sesame\n")
    secrets = {"token": {"file": "./token"}, "absent": {"file": "./absent"}}
    path.write_text(json.dumps({"services": SERVICES, "secrets": secrets}))
    return open_stack(Compose((path,), "web"), os.environ)


def lives(*services: str) -> tuple[Life, ...]:
    spec = ContainerSpec("shop")
    return (Life(spec), *service_lives({"service": ("web", *services)}, spec))


def test_a_further_service_is_a_life_of_its_name_as_the_file_says(stack: Stack):
    web, worker = placed(lives("worker"), stack)
    assert (web.name, web.spec.command, web.spec.user) == ("", ("serve",), "7")
    assert (worker.name, worker.service, worker.idle) == ("worker", "worker", True)
    assert (worker.spec.entrypoint, worker.spec.command, worker.spec.user) == (("work",), ("--fast",), "")


def test_a_run_may_be_a_service_with_another_command(stack: Stack):
    (life,) = placed((Life(ContainerSpec("shop", command=("status",)), service="worker"),), stack)
    assert (life.spec.entrypoint, life.spec.command) == (("work",), ("status",))


def test_the_environment_of_the_file_is_the_lifes_unless_the_user_says_other(stack: Stack):
    spec = ContainerSpec("shop", environment=(("PLACE", "mine"),), environment_removed=("GONE",))
    (life,) = placed((Life(spec, service="worker"),), stack)
    assert life.spec.environment == (("DEPTH", "$3"), ("PLACE", "mine"))


def test_no_secret_of_the_file_is_told(stack: Stack):
    secrets = Secrets()
    learn_stack(secrets, stack)
    assert secrets.text("kept-by-db, open sesame, $3") == "***, ***, $3"


def test_what_else_runs_the_image_is_told(stack: Stack):
    assert notes_of(stack, lives("worker", "old")) == (
        "not started, since they need the service under test: proxy",
        "run with the image under test, though the file names shop:old: old",
        "of the same image, but not watched, and may do a run's work: beat (--service NAME once more "
        "makes it a run)",
    )


@pytest.mark.parametrize(
    ("service", "in_a_stack", "cause"),
    [("wroker", True, "has no such service"), ("worker", False, "of no Compose file")],
)
def test_a_service_that_is_nowhere_is_refused(service: str, in_a_stack: bool, cause: str, stack: Stack):
    life: Any = Life(ContainerSpec("shop"), name="jobs", service=service)
    with pytest.raises(UsageError) as caught:
        placed((life,), stack if in_a_stack else None)
    assert cause in f"{caught.value.message} {caught.value.cause}"
