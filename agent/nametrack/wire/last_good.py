"""The last good addresses as lines of JSON, each of which can be lost without the others.

The file is one JSON text, `{"version": 2, "entries": [`, a line each, `]}`; its copy is the same with lines added
behind. A line tells of addresses of a host, of elements of a set, or that the file holds all that comes before it.
Version 1 had a line for each address, with the names of the sets in which it was ours.
"""

import json

from .. import destination, ip

MAX_LINE = 8192  # bytes
MAX_KEYS = 64  # in one line
TEN_YEARS = 10 * 365 * 86400  # seconds

_HEAD = b'{"version": 2, "entries": ['
_OLD_HEAD = b'{"version": 1, "entries": ['
_TAIL = b"]}"
_TOLD_OF_SETS = ("added", "joined", "deleted")
_MAX_NAME = 1024  # characters


class LastGoodError(Exception):
    """A line is no record, or a part of it is not usable."""


def head():
    """Return the first line of the file."""
    return _HEAD + b"\n"


def tail(essence):
    """Return the last lines of the file; essence: that of all before."""
    return saved_line(essence) + b"\n" + _TAIL + b"\n"


def host_lines(known, wall):
    """Yield the lines of addresses of a host, without commas between them.

    known: core.last_good.Known. What remains becomes the Unix time of its end: the router may be off for a while.
    """
    life = '"named": true' if known.named else '"named": false, "expires": %d' % (wall + _clamped(known.remaining))
    for text in _addresses(known.keys):
        yield ('{"host": %s, %s, "addresses": %s}' % (json.dumps(known.host), life, text)).encode()


def endpoints_line(endpoints):
    """Return the line of all that DNS named for a peer's host; endpoints: core.last_good.Endpoints."""
    pairs = [[ip.element(endpoints.keys[i]), endpoints.ports[i]] for i in range(len(endpoints.keys))]
    return ('{"host": %s, "endpoints": %s}' % (json.dumps(endpoints.host), json.dumps(pairs))).encode()


def set_lines(owned):
    """Yield the lines of elements of a set; owned: core.last_good.Owned."""
    for text in _addresses(owned.keys):
        yield ('{"set": %s, "%s": %s}' % (json.dumps(owned.set), owned.what, text)).encode()


def saved_line(essence):
    """Return the line that says that the file holds all before."""
    return b'{"saved": %d}' % essence


def _addresses(keys):
    for start in range(0, len(keys), MAX_KEYS):
        yield '["%s"]' % ip.joined(keys[start : start + MAX_KEYS], '", "')


class Reader:
    """Makes records of lines: the file may be of another program, so its addresses are checked like those of DNS.

    makers: functions that make the records, `known(host, keys, named, remaining)`, `endpoints(host, keys, ports)`,
    `owned(set, keys, what)` and `saved(essence)`.
    """

    def __init__(self, wall, makers):
        self._wall = wall
        self._known, self._endpoints, self._owned, self._saved = makers

    def records(self, line):
        """Return the list of records in a line. Raises LastGoodError; what is usable of the line is in its `args`."""
        line = line.strip()
        if line in (_HEAD, _OLD_HEAD, _TAIL, b""):
            return []
        if line[-1:] == b",":
            line = line[:-1]
        try:
            # brackets enough are deeper than the parser goes: RuntimeError
            values = json.loads(line.decode())
        except (ValueError, RuntimeError):
            raise LastGoodError([])
        if not isinstance(values, dict):
            raise LastGoodError([])
        if "saved" in values:
            return [self._saved(_number(values["saved"]))]
        if "set" in values:
            return self._of_set(values)
        return self._of_host(values)

    def _of_set(self, values):
        name, told = values["set"], [what for what in _TOLD_OF_SETS if what in values]
        if not isinstance(name, str) or len(told) != 1:
            raise LastGoodError([])
        keys, bad = _keys(values[told[0]], _element_key)
        found = [self._owned(name, keys, told[0])] if keys else []
        if bad:
            raise LastGoodError(found)
        return found

    def _of_host(self, values):
        host, named = values.get("host"), values.get("named")
        if not isinstance(host, str) or not _is_name(host):
            raise LastGoodError([])
        if "endpoints" in values:
            return self._of_peer(host, values["endpoints"])
        if not isinstance(named, bool):
            raise LastGoodError([])
        remaining = 0 if named else _clamped(_number(values.get("expires")) - self._wall)
        if "addresses" not in values:
            return self._of_version_1(values, named, remaining)
        keys, bad = _keys(values["addresses"], _address_key)
        found = [self._known(host, keys, named, remaining)] if keys else []
        if bad:
            raise LastGoodError(found)
        return found

    def _of_peer(self, host, pairs):
        if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise LastGoodError([])
        found = [(_address_key(address), port) for address, port in pairs if port is None or 0 < _number(port) < 65536]
        usable = [pair for pair in found if pair[0] is not None]
        made = [self._endpoints(host, [key for key, _ in usable], [port for _, port in usable])]
        if len(usable) < len(pairs):
            raise LastGoodError(made)
        return made

    def _of_version_1(self, values, named, remaining):
        """A literal's own text stood for its host there."""
        host, address, sets = values["host"], values.get("address"), values.get("sets")
        element = _element_key(address)
        if element is None or not (sets is None or isinstance(sets, list) and all(isinstance(s, str) for s in sets)):
            raise LastGoodError([])
        found = [self._owned(name, [element], "added") for name in sets or ()]
        if ip.prefix(host) is None:
            key = _address_key(address)
            if key is None:
                raise LastGoodError([])
            found.append(self._known(host, [key], named, remaining))
        return found


def _keys(texts, key):
    """Return `(keys, whether some of the texts have none)`."""
    if not isinstance(texts, list):
        return [], True
    found = [key(text) for text in texts]
    keys = [key for key in found if key is not None]
    return keys, len(keys) < len(found)


def _address_key(text):
    """Return the ip.key of an address that can be a destination, else None."""
    if not isinstance(text, str):
        return None
    data = ip.packed(text)
    if data is None or destination.unusable(text) is not None:
        return None
    return ip.packed_key(data)


def _element_key(text):
    """Return the ip.key of an address, prefix or range, else None."""
    if not isinstance(text, str):
        return None
    if "-" in text:
        return None if ip.span(text) is None else ip.key(text)
    text = ip.prefix(text)
    return None if text is None else ip.key(text)


def _number(value):
    if isinstance(value, bool) or not isinstance(value, int):
        raise LastGoodError([])
    return value


def _is_name(host):
    return 0 < len(host) <= _MAX_NAME and all("!" <= c <= "~" for c in host)


def _clamped(seconds):
    """Between now and ten years: the clock of a router without a battery may have stood anywhere."""
    return max(0, min(int(seconds), TEN_YEARS))
