"""Files of hosts, read in slices, and again when they change.

A file that cannot be read, or that is being written, changes nothing: what was read of it before counts.
"""

import os

from .. import compat, compat_files, compat_heap
from .slices import Slices

MAX_SIZE = 4 << 20  # bytes of a file that are read
LOOK = 10  # seconds between two looks at whether a file changed; what changes goes on being written for a while

UNSEEN = ()  # no _stamp
_SLICE = 0.001  # seconds that are read in a row, and one piece more
_PIECE = 512  # bytes
_ENDS = [b"%d\n" % digit for digit in range(10)]  # of lines that are addresses or prefixes, most likely


class Lists:
    """`parse`, `is_element`: as wire.host_list.Reader takes them; `changed`: function that is called when files that
    are followed are others than before, and were read.
    """

    def __init__(self, poller, parse, is_element, changed):
        self.contents = {}  # path -> (HostList or None, [text of what is wrong])
        self._poller = poller
        self._parse = parse
        self._is_element = is_element
        self._changed = changed
        self._salt = os.urandom(8)
        self._paths = []
        self._stamps = {}  # path -> _stamp of what was read of it
        self._seen = {}  # path -> _stamp at the last look
        self._slices = Slices(poller, ("lists", "slice"), _SLICE)

    def read_all(self, paths):
        """Read these files in one go, before there is anything that would have to wait."""
        for _ in self._read(paths):
            pass

    def count(self, paths):
        """Return {path: about how many addresses it lists}, which takes a small part of the time that reading takes."""
        found = dict.fromkeys(paths, 0)
        for path in paths:
            try:
                for piece in _pieces(path):
                    found[path] += sum([piece.count(end) for end in _ENDS])
            except (_NoFile, OSError):
                pass  # to read it says why
        return found

    def follow(self, paths, done):
        """Follow exactly these files, read those that are not known as they are, then call `done`."""
        self._paths = paths
        for path in [path for path in self.contents if path not in paths]:
            del self.contents[path]
            self._stamps.pop(path, None)
        self._poller.cancel(("lists", "look"))
        if paths:
            self._poller.call_at(("lists", "look"), compat.monotonic() + LOOK, self._look)
        self._begin([path for path in paths if path not in self._stamps or _stamp(path) != self._stamps[path]], done)

    def busy(self):
        """Return whether files are being read."""
        return self._slices.busy()

    def _look(self):
        """Read the files that changed since they were read, and not since the last look."""
        self._poller.call_at(("lists", "look"), compat.monotonic() + LOOK, self._look)
        if self.busy():
            return
        others = []
        for path in self._paths:
            stamp = _stamp(path)
            if stamp != self._stamps.get(path) and stamp == self._seen.get(path, UNSEEN):
                others.append(path)
            self._seen[path] = stamp
        if others:
            self._begin(others, self._changed)

    def _begin(self, paths, done):
        compat_heap.pace()
        self._slices.begin(self._read(paths), lambda _: done())

    def _read(self, paths):
        """Read files; yields now and then."""
        for path in paths:
            from ..wire.host_list import Reader  # most routers have no such files

            known = self.contents.get(path, (None, []))[0]
            stamp, reader = _stamp(path), Reader(path, self._parse, self._is_element, self._salt)
            try:
                for piece in _pieces(path):
                    reader.take(piece)
                    yield
                found = reader.end()
                if known is None or _stamp(path) == stamp:  # else it is being written, and read again in a moment
                    self.contents[path] = (found, _problems(path, found, stamp))
            except _NoFile:
                self._failed(path, known, "is no plain file")
            except OSError as error:
                self._failed(path, known, compat.error_text(error))
            except MemoryError:
                compat_heap.ran_short("%s did not fit" % path)
                self._failed(path, known, "too large for the memory")
            self._stamps[path] = stamp

    def _failed(self, path, known, problem):
        kept = "its hosts are not known" if known is None else "keeping those read before (%d)" % len(known)
        self.contents[path] = (known, ["%s: %s; %s" % (path, problem, kept)])


def _problems(path, found, stamp):
    texts = [path + (", " if text.startswith("line ") else ": ") + text for text in found.problems]
    if stamp is not None and stamp[1] > MAX_SIZE:
        texts.append("%s: only the first %d MiB are used" % (path, MAX_SIZE >> 20))
    return texts


def _stamp(path):
    """What differs if a file is another: inode, size, times; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found[1], found[6], found[8], found[9])


class _NoFile(Exception):
    """It is a folder, or a pipe, from which reading would wait."""


def _pieces(path):
    """Yield the bytes of a file in small pieces. Raises OSError, _NoFile."""
    if os.stat(path)[0] & 0xF000 != 0x8000:  # S_IFREG
        raise _NoFile()
    for block in compat_files.blocks(path, MAX_SIZE // 4096):
        for at in range(0, len(block), _PIECE):
            yield block[at : at + _PIECE]
