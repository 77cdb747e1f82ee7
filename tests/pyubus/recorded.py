"""The recorded messages of data/ubus.jsonl: what ubus' own programs and ubusd said to one another."""

import binascii
import json
from collections import namedtuple

# `direction`: ">" to ubusd, "<" from it; `data`: one message, b"" for the end.
Line = namedtuple("Line", ("scenario", "conn", "direction", "data"))


def lines(scenarios=None, conn=None):
    """The lines of some scenarios, as ("03", "04"), and of one connection; all without them."""
    with open(__file__[: __file__.rfind("/")] + "/data/ubus.jsonl") as file:
        found = [json.loads(line) for line in file]
    found = [Line(one["scenario"], one["conn"], one["dir"], binascii.unhexlify(one["hex"])) for one in found]
    return [
        one
        for one in found
        if (scenarios is None or one.scenario[:2] in scenarios) and (conn is None or one.conn == conn)
    ]


def messages(scenarios=None, conn=None, direction=None):
    """The bytes of the messages among them, of both directions or one."""
    return [one.data for one in lines(scenarios, conn) if one.data and direction in (None, one.direction)]
