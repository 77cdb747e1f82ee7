"""Files: the configuration as text, and the addresses that outlive a restart."""

import json

from .. import compat, compat_files, compat_heap, ip
from ..core.last_good import Entry, Remembered

TEN_YEARS = 10 * 365 * 86400  # seconds

_MAX_LINE = 2048  # bytes: a name may have 1,004 characters, all of them escaped
_MAX_LINES = 200000
_MAX_NAME = 1024
_PACE = 1000  # lines that are read between two looks at memory
_LINES = 250  # of entries, in one write


def read_bytes(path):
    """Return `(bytes, None)`, or `(None, why the file cannot be read)`."""
    try:
        return compat_files.read_file(path), None
    except OSError as error:
        return None, compat.error_text(error)
    except MemoryError:
        return None, "too large"


def read_text(path):
    """Return `(text, None)`, or `(None, why the file cannot be read)`."""
    data, problem = read_bytes(path)
    return (None, problem) if data is None else (compat.decode(data), None)


class LastGood:
    """The last good addresses, in a file of a folder: JSON, an entry a line: one can be lost without the others."""

    def __init__(self, folder):
        self._folder = folder
        self._path = folder + "/last-good.json"

    def load(self, wall):
        """`(entries, problem)` at Unix time `wall`; `problem` is None or one line. No file is no problem."""
        entries, bad, count = Remembered(), 0, 0
        try:
            for line in compat_files.lines(self._path, _MAX_LINE):
                count += 1
                if count % _PACE == 0:
                    compat_heap.pace()
                line = None if line is None else line.strip()
                if line in _FRAME:
                    continue
                entry = None if line is None else _entry(line, wall, entries)
                if entry is None:
                    bad += 1
                else:
                    entries.add(entry)
                if count == _MAX_LINES:
                    break
        except OSError as error:
            if error.errno == compat.ENOENT:
                return entries, None
            return entries, "%s: %s" % (self._path, compat.error_text(error))
        except MemoryError:
            compat_heap.ran_short("%s did not fit" % self._path)
            return entries, "%s: too large, the first %d entries are used" % (self._path, len(entries))
        if bad:
            return entries, "%s: %d lines skipped that are no entries" % (self._path, bad)
        return entries, None

    def save(self, entries, wall):
        """Writes the entries, whole or not at all. Raises OSError; the file is then as before."""
        compat_files.replace_file(self._path, _chunks(entries, wall))

    def share(self, entries, wall):
        """The same for a copy in a folder that is made with it. Raises OSError; there is no file then."""
        try:
            compat_files.make_folder(self._folder)
            self.save(entries, wall)
        except OSError:
            compat_files.remove_file(self._path)  # old news are worse than none
            raise


def remembered(copy, file, wall):
    """What two LastGood know: the entries of the copy, or those of the file where there is no copy."""
    return copy.load(wall)[0] or file.load(wall)[0]


# The lines around the entries, as _chunks writes them.
_FRAME = (b'{"version": 1, "entries": [', b"]}", b"")


def _chunks(entries, wall):
    yield _FRAME[0] + b"\n"
    lines = []
    for entry in entries:
        if len(lines) == _LINES:
            yield (",\n".join(lines) + ",\n").encode()
            lines = []
        lines.append(_line(entry, wall))
    if lines:
        yield (",\n".join(lines) + "\n").encode()
    yield _FRAME[1] + b"\n"


def _line(entry, wall):
    """An entry. What remains becomes the time of its end: the router may be off for a while."""
    values = (json.dumps(entry.host), json.dumps(entry.address), "true" if entry.named else "false")
    port = "" if entry.port is None else ', "port": %d' % entry.port
    values = values + (wall + _clamped(entry.remaining), port)
    text = '{"host": %s, "address": %s, "named": %s, "expires": %d%s' % values
    sets = "" if entry.sets is None else ', "sets": %s' % json.dumps(list(entry.sets))
    # rather too many sets, which is what none means, than a line that is not read again
    return text + (sets if len(text) + len(sets) + 4 < _MAX_LINE else "") + "}"


def _entry(line, wall, known):
    """The Entry in a line, None where there is none: the file may be anybody's.

    `known`: the Remembered of the entries before.
    """
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
    if not isinstance(host, str) or not (known.knows(host) or _is_name(host)):
        return None
    if not isinstance(address, str) or not isinstance(named, bool):
        return None
    if isinstance(expires, bool) or not isinstance(expires, int):
        return None
    port = values.get("port")
    if port is not None and (isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536):
        return None
    address = ip.prefix(address)
    names = values.get("sets")
    if address is None or not (names is None or isinstance(names, list) and all(isinstance(n, str) for n in names)):
        return None
    return Entry(host, address, named, _clamped(expires - wall), port, None if names is None else tuple(names))


def _is_name(host):
    return 0 < len(host) <= _MAX_NAME and all("!" <= c <= "~" for c in host)


def _clamped(seconds):
    """Between now and ten years: the clock of a router without a battery may have stood anywhere."""
    return max(0, min(int(seconds), TEN_YEARS))
