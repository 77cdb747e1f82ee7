"""The recorded messages of data/ubus.jsonl: what ubus' own programs and ubusd said to one another."""

import binascii
import json
from collections import namedtuple

# `direction`: ">" to ubusd, "<" from it; `data`: one message, b"" for the end.
Line = namedtuple("Line", ("scenario", "conn", "direction", "data"))


def _read():
    with open(__file__[: __file__.rfind("/")] + "/data/ubus.jsonl") as file:
        found = [json.loads(line) for line in file]
    return [Line(one["scenario"], one["conn"], one["dir"], binascii.unhexlify(one["hex"])) for one in found]


LINES = _read()


def lines(scenarios=None, conn=None):
    """The lines of some scenarios, as ("03", "04"), and of one connection; all without them."""
    return [
        line
        for line in LINES
        if (scenarios is None or line.scenario[:2] in scenarios) and (conn is None or line.conn == conn)
    ]


def messages(scenarios=None, conn=None, direction=None):
    """The bytes of the messages among them, of both directions or one."""
    return [line.data for line in lines(scenarios, conn) if line.data and direction in (None, line.direction)]
