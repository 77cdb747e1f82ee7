"""The log: lines on stderr, which procd hands to the system's log."""

import sys

LEVELS = ("error", "warning", "info", "debug")


class Log:
    """Writes what is at least as grave as `level`: error, warning, info or debug."""

    def __init__(self, level):
        self.set_level(level)

    def set_level(self, level):
        """Another level from now on."""
        self._rank = LEVELS.index(level)
        self.debugging = level == "debug"  # lets callers spare themselves making the text

    def write(self, level, text):
        """One line `level: text`; text of others may be in it, so what could forge a line or steer a terminal goes."""
        if LEVELS.index(level) > self._rank:
            return
        try:
            sys.stderr.write("%s: %s\n" % (level, printable(text)))
        except OSError:
            pass  # nobody reads any more; the work goes on

    def error(self, text):
        self.write("error", text)

    def warning(self, text):
        self.write("warning", text)

    def info(self, text):
        self.write("info", text)

    def debug(self, text):
        self.write("debug", text)


def printable(text):
    """The text with `?` for every control character (C0, DEL, C1) and line separator."""
    if all(_is_printable(c) for c in text):
        return text
    return "".join([c if _is_printable(c) else "?" for c in text])


def _is_printable(c):
    return " " <= c <= "~" or (c > "\x9f" and c != "\u2028" and c != "\u2029")
