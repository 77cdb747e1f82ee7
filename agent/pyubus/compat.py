"""What differs between MicroPython and CPython. The only file here that knows which one runs."""

import errno
import socket
import struct
import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"
EAGAIN = errno.EAGAIN

_WORDS = {
    errno.EAGAIN: "busy",
    errno.ENOENT: "no such file",
    errno.EACCES: "permission denied",
    errno.ECONNREFUSED: "no process listens",
    errno.ECONNRESET: "connection reset",
}


def error_text(error):
    """A few words for an OSError; those of MicroPython have a number only."""
    return _WORDS.get(error.errno) or str(error)


def unix_socket(path):
    """A non-blocking stream socket that is connected to a path. Raises OSError."""
    # Close-on-exec, which MicroPython does not set by itself; the number is the same on every architecture.
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | 0x80000)
    try:
        sock.setblocking(False)
        sock.connect(_sockaddr(path))
    except OSError:
        sock.close()
        raise
    return sock


def _sockaddr(path):
    if not MICROPYTHON:
        return path
    order = "<" if sys.byteorder == "little" else ">"
    return struct.pack(order + "H", socket.AF_UNIX) + path.encode()


class Deadline:
    """A moment some seconds from now, None for never; at most six days from now on a 32-bit MicroPython."""

    def __init__(self, seconds):
        self._milliseconds = None if seconds is None else int(seconds * 1000)
        self._start = _ticks()

    def left(self):
        """The milliseconds until then, 0 when it is over, -1 for never: what `poll` takes."""
        if self._milliseconds is None:
            return -1
        return max(0, self._milliseconds - _passed(self._start))


if MICROPYTHON:
    _ticks = time.ticks_ms

    def _passed(start):
        return time.ticks_diff(_ticks(), start)

else:

    def _ticks():
        return int(time.monotonic() * 1000)

    def _passed(start):
        return _ticks() - start
