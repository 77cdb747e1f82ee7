"""manual.py: every command and option is told of, in lines that a terminal holds."""

import pytest

from nametrack.commands import help_texts as manual
from nametrack.commands.command_line import COMMANDS, FORMATS, Command, UsageError
from nametrack.core.telling import metrics


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_that_names_its_options(name):
    text = manual.COMMANDS[name]
    valued, flags, _ = COMMANDS[name]
    assert text.startswith(f"usage: nametrack {name}")
    for option in (*valued, *flags):
        assert option in text.split("\n\n")[0] and option in manual.USAGE, option
    assert f"\n  {name} " in manual.USAGE
    assert len(text.splitlines()) <= 16


def test_the_formats_of_metrics_are_those_that_the_agent_writes():
    assert set(FORMATS) == metrics.FORMATS.keys()


def test_nothing_else_has_help():
    assert manual.COMMANDS.keys() == COMMANDS.keys()


@pytest.mark.parametrize("argv", [["help", "plan"], ["plan", "--help"], ["plan", "--config-dir", "x", "-h"]])
def test_help_is_asked_for_in_either_way(argv):
    command = Command(argv)
    assert (command.name, command.names) == ("help", ["plan"])


def test_help_of_what_is_no_command_is_a_usage_error():
    with pytest.raises(UsageError, match="'dance' is not a command"):
        Command(["help", "dance"])
    with pytest.raises(UsageError, match="--format is one of openmetrics, prometheus"):
        Command(["metrics", "--format", "xml"])
