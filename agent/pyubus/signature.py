"""The methods of an object: `{method: {argument: type}}`, the types BLOBMSG_TYPE_*. ubusd checks none of it."""

from .blobmsg import (
    BLOBMSG_TYPE_ARRAY,
    BLOBMSG_TYPE_BOOL,
    BLOBMSG_TYPE_DOUBLE,
    BLOBMSG_TYPE_INT32,
    BLOBMSG_TYPE_STRING,
    BLOBMSG_TYPE_TABLE,
    BLOBMSG_TYPE_UNSPEC,
    INTEGERS,
)

_CLASSES = {BLOBMSG_TYPE_STRING: str, BLOBMSG_TYPE_ARRAY: list, BLOBMSG_TYPE_TABLE: dict}


def to_table(signature):
    """A signature as the table that an object is added with."""
    table = []
    for method, arguments in signature.items():
        table.append((method, BLOBMSG_TYPE_TABLE, [(name, BLOBMSG_TYPE_INT32, arguments[name]) for name in arguments]))
    return table


def from_table(table):
    """The signature in a table that a lookup brought; what is none is passed over."""
    methods = _named(table, BLOBMSG_TYPE_TABLE)
    return {method: dict(_named(arguments, BLOBMSG_TYPE_INT32)) for method, arguments in methods}


def _named(table, wanted):
    return [(name, value) for name, kind, value in table if kind == wanted and isinstance(name, str)]


def accepts(expected, arguments):
    """Whether arguments, a dict, have the types of `expected`, `{argument: type}`: bool.

    Any of them may be missing, and others may be there: uhttpd adds its session to every call. An int may have come in
    any type that holds it, as JSON knows but one, and be meant as a DOUBLE.
    """
    return all(_fits(arguments[name], kind) for name, kind in expected.items() if name in arguments)


def _fits(value, kind):
    if kind == BLOBMSG_TYPE_UNSPEC:
        return True
    if kind == BLOBMSG_TYPE_BOOL or isinstance(value, bool):  # before int, which it is under CPython only
        return kind == BLOBMSG_TYPE_BOOL and isinstance(value, bool)
    if kind == BLOBMSG_TYPE_DOUBLE:
        return isinstance(value, (float, int))
    if kind in INTEGERS:
        _, _, lowest, highest = INTEGERS[kind]
        return isinstance(value, int) and lowest <= value <= highest
    return kind in _CLASSES and isinstance(value, _CLASSES[kind])
