"""Answers of DNS as values, as wire.dns makes them."""

# isort: off
# Leaves first, so that imports do not nest: tests/test_imports.py says why.
from nametrack import ip  # noqa: F401
from nametrack.wire.dns import Answer

# isort: on


def found(values, ttl=60, reason=None):
    return Answer("found", values, ttl, None, reason, None)


def alias(target, ttl=60):
    return Answer("alias", [], ttl, target, None, None)


def negative(status, ttl=60, zone=None, reason=None, extended=None):
    """nodata or nxdomain; ttl None: the answer does not say how long it holds."""
    return Answer(status, [], ttl, zone, reason, extended)


def truncated(values, ttl=60):
    return Answer("truncated", values, ttl, None, "truncated", None)


def unread(reason):
    return Answer("unread", [], 0, None, reason, None)


def failed(reason):
    return Answer("failed", [], 0, None, reason, None)
