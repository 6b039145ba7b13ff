"""What a Compose file says, asked of the Compose of this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from slim.engine.compose import Stack
from slim.engine.compose_file import Compose, Dependency, Project, read_project
from slim.engine.compose_tool import Done, find_compose
from slim.engine.interface import ContainerSpec
from slim.errors import UsageError


def project(
    folder: Path, services: dict[str, Any], *, profiles: tuple[str, ...] = (), **more: Any
) -> Project:
    path = folder / "compose.yml"
    path.write_text(json.dumps({"services": services, **more}))
    return read_project(find_compose(os.environ), Compose((path,), "web", profiles))


def test_what_needs_the_service_under_test_comes_after_it_and_all_else_before(tmp_path: Path):
    found = project(
        tmp_path,
        {
            "web": {"image": "a", "depends_on": {"db": {"condition": "service_healthy"}}},
            "db": {"image": "b"},
            "beside": {"image": "b"},
            "proxy": {"image": "c", "depends_on": ["web"]},
            "sidecar": {"image": "c", "network_mode": "service:web"},
            "behind": {"image": "c", "depends_on": ["proxy"]},
        },
    )
    assert found.others == ("beside", "db")
    assert found.dependents == ("behind", "proxy", "sidecar")
    assert found.service.depends_on == (Dependency("db", "service_healthy"),)


def test_profiles_hide_services_but_not_what_the_service_under_test_needs(tmp_path: Path):
    services = {
        "web": {"image": "a", "profiles": ["site"], "depends_on": ["db"]},
        "db": {"image": "b", "profiles": ["site"]},
        "mail": {"image": "b", "profiles": ["mail"]},
    }
    assert project(tmp_path, services).others == ("db",)
    assert project(tmp_path, services, profiles=("mail",)).others == ("db", "mail")


def test_the_program_of_the_service_is_that_of_the_file_unless_the_user_says_other(tmp_path: Path):
    web = {
        "image": "a",
        "entrypoint": "/go --now",
        "command": ["echo", "$$HOME"],
        "user": "7",
        "working_dir": "/w",
    }
    stack = Stack(find_compose(os.environ), project(tmp_path, {"web": web}))
    made = stack.described(ContainerSpec("a"))
    assert (made.entrypoint, made.command) == (("/go", "--now"), ("echo", "$HOME"))
    assert (made.user, made.workdir) == ("7", "/w")
    made = stack.described(ContainerSpec("a", command=("x",), user="8"))
    assert (made.entrypoint, made.command, made.user) == (("/go", "--now"), ("x",), "8")
    made = stack.described(ContainerSpec("a", entrypoint=("/mine",)))
    assert (made.entrypoint, made.command) == (("/mine",), None)


def test_networks_are_named_as_in_the_engine(tmp_path: Path):
    web = {"image": "a", "networks": {"back": {"aliases": ["w"]}, "out": {}}}
    networks = {"back": {}, "out": {"external": True, "name": "real"}}
    found = project(tmp_path, {"web": web}, networks=networks)
    names = {one.network: one.aliases for one in found.endpoints("slim-1")}
    assert names == {"slim-1_back": ("w",), "real": ()}


def test_what_is_built_is_called_after_the_users_own_project(tmp_path: Path):
    (tmp_path / "shop").mkdir()
    found = project(tmp_path / "shop", {"web": {"build": "."}})
    assert found.service.builds
    assert found.service.image in ("shop_web", "shop-web")


def test_a_wrong_file_is_told_in_composes_own_words(tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        project(tmp_path, {"web": {"image": "a", "imagine": 1}})
    assert "imagine" in caught.value.cause
    assert "config" in caught.value.remedy


def test_a_message_is_what_is_left_without_progress():
    said = "Creating slim_db_1 ... \nCreating slim_db_1 ... done\n Network x  Created\nERROR: no such thing\n"
    assert Done(1, "", said).message == "ERROR: no such thing"
