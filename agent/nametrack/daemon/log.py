"""The log: lines on stdout and stderr. procd hands the first to the system's log as info, the others as errors."""

import sys

from .. import compat

LEVELS = ("error", "warning", "info", "debug")
QUIET = ("info", "debug")


class Log:
    """Writes what is at least as grave as `level`: error, warning, info or debug.

    `apart`: whether info and debug go to stdout; False for a command whose stdout is its answer.
    """

    def __init__(self, level, apart=False):
        self._apart = apart
        self.set_level(level)

    def set_level(self, level):
        """Another level from now on."""
        self._rank = LEVELS.index(level)
        self.debugging = level == "debug"  # lets callers spare themselves making the text

    def write(self, level, text):
        """One line `level: text`; text of others may be in it, so what could forge a line or steer a terminal goes."""
        if LEVELS.index(level) > self._rank:
            return
        stream = sys.stdout if self._apart and level in QUIET else sys.stderr
        try:
            stream.write("%s: %s\n" % (level, printable(text)))
            compat.flush(stream)
        except OSError:
            pass  # the reader is gone; the work goes on


def printable(text):
    """The text with `?` for every control character (C0, DEL, C1) and line separator."""
    if all(_is_printable(c) for c in text):
        return text
    return "".join([c if _is_printable(c) else "?" for c in text])


def _is_printable(c):
    return " " <= c <= "~" or (c > "\x9f" and c != "\u2028" and c != "\u2029")
