"""The conversations of data/netfilter.jsonl: what a Linux 6.18 kernel (x86-64) and requests of ours said.

`about`: in words; `request`, `datagrams`: bytes; `seq`: of the request; `saved`: what `ipset save` said of the same
set.
"""

import binascii
import json

LITTLE = "<"


def _read():
    found = []
    with open(__file__[: __file__.rfind("/")] + "/data/netfilter.jsonl") as lines:
        for line in lines:
            one = json.loads(line)
            one["datagrams"] = [binascii.unhexlify(data) for data in one["datagrams"]]
            one["request"] = binascii.unhexlify(one.get("request", ""))
            found.append(one)
    return found


ALL = _read()


def about(words):
    """The one conversation about this."""
    return [one for one in ALL if one["about"] == words][0]


def spoilt(datagrams, times):
    """Copies of the datagrams with some bytes changed at random, the same at each run: lists of bytes."""
    state = 1
    for _ in range(times):
        changed = [bytearray(data) for data in datagrams]
        for _ in range(3):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            data = changed[(state >> 4) % len(changed)]
            data[(state >> 8) % len(data)] = state >> 20 & 255
        yield [bytes(data) for data in changed]
