"""commands/one_pass.py: what `check` advises is about the files that it read, and that nametrack is disabled."""

from types import SimpleNamespace

import pytest

from nametrack.commands import ask_agent, one_pass
from nametrack.core.telling.findings import finding

ADVICE = "uci set network.home.persistent_keepalive='25'; uci commit network; ifup wg0"


@pytest.mark.parametrize(
    "folder, shown",
    [
        ("/etc/config", ADVICE),
        ("/tmp/try", ADVICE.replace("uci", "uci -c /tmp/try")),
    ],
)
def test_a_line_of_uci_changes_the_folder_that_was_checked(monkeypatch, capsys, folder, shown):
    program = SimpleNamespace(
        load=lambda: True, loaded=SimpleNamespace(machine=None, config=SimpleNamespace(enabled=True))
    )
    monkeypatch.setattr(one_pass, "Program", lambda *_, **__: program)
    found = [finding("no_keepalive", "warning", "home", "no keepalive", ADVICE)]
    monkeypatch.setattr(ask_agent, "check", lambda *_: (found, False))
    assert one_pass.check(SimpleNamespace(config_dir=folder), None) == 1
    assert capsys.readouterr().out.splitlines()[1].strip() == shown


def test_it_is_said_that_nametrack_is_disabled(monkeypatch, capsys):
    program = SimpleNamespace(
        load=lambda: True, loaded=SimpleNamespace(machine=None, config=SimpleNamespace(enabled=False))
    )
    monkeypatch.setattr(one_pass, "Program", lambda *_, **__: program)
    monkeypatch.setattr(ask_agent, "check", lambda *_: ([], False))
    assert one_pass.check(SimpleNamespace(config_dir="/etc/config"), None) == 1
    assert capsys.readouterr().out.startswith("info: configuration: nametrack is disabled")
