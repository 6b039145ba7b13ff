"""What docker run's options become, and what is refused."""

import json
from pathlib import Path

import pytest

from slim.engine.options import (
    RunOptions,
    container_spec,
    parse_capability,
    parse_entrypoint,
    parse_environment,
    parse_network,
    parse_security_option,
    parse_tmpfs,
    parse_volume,
    parse_workdir,
    read_environment_file,
)
from slim.errors import UsageError


def test_a_variable_takes_everything_after_its_first_equals_sign():
    assert parse_environment(["A=b=c", "EMPTY="], [], {}) == ((("A", "b=c"), ("EMPTY", "")), ())


def test_a_bare_name_takes_its_value_from_the_surroundings():
    assert parse_environment(["HOME"], [], {"HOME": "/root"}) == ((("HOME", "/root"),), ())


def test_a_bare_name_without_a_value_hides_the_images_own():
    assert parse_environment(["HOME"], [], {}) == ((), ("HOME",))


def test_the_last_setting_of_a_name_wins_and_options_go_before_files(tmp_path: Path):
    file = tmp_path / "env"
    file.write_text("A=file\nB=file\n")
    given, _ = parse_environment(["A=first", "A=last"], [file], {})
    assert given == (("A", "last"), ("B", "file"))


@pytest.mark.parametrize("value", ["=x", ""])
def test_a_variable_needs_a_name(value: str):
    with pytest.raises(UsageError, match="-e"):
        parse_environment([value], [], {})


def test_an_environment_file_knows_comments_bare_names_and_no_quotes(tmp_path: Path):
    file = tmp_path / "env"
    file.write_bytes(
        b"\xef\xbb\xbfFIRST=1\r\n# comment\n\n   INDENTED=x # not a comment \n"
        b"QUOTED=\"a 'b'\"\nGIVEN\nUNSET\nTABS=\ta\t\nX==\n"
    )
    assert read_environment_file(file, {"GIVEN": "yes"}) == (
        ("FIRST", "1"),
        ("INDENTED", "x # not a comment "),
        ("QUOTED", "\"a 'b'\""),
        ("GIVEN", "yes"),
        ("TABS", "\ta\t"),
        ("X", "="),
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"A =1", "line 1"), (b"\n=1", "line 2 has no variable name"), (b"A=\xff", "not UTF-8 at byte 2")],
)
def test_a_broken_environment_file_is_refused_with_the_line(tmp_path: Path, content: bytes, told: str):
    file = tmp_path / "env"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=told) as caught:
        read_environment_file(file, {})
    assert caught.value.remedy


def test_a_missing_environment_file_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match="nothing-here"):
        read_environment_file(tmp_path / "nothing-here", {})


@pytest.mark.parametrize("value", ["/h:/c", "/h:/c:ro", "name:/c:z,ro", "/anonymous", "/with space:/c"])
def test_volumes_are_taken_as_written(value: str):
    assert parse_volume(value) == value


def test_a_source_that_begins_with_a_dot_is_beside_the_user(here: Path):
    assert parse_volume("./data:/c:ro") == f"{here}/data:/c:ro"
    assert parse_volume(".:/c") == f"{here}:/c"
    assert parse_volume("../x:/c") == f"{here.parent}/x:/c"


@pytest.fixture
def here() -> Path:
    return Path.cwd()


@pytest.mark.parametrize(
    "value",
    ["", ":", "a:", ":/c", "/h:relative", "relative", "some/dir:/c", "/h:/", "/h:/c:rw:x", "/h:/c:bogus"],
)
def test_malformed_volumes_are_refused_with_a_remedy(value: str):
    with pytest.raises(UsageError, match="-v") as caught:
        parse_volume(value)
    assert caught.value.cause
    assert caught.value.remedy


def test_an_entrypoint_is_one_argument_and_the_empty_one_clears():
    assert parse_entrypoint("python -m http.server") == ("python -m http.server",)
    assert parse_entrypoint("") == ()
    assert parse_entrypoint(None) is None


def test_capabilities_are_spelt_as_docker_spells_them():
    assert parse_capability("--cap-add", "net_raw") == "CAP_NET_RAW"
    assert parse_capability("--cap-add", "CAP_SYS_PTRACE") == "CAP_SYS_PTRACE"
    assert parse_capability("--cap-drop", "all") == "ALL"
    with pytest.raises(UsageError, match="--cap-drop"):
        parse_capability("--cap-drop", "")


def test_a_seccomp_profile_is_read_from_its_file(tmp_path: Path):
    profile = tmp_path / "profile.json"
    profile.write_text('{ "defaultAction": "SCMP_ACT_ALLOW" }')
    option = parse_security_option(f"seccomp={profile}")
    assert json.loads(option.removeprefix("seccomp=")) == {"defaultAction": "SCMP_ACT_ALLOW"}


def test_other_security_options_pass():
    for option in ("no-new-privileges", "no-new-privileges=true", "seccomp=unconfined", "label:disable"):
        assert parse_security_option(option) == option


@pytest.mark.parametrize("value", ["bogus", "seccomp=/nowhere.json", ""])
def test_malformed_security_options_are_refused(value: str):
    with pytest.raises(UsageError, match="--security-opt"):
        parse_security_option(value)


def test_a_seccomp_profile_that_is_not_json_is_refused(tmp_path: Path):
    profile = tmp_path / "profile.json"
    profile.write_text("{")
    with pytest.raises(UsageError, match="not JSON"):
        parse_security_option(f"seccomp={profile}")


def test_paths_in_the_container_are_absolute():
    assert parse_workdir("/srv") == "/srv"
    assert parse_tmpfs("/run:size=64m") == "/run:size=64m"
    with pytest.raises(UsageError, match="--workdir"):
        parse_workdir("srv")
    with pytest.raises(UsageError, match="--tmpfs"):
        parse_tmpfs("run")


def test_a_network_is_one_name():
    assert parse_network("container:db") == "container:db"
    for value in ("name=x,alias=y", "container:"):
        with pytest.raises(UsageError, match="--network"):
            parse_network(value)


def test_a_spec_without_options_leaves_everything_to_the_image():
    spec = container_spec(RunOptions("image"), {})
    assert (spec.entrypoint, spec.command, spec.environment) == (None, None, ())


def test_a_spec_refuses_a_bad_port_before_the_engine_is_asked():
    with pytest.raises(UsageError, match="-p http"):
        container_spec(RunOptions("image", ports=["http"]), {})
