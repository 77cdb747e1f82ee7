"""Signals as something to read: a pipe under CPython, a signalfd under MicroPython."""

import os
import struct

from .compat import _NATIVE, CLOEXEC, MICROPYTHON, MIPS

if MICROPYTHON:
    from .compat import _libc
else:
    import signal

_SIGNALS = {1: "HUP", 2: "INT", 15: "TERM"}


class Signals:
    """SIGTERM, SIGINT and SIGHUP as something to read. From here on they end nothing by themselves."""

    def __init__(self):
        self._fd = self._signalfd() if MICROPYTHON else self._pipe()

    def fileno(self):
        """The descriptor that is readable when a signal came."""
        return self._fd

    def read(self):
        """The names of signals that came, as "TERM"; to be called when the descriptor is readable."""
        if not MICROPYTHON:
            return [_SIGNALS[number] for number in os.read(self._fd, 64) if number in _SIGNALS]
        info = bytearray(128)  # struct signalfd_siginfo
        if _libc.func("i", "read", "ipi")(self._fd, info, len(info)) != len(info):
            return []
        number = struct.unpack_from(_NATIVE + "I", info)[0]
        return [_SIGNALS[number]] if number in _SIGNALS else []

    def _pipe(self):
        reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        for number in _SIGNALS:
            signal.signal(number, lambda number, frame: None)
        signal.set_wakeup_fd(self._writer)
        return reader

    def _signalfd(self):
        # No Python runs in the signal's context; and poll, which MicroPython resumes after a signal, sees this.
        mask = bytearray(128)  # sigset_t, in both C libraries
        _libc.func("i", "sigemptyset", "p")(mask)
        for number in _SIGNALS:
            _libc.func("i", "sigaddset", "pi")(mask, number)
        block = 1 if MIPS else 0  # SIG_BLOCK
        fd = -1
        if _libc.func("i", "sigprocmask", "ipp")(block, mask, None) == 0:
            fd = _libc.func("i", "signalfd", "ipi")(-1, mask, CLOEXEC)
        if fd < 0:
            raise OSError(os.errno())
        return fd
