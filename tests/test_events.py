"""`nametrack events --follow` beside an agent that comes and goes."""

from types import SimpleNamespace

import pytest

from nametrack.commands import ask_agent
from nametrack.commands.command_line import Trouble


class Ended(Exception):
    """The command would go on for ever: the test has seen enough."""


def followed(monkeypatch, states):
    """Runs the command beside an agent that is, at each try to reach it, as `states` say: "up", "goes" or "down"."""
    left, opened = list(states), []

    class Remote:
        def __init__(self, command):
            if not left:
                raise Ended
            self.state = left.pop(0)
            opened.append(self)

        def call(self, method, arguments):
            if self.state == "down":
                raise Trouble("the agent is not running")
            return {"events": [], "more_events": 0}

        def follow(self, told):
            raise Trouble("the agent is gone")

        def close(self):
            opened.remove(self)

    monkeypatch.setattr(ask_agent, "Remote", Remote)
    monkeypatch.setattr(ask_agent.compat, "sleep", lambda seconds: None)
    with pytest.raises(Ended):
        ask_agent.events(SimpleNamespace(follow=True), None)
    return opened


def test_a_try_leaves_no_connection_behind(monkeypatch):
    """MicroPython closes no socket by itself, and ubusd refuses everybody once it has as many as it can."""
    assert followed(monkeypatch, ["up", "goes", "down", "down"]) == []


def test_it_says_once_that_it_waits_for_an_agent_that_goes(monkeypatch, capsys):
    followed(monkeypatch, ["up", "goes", "down", "down"])
    assert capsys.readouterr().err == "nametrack: the agent is gone; waiting for it\n"


def test_it_says_so_too_if_the_agent_goes_before_it_is_followed(monkeypatch, capsys):
    followed(monkeypatch, ["up", "down", "down"])
    assert capsys.readouterr().err == "nametrack: the agent is not running; waiting for it\n"


def test_it_says_so_again_when_the_agent_goes_again(monkeypatch, capsys):
    followed(monkeypatch, ["up", "goes", "down", "goes"])
    assert capsys.readouterr().err == "nametrack: the agent is gone; waiting for it\n" * 2
