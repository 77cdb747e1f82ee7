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
        load=lambda: True, loaded=SimpleNamespace(machine=None, faults=[], config=SimpleNamespace(enabled=True))
    )
    monkeypatch.setattr(one_pass, "Program", lambda *_, **__: program)
    found = [finding("no_keepalive", "warning", "home", "no keepalive", ADVICE)]
    monkeypatch.setattr(ask_agent, "check", lambda *_: (found, False, None))
    assert one_pass.check(SimpleNamespace(config_dir=folder), None) == 1
    assert capsys.readouterr().out.splitlines()[1].strip() == shown


def test_it_is_said_that_nametrack_is_disabled(monkeypatch, capsys):
    program = SimpleNamespace(
        load=lambda: True, loaded=SimpleNamespace(machine=None, config=SimpleNamespace(enabled=False))
    )
    monkeypatch.setattr(one_pass, "Program", lambda *_, **__: program)
    monkeypatch.setattr(ask_agent, "check", lambda *_: ([], False, None))
    assert one_pass.check(SimpleNamespace(config_dir="/etc/config"), None) == 1
    assert capsys.readouterr().out.startswith("info: configuration: nametrack is disabled")


@pytest.mark.parametrize(
    "faults, text, advice",
    [
        ([], "an older one than the files", "/etc/init.d/nametrack reload"),
        (["line 7: unterminated quote"], "keeps the one before", "correct the file first: it takes none that uci"),
    ],
)
def test_a_reload_is_advised_only_if_the_agent_would_take_the_files(monkeypatch, capsys, faults, text, advice):
    loaded = SimpleNamespace(machine=None, faults=faults, config=SimpleNamespace(enabled=True))
    monkeypatch.setattr(one_pass, "Program", lambda *_, **__: SimpleNamespace(load=lambda: True, loaded=loaded))
    monkeypatch.setattr(ask_agent, "check", lambda *_: ([], True, None))
    assert one_pass.check(SimpleNamespace(config_dir="/etc/config"), None) == 1
    said = capsys.readouterr().out.splitlines()
    assert text in said[0] and "[not_loaded]" in said[0] and said[1].strip().startswith(advice)


@pytest.mark.parametrize(
    "folder, absences, said",
    [("/etc/config", [True, True], True), ("/tmp/try", [True, True], False), ("/etc/config", [True, False], False)],
)
def test_that_no_agent_runs_is_said_of_the_files_that_it_would_read(monkeypatch, capsys, folder, absences, said):
    loaded = SimpleNamespace(machine=None, faults=[], config=SimpleNamespace(enabled=True))
    program = SimpleNamespace(load=lambda: True, loaded=loaded, one_pass=lambda: None, agent=None)
    monkeypatch.setattr(one_pass, "Program", lambda *_, **__: program)
    monkeypatch.setattr(one_pass, "findings", lambda *_: [])
    answers = iter([(None, False, "the agent is not running" if absent else None) for absent in absences])
    monkeypatch.setattr(ask_agent, "check", lambda *_: next(answers))
    assert one_pass.check(SimpleNamespace(config_dir=folder), None) == int(said)
    shown = capsys.readouterr()
    assert shown.out == "nothing found\n" and shown.err == "nametrack: the agent is not running\n" * said
