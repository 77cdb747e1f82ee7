"""commands/ask_agent.py: `why` says what it cannot ask about, for a bus only says that an argument is invalid."""

from types import SimpleNamespace

import pytest

from nametrack.commands import ask_agent
from nametrack.commands.command_line import Trouble


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
        ask_agent.why(SimpleNamespace(names=[name], client=client, json=False, ubus="none", run_dir="/none"), None)
    assert str(raised.value) == said


@pytest.mark.parametrize("name,client", [("x.test", None), ("192.0.2.1", "192.168.1.9"), ("2001:db8::1", "fd00::9")])
def test_all_else_is_asked(name, client):
    with pytest.raises(Trouble) as raised:
        ask_agent.why(SimpleNamespace(names=[name], client=client, json=False, ubus="none", run_dir="/none"), None)
    assert "the agent is not running" in str(raised.value)
