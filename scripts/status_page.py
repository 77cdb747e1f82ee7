"""Writes docs/status.md from tests/status.schema.json: every field of `nametrack status --json`, its unit and meaning.

    python3 scripts/status_page.py

A test compares the page with what this prints, so that neither changes without the other.
"""

import json
import pathlib

TOP = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = TOP / "tests/status.schema.json"
PAGE = TOP / "docs/status.md"

HEAD = """# Status

What `ubus call nametrack status` and `nametrack status --json` answer. Times are Unix seconds and follow the router's
clock. A number `more_…` says how many entries of the list beside it did not fit into the answer
([how much fits](bus.md#what-fits-into-an-answer)). `nametrack status` shows the same as a table.

`python3 scripts/status_page.py` makes this page from `tests/status.schema.json`, and tests hold every
answer against that schema.
"""
TITLES = {
    "peer": "Each of `peers`",
    "source": "Each of a peer's `sources`",
    "policy": "Each of `policies`",
    "way": "Each of a policy's `ways`",
    "file": "Each of a policy's `files`",
    "host": "Each of a policy's `hosts`",
    "address": "Each of a host's `addresses`",
    "finding": "Each of `findings`",
    "event": "Each of the method `events`",
}
KINDS = {"time": "Unix seconds", "sometime": "Unix seconds or null", "seconds": "seconds or null", "count": "number"}
WORDS = {"integer": "number", "string": "text", "boolean": "true or false", "null": "null", "object": "object"}


def kind(field):
    """Return in words what values a field of the schema takes."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return KINDS.get(name, "object")
    if "enum" in field:
        return "one of " + " ".join(f"`{word or 'null'}`" for word in field["enum"])
    if "anyOf" in field:
        return " or ".join(kind(each) for each in field["anyOf"])
    if field["type"] == "array":
        return "list of " + {"string": "texts"}.get(field["items"].get("type"), "objects")
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    return " or ".join(WORDS[each] for each in types)


def table(schema):
    """Return the table of an object's fields, in the order of the schema."""
    rows = [f"| `{name}` | {kind(field)} | {field['description']} |" for name, field in schema["properties"].items()]
    return "\n".join(["| field | value | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def objects(schema):
    """Return {name: schema} of every object within the answer that has fields of its own."""
    found = dict(schema["$defs"])
    found["address"] = found["host"]["properties"]["addresses"]["items"]
    return {name: each for name, each in found.items() if each.get("type") == "object"}


def page():
    """Return the text of docs/status.md."""
    schema = json.loads(SCHEMA.read_text())
    inner = objects(schema)
    assert inner.keys() == TITLES.keys(), f"give {inner.keys() ^ TITLES.keys()} a title"
    parts = [HEAD, table(schema)]
    parts += [f"## {title}\n\n{table(inner[name])}" for name, title in TITLES.items()]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
