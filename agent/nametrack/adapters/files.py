"""Files: the configuration as text, and the addresses that outlive a restart."""

import json

from .. import compat, ip
from ..core.lastgood import Entry

TEN_YEARS = 10 * 365 * 86400  # seconds

_MAX_LINE = 2048  # bytes: a name may have 1,004 characters, all of them escaped
_MAX_LINES = 200000
_MAX_NAME = 1024
_LINES = 250  # of entries, in one write


def read_text(path):
    """`(text, None)`, or `(None, why it cannot be read)`."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        return None, compat.error_text(error)
    except MemoryError:
        return None, "too large"
    return compat.decode(data), None


class LastGood:
    """The file of last good addresses: JSON, an entry a line, so that one can be lost without the others."""

    def __init__(self, path):
        self._path = path

    def load(self, wall):
        """`(entries, problem)` at Unix time `wall`; `problem` is None or one line. No file is no problem."""
        entries, bad, seen = [], 0, set()
        try:
            with open(self._path, "rb") as file:
                for _ in range(_MAX_LINES):
                    line = file.readline(_MAX_LINE)
                    if not line:
                        break
                    line = line.strip()
                    if line in _FRAME:
                        continue
                    entry = _entry(line, wall)
                    if entry is None:
                        bad += 1
                    elif (entry.host, entry.address) not in seen:
                        seen.add((entry.host, entry.address))
                        entries.append(entry)
        except OSError as error:
            if error.errno == compat.ENOENT:
                return [], None
            return entries, "%s: %s" % (self._path, compat.error_text(error))
        except MemoryError:
            return entries, "%s: too large, the first %d entries are used" % (self._path, len(entries))
        if bad:
            return entries, "%s: %d lines skipped that are no entries" % (self._path, bad)
        return entries, None

    def save(self, entries, wall):
        """Writes the entries, whole or not at all. Raises OSError; the file is then as before."""
        compat.replace_file(self._path, _chunks(entries, wall))


# The lines around the entries, as _chunks writes them.
_FRAME = (b'{"version": 1, "entries": [', b"]}", b"")


def _chunks(entries, wall):
    yield _FRAME[0] + b"\n"
    for start in range(0, len(entries), _LINES):
        lines = [_line(entry, wall) for entry in entries[start : start + _LINES]]
        last = start + _LINES >= len(entries)
        yield (",\n".join(lines) + ("\n" if last else ",\n")).encode()
    yield _FRAME[1] + b"\n"


def _line(entry, wall):
    """An entry. What remains becomes the time of its end: the router may be off for a while."""
    values = (json.dumps(entry.host), json.dumps(entry.address), "true" if entry.named else "false")
    port = "" if entry.port is None else ', "port": %d' % entry.port
    values = values + (wall + _clamped(entry.remaining), port)
    return '{"host": %s, "address": %s, "named": %s, "expires": %d%s}' % values


def _entry(line, wall):
    """The Entry in a line, None where there is none: the file may be anybody's."""
    if line[-1:] == b",":
        line = line[:-1]
    try:
        # 2 KiB of brackets are deeper than CPython's parser goes: RuntimeError
        values = json.loads(line.decode())
    except (ValueError, RuntimeError):
        return None
    if not isinstance(values, dict):
        return None
    host, address = values.get("host"), values.get("address")
    named, expires = values.get("named"), values.get("expires")
    if not isinstance(host, str) or not 0 < len(host) <= _MAX_NAME or not all("!" <= c <= "~" for c in host):
        return None
    if not isinstance(address, str) or not isinstance(named, bool):
        return None
    if isinstance(expires, bool) or not isinstance(expires, int):
        return None
    port = values.get("port")
    if port is not None and (isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536):
        return None
    address = ip.prefix(address)
    if address is None:
        return None
    return Entry(host, address, named, _clamped(expires - wall), port)


def _clamped(seconds):
    """Between now and ten years: the clock of a router without a battery may have stood anywhere."""
    return max(0, min(int(seconds), TEN_YEARS))
