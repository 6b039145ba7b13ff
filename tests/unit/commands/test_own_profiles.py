"""Profiles of the user's own, and the verb that explains all of them."""

import json

import pytest
from click.testing import CliRunner

from slim.cli import slim
from slim.commands.own_profiles import SHIPPED, own_profiles
from slim.errors import UsageError


def text(name, summary):
    return f'name = "{name}"\nsummary = "{summary}"\n[[keep]]\npaths = "/x"\nreason = "r"\n'


@pytest.fixture
def folder(tmp_path):
    project = tmp_path / ".slim" / "profiles"
    project.mkdir(parents=True)
    (project / "a.toml").write_text(text("time", "Mine."))
    (project / "b.toml").write_text(text("shop", "The shop."))
    (project / "notes.txt").write_text("no profile")
    (tmp_path / "named.toml").write_text(text("shop", "Another."))
    return tmp_path


def test_the_folder_then_the_named_files_and_what_each_replaces(folder):
    project = folder / ".slim" / "profiles"
    found = own_profiles((folder / "named.toml",), project)
    assert [(one.profile.name, one.profile.summary, one.file, one.replaces) for one in found] == [
        ("shop", "Another.", str(folder / "named.toml"), str(project / "b.toml")),
        ("time", "Mine.", str(project / "a.toml"), SHIPPED),
    ]
    assert own_profiles((), folder / "none") == ()


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"name = 1"])
def test_a_profile_that_cannot_be_read_is_an_error_with_its_file(folder, content):
    path = folder / ".slim" / "profiles" / "c.toml"
    if content is None:
        path.symlink_to("nowhere")
    else:
        path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        own_profiles((), folder / ".slim" / "profiles")
    assert str(path) in caught.value.message


def test_every_condition_has_words():
    from slim.closure.profile.model import Condition
    from slim.commands.profiles import _WORDS

    assert {*_WORDS, "used"} == set(Condition.__struct_fields__)


def test_the_list_and_one_in_full():
    listed = CliRunner().invoke(slim, ["profiles"])
    assert listed.exit_code == 0
    assert "\npython " in listed.output
    assert "when the runtime python is kept" in listed.output
    one = CliRunner().invoke(slim, ["profiles", "rubbish"]).output
    assert one.startswith("rubbish: ")
    assert "drops: version control\n  paths (" in one
    assert "  as a part of: application, " in one


def test_json_holds_what_the_files_say():
    done = json.loads(CliRunner().invoke(slim, ["profiles", "accounts", "--json"]).output)
    (only,) = done["profiles"]
    assert (done["version"], only["name"], only["file"]) == (1, "accounts", SHIPPED)
    assert only["keep"][0]["paths"]


def test_a_users_profile_is_listed_with_its_file(folder):
    done = CliRunner().invoke(slim, ["profiles", "shop", "--profile", str(folder / "named.toml")])
    assert f"from {folder / 'named.toml'}" in done.output


def test_an_unknown_name_is_an_error_with_near_ones():
    done = CliRunner().invoke(slim, ["profiles", "rubish"])
    assert isinstance(done.exception, UsageError)
    assert "rubbish" in done.exception.remedy
