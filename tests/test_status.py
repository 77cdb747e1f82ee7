"""The status keeps to its schema in every state, and docs/status.md is made from that schema."""

import functools
import json
import pathlib
import re
import sys

import jsonschema
import pytest

import transcript
from fakes import WALL
from nametrack.core.telling.status import building, status

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "scripts"))
import status_page  # noqa: E402

SCHEMA = json.loads(status_page.SCHEMA.read_text())
TRANSCRIPTS = sorted((TOP / "tests/core/transcripts").glob("*/*.txt"))
# What the bus object adds to the core's part.
HEAD = {"version": "0.0.0", "interpreter": "python 3.11.0", "started": WALL, "now": WALL, "last_event": 0}
EVENTS = jsonschema.Draft202012Validator({**SCHEMA["$defs"]["event"], "$defs": SCHEMA["$defs"]})
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


class Watched(transcript.Transcript):
    """A transcript that keeps the status after each of its steps, and just before the next."""

    def __init__(self, text):
        super().__init__(text)
        self.answers = {}
        self.slow = []  # (Config, generator) of each status that is being made while other things happen

    def look(self):
        if self.agent.config is None:
            return
        self.keep(status(self.agent, self.now, WALL + self.now))
        self.slow.append((self.agent.config, building(self.agent, self.now, WALL + self.now)))
        going, self.slow = self.slow, []
        for config, steps in going:
            if config is self.agent.config:
                try:
                    next(steps)
                    self.slow.append((config, steps))
                except StopIteration as end:
                    self.keep(end.value)

    def keep(self, told):
        answer = {**HEAD, **told}
        self.answers[json.dumps(answer, sort_keys=True)] = answer

    def handle(self, event):
        super().handle(event)
        self.look()

    def advance(self, to):
        self.look()
        super().advance(to)
        self.look()


@functools.lru_cache(maxsize=None)
def watched(path):
    found = Watched(path.read_text())
    found.run()
    return found


def answers(path):
    return list(watched(path).answers.values())


def events(path):
    return watched(path).agent.history.since(0, watched(path).now, WALL + watched(path).now)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_status_keeps_to_its_schema_at_every_step_of_a_transcript(path):
    for answer in answers(path):
        VALIDATOR.validate(answer)


@pytest.mark.parametrize("kind", ["peer", "policy"])
def test_the_transcripts_reach_every_state_of_the_schema(kind):
    told = {"peer": "peers", "policy": "policies"}[kind]
    seen = {each["state"] for path in TRANSCRIPTS for answer in answers(path) for each in answer[told]}
    assert seen == set(SCHEMA["$defs"][kind]["properties"]["state"]["enum"])


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_event_keeps_to_its_schema_and_has_the_parameters_of_its_code(path):
    table = re.findall(r"^\| ((?:`\w+` ?)+)\| (.*?) ?\|", (TOP / "docs/bus.md").read_text(), re.M)
    told = {code: len(filled(cell)) for codes, cell in table for code in re.findall(r"`(\w+)`", codes)}
    for event in events(path):
        EVENTS.validate(event)
        assert len(event["parameters"]) == told[event["code"]], event


def filled(cell):
    return [part for part in cell.split(", ") if part]


def test_the_page_is_made_from_the_schema():
    assert status_page.PAGE.read_text() == status_page.page(), "run python3 scripts/status_page.py"


def test_every_field_is_described():
    for name, fields in [("answer", SCHEMA), *status_page.objects(SCHEMA).items()]:
        assert fields["additionalProperties"] is False and set(fields["required"]) == set(fields["properties"]), name
        for field, told in fields["properties"].items():
            assert told.get("description", "").endswith("."), f"{name}: {field}"
