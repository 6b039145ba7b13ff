"""Values of options that are refused, whatever the command."""

import click
import pytest

from slim.cli import slim
from slim.errors import UsageError


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "NaN", "1e999"])
@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("run", "--deep-time"),
        ("run", "--start-timeout"),
        ("run", "--probe-timeout"),
        ("run", "--run-timeout"),
        ("run", "--settle"),
        ("run", "--hold"),
        ("run", "--crawl-time"),
        ("run", "--ready-seconds"),
        ("run", "--min-coverage"),
        ("trace", "--duration"),
    ],
)
def test_a_number_is_finite(command, option, text):
    with pytest.raises(click.BadParameter, match=r"finite|range"):
        slim.main([command, "shop", option, text], standalone_mode=False)


def test_no_option_takes_numbers_that_are_not_finite():
    for name in slim.list_commands(click.Context(slim)):
        command = slim.get_command(click.Context(slim), name)
        commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
        for one in (param for each in commands for param in each.params):
            assert type(one.type) not in (click.FloatRange, type(click.FLOAT)), f"{name} {one.name}"


@pytest.mark.parametrize(
    ("arguments", "of"),
    [
        (("--deep-time", "60"), "--verify deep"),
        (("--deep-time", "5"), "--verify deep"),
        (("--verify", "plain", "--deep-time", "60"), "--verify deep"),
        (("--crawl-depth", "3"), "--http-crawl"),
    ],
)
@pytest.mark.parametrize("command", [("run", "shop"), ("verify", "shop", "shop")])
def test_a_bound_is_refused_without_what_it_bounds_whatever_its_value(command, arguments, of):
    with pytest.raises(UsageError, match=f"{arguments[-2]} goes with {of} alone"):
        slim.main([*command, *arguments], standalone_mode=False)
