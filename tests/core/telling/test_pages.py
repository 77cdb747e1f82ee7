"""tables.py: what `check`, `why` and the files of a policy look like in a terminal."""

from nametrack.core.telling.tables import finding_lines, status_lines, why_lines

NOW = 1795406999


def test_a_finding_takes_two_lines_and_none_is_said_to_be_none():
    finding = {"severity": "error", "subject": "wg0", "text": "is down", "code": "down", "advice": "ifup wg0"}
    assert finding_lines([finding]) == ["error: wg0: is down [down]", "    ifup wg0"]
    assert finding_lines([]) == ["nothing found"]


def test_why_shows_each_address_with_its_steps_then_the_sentence_and_what_to_do():
    answer = {"addresses": [{"address": "192.0.2.1", "steps": ["one", "two"]}], "sentence": "so it is", "advice": "do"}
    assert why_lines(answer) == ["192.0.2.1", "  one", "  two", "", "so it is", "  what to do: do"]
    assert why_lines({"addresses": [], "sentence": "so it is", "advice": ""}) == ["so it is"]


def file_line(**counts):
    values = {"name": "work", "interface": "wg", "target": "nftset", "set4": "inet fw4 mine4", "set6": None}
    values.update({"wanted4": 3, "installed4": 2, "wanted6": 0, "installed6": 0, "state": "current", "changed": None})
    shown = dict({"path": "/etc/list", "names": 3, "asked": 2, "wildcards": 0, "elements": 0}, **counts)
    values.update({"reason": "as DNS says", "hosts": [], "more_hosts": 0, "files": [shown]})
    state = {"now": NOW, "peers": [], "policies": [values], "config_errors": [], "more_peers": 0, "more_policies": 0}
    (line,) = [line for line in status_lines(state) if "/etc/list" in line]
    return line.strip()


def test_a_file_of_hosts_says_what_is_in_it():
    assert file_line() == "/etc/list: 3 names, 2 looked up"
    assert file_line(wildcards=1, elements=4) == (
        "/etc/list: 3 names, 2 looked up, 1 wildcard, addresses and prefixes: 4"
    )
    assert file_line(names=None) == "/etc/list: not read yet"
