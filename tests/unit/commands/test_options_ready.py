import click
import pytest
from click.testing import CliRunner

from probes.exercise.parts import Until
from slim.commands.options_ready import ready_from, ready_options
from slim.errors import UsageError


def given(*arguments, network=""):
    command = click.command()(ready_options(lambda **options: {**options, "network": network}))
    return command.main(arguments, standalone_mode=False)


@pytest.mark.parametrize(
    ("arguments", "until"),
    [
        ((), None),
        (("--ready-log", "listening on .*:80"), Until(log="listening on .*:80")),
        (("--ready-http", "/health?deep=1"), Until(http="/health?deep=1")),
        (("--ready-exec", " redis-cli ping\n"), Until(command="redis-cli ping")),
        (("--ready-port", "6379"), Until(port=6379)),
        (("--ready-seconds", "2.5"), Until(seconds=2.5)),
    ],
)
def test_one_thing_makes_a_container_ready(arguments, until):
    assert ready_from(given(*arguments)) == until


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        (("--ready-log", "("), "is no regular expression", "correct it"),
        (("--ready-log", ""), "--ready-log is empty", "give a regular expression"),
        (
            ("--ready-http", "http://localhost/"),
            "--ready-http 'http://localhost/' is not a path",
            "give the path",
        ),
        (("--ready-http", "POST:/x"), "names a method", "write --ready-http /x"),
        (("--ready-exec", " "), "is no command line", "redis-cli ping"),
        (
            ("--ready-port", "80", "--ready-log", "x"),
            "--ready-log and --ready-port do not go together",
            "give the one that comes true last",
        ),
    ],
)
def test_what_can_never_come_true_is_refused_at_once(arguments, message, remedy):
    with pytest.raises(UsageError) as caught:
        ready_from(given(*arguments))
    assert message in caught.value.message
    assert remedy in caught.value.remedy


def test_no_answer_comes_from_a_container_without_a_network():
    with pytest.raises(UsageError, match="--network none"):
        ready_from(given("--ready-http", "/", network="none"))
    assert ready_from(given("--ready-port", "80", network="none")) == Until(port=80)


@pytest.mark.parametrize("arguments", [("--ready-port", "0"), ("--ready-seconds", "-1")])
def test_numbers_have_bounds(arguments):
    command = click.command()(ready_options(lambda **_: None))
    assert CliRunner().invoke(command, arguments).exit_code == 2
