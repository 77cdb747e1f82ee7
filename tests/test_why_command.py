"""commands/ask_agent.py: `why` says what it cannot ask about, for a bus only says that an argument is invalid."""

from types import SimpleNamespace

import pytest

from nametrack.commands import ask_agent
from nametrack.commands.command_line import Trouble


def given(config_dir="/none", **attributes):
    return SimpleNamespace(ubus="none", run_dir="/none", config_dir=config_dir, **attributes)


@pytest.mark.parametrize(
    "name,client,said",
    [
        ("https://x.test/", None, "'https://x.test/' is not a host name"),
        ("10.0.0.0/8", None, "'10.0.0.0/8' is not a host name"),
        ("192.0.2.300", None, "'192.0.2.300' is neither a host name nor an address"),
        ("x.test", "tv", "--from: 'tv' is not an address"),
        ("192.0.2.1", "10.0.0.0/8", "--from: '10.0.0.0/8' is not an address"),
    ],
)
def test_what_cannot_be_asked_about_is_named(name, client, said):
    with pytest.raises(Trouble) as raised:
        ask_agent.why(given(names=[name], client=client, json=False), None)
    assert str(raised.value) == said


@pytest.mark.parametrize("name,client", [("x.test", None), ("192.0.2.1", "192.168.1.9"), ("2001:db8::1", "fd00::9")])
def test_all_else_is_asked(name, client):
    with pytest.raises(Trouble) as raised:
        ask_agent.why(given(names=[name], client=client, json=False), None)
    assert "the agent is not running" in str(raised.value)


def test_a_command_without_an_agent_says_how_to_enable_it_if_that_is_why(tmp_path):
    (tmp_path / "network").write_text("")
    (tmp_path / "nametrack").write_text("config nametrack 'global'\n\toption enabled '0'\n")
    with pytest.raises(Trouble) as raised:
        ask_agent.status(given(str(tmp_path), json=False, all=False), None)
    assert "nametrack is disabled" in str(raised.value) and "enabled='1'" in str(raised.value)
