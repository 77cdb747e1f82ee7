"""How much some objects hold: everything that can be reached from them, counted. The same under both interpreters.

Memory that a process has in use goes up and down; what an agent holds does not, once everything has been there once.
"""

import sys

_PLAIN = (int, float, bool, type(None))


def held(*roots):
    """Return a count of all that these hold: each item of a container, each attribute, each byte."""
    seen, waiting, total = set(), list(roots), 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, _PLAIN) or isinstance(one, type) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, (str, bytes, bytearray)):
            total += len(one)
        elif isinstance(one, dict):
            total += len(one)
            waiting.extend(list(one))
            waiting.extend(list(one.values()))
        elif isinstance(one, (list, tuple, set)):
            total += len(one)
            waiting.extend(list(one))
        elif _is_ours(one):
            values = list(one.__dict__.values())
            total += len(values)
            waiting.extend(values)
    return total


def _is_ours(one):
    """Whether it is an instance of a class in Python; functions and modules are not looked into."""
    return hasattr(one, "__dict__") and type(one) not in (type(held), type(sys)) and not hasattr(one, "__name__")
