"""Tables as plain Python values: dict and list, str, int, float, bool, None. blobmsg.py has their typed form."""

from collections import namedtuple

from .blobmsg import (
    BLOBMSG_TYPE_ARRAY,
    BLOBMSG_TYPE_BOOL,
    BLOBMSG_TYPE_DOUBLE,
    BLOBMSG_TYPE_INT32,
    BLOBMSG_TYPE_INT64,
    BLOBMSG_TYPE_STRING,
    BLOBMSG_TYPE_TABLE,
    BLOBMSG_TYPE_UNSPEC,
    INTEGERS,
    NESTED,
    NESTING_LIMIT,
    TOO_DEEP,
    invalid,
)

# A value for `from_python` that is to have one type and no other, as Typed(BLOBMSG_TYPE_INT64, 1).
Typed = namedtuple("Typed", ("type", "value"))


def to_python(table):
    """A table in its typed form as a dict: TABLE dict, ARRAY list, INT8 bool as in ubus' own JSON.

    Of two entries with one name the first counts, as in libubox. What has an unknown type, or a name that is no text,
    is passed over.
    """
    values = {}
    for name, kind, value in table:
        if isinstance(name, str) and name not in values and kind <= BLOBMSG_TYPE_DOUBLE:
            values[name] = _plain(kind, value)
    return values


def _plain(kind, value):
    if kind == BLOBMSG_TYPE_TABLE:
        return to_python(value)
    if kind == BLOBMSG_TYPE_ARRAY:
        return [_plain(k, v) for _, k, v in value if k <= BLOBMSG_TYPE_DOUBLE]
    if kind == BLOBMSG_TYPE_BOOL:
        return value != 0
    return None if kind == BLOBMSG_TYPE_UNSPEC else value


def from_python(values):
    """A dict as a table in its typed form, in the dict's own order; an OrderedDict has one under MicroPython too.

    bool becomes INT8, int INT32 where it fits and else INT64, float DOUBLE, str STRING, None UNSPEC, a dict TABLE, a
    list or tuple ARRAY; bytes become a STRING that is not UTF-8. UbusError for anything else, for an int of more than
    64 bits, and for values nested too deep. Whether a Typed value fits its type, `encode` says.
    """
    return _made(_table(values, 0))


def lazily(values):
    """The same for blobmsg.encode, with members made when it comes to them: all at once are many times as large.

    What is wrong with the values is then for `encode` to say.
    """
    return _table(values, 0)


def _made(members):
    return [(name, kind, _made(value) if kind in NESTED else value) for name, kind, value in members]


def _table(values, depth):
    """Gives (name, type, value) for each member in turn; of one that is nested, the value does so as well."""
    if not isinstance(values, dict):
        raise invalid("a %s is no dict" % type(values).__name__)
    _check(depth)
    for name, value in values.items():
        yield (name,) + _typed(value, depth)


def _array(values, depth):
    if not isinstance(values, (list, tuple)):
        raise invalid("a %s is nothing that ubus knows" % type(values).__name__)
    _check(depth)
    for value in values:
        yield ("",) + _typed(value, depth)


def _check(depth):
    if depth > NESTING_LIMIT:
        raise invalid(TOO_DEEP)


def _typed(value, depth):
    if isinstance(value, Typed):
        return value.type, _forced(value.type, value.value, depth)
    if value is None:
        return BLOBMSG_TYPE_UNSPEC, None
    if isinstance(value, bool):  # before int, which it is under CPython only
        return BLOBMSG_TYPE_BOOL, int(value)
    if isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 63:
            raise invalid("%d has more than 64 bits" % value)
        return BLOBMSG_TYPE_INT32 if -(1 << 31) <= value < 1 << 31 else BLOBMSG_TYPE_INT64, value
    if isinstance(value, float):
        return BLOBMSG_TYPE_DOUBLE, value
    if isinstance(value, (str, bytes)):
        return BLOBMSG_TYPE_STRING, value
    if isinstance(value, dict):
        return BLOBMSG_TYPE_TABLE, _table(value, depth + 1)
    return BLOBMSG_TYPE_ARRAY, _array(value, depth + 1)


def _forced(kind, value, depth):
    if kind == BLOBMSG_TYPE_TABLE:
        return _table(value, depth + 1)
    if kind == BLOBMSG_TYPE_ARRAY:
        return _array(value, depth + 1)
    if isinstance(value, bool):
        return int(value)
    # An object's id, or a mark, is unsigned in C; the wire's integers have no sign of their own.
    if kind in INTEGERS and isinstance(value, int):
        _, _, lowest, highest = INTEGERS[kind]
        if lowest and highest < value <= highest - lowest:
            return value - (highest - lowest + 1)
    return value
