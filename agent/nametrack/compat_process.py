"""Child processes, for MicroPython and CPython: an argument list, never a shell.

MicroPython has neither fork nor subprocess. It asks the C library for posix_spawnp, whose structures stay closed: they
are room that is large enough.
"""

import os
import sys

from .compat_files import open_file

MICROPYTHON = sys.implementation.name == "micropython"

if MICROPYTHON:
    import array

    import ffi
    import uctypes

    _libc = ffi.open(None)
else:
    import subprocess

_CLOEXEC = 0x80000  # O_CLOEXEC, the same on MIPS
_SIGKILL = 9
_SIGPIPE = 13
_WNOHANG = 1
_SETSIGDEF, _SETSIGMASK = 4, 8
_ACTIONS_ROOM, _ATTRIBUTES_ROOM, _SIGSET_ROOM = 512, 1024, 128  # 80, 336 and 128 bytes in glibc and musl
_CHUNK = 65536  # what a pipe holds


class _MicroPythonChild:
    """A child under MicroPython."""

    def __init__(self, argv, stdin):
        ends = array.array("i", [0, 0])
        if _libc.func("i", "pipe2", "pi")(ends, _CLOEXEC) != 0:
            raise OSError(os.errno())
        self.fd, writer = ends
        pid = array.array("i", [0])
        try:
            failed = self._spawn(pid, argv, stdin, writer)
        finally:
            _close(writer)
        if failed:
            self.close()
            raise OSError(failed)
        self.pid = pid[0]
        self._code = None
        self._buffer = bytearray(_CHUNK)

    def _spawn(self, pid, argv, stdin, writer):
        actions, attributes = bytearray(_ACTIONS_ROOM), bytearray(_ATTRIBUTES_ROOM)
        nothing, pipe = bytearray(_SIGSET_ROOM), bytearray(_SIGSET_ROOM)
        path = stdin.encode() + b"\0"
        words = [word.encode() + b"\0" for word in argv]  # kept alive: the kernel gets their addresses
        addresses = array.array("P", [uctypes.addressof(word) for word in words] + [0])
        call = _libc.func
        call("i", "sigemptyset", "p")(nothing)
        call("i", "sigemptyset", "p")(pipe)
        call("i", "sigaddset", "pi")(pipe, _SIGPIPE)
        call("i", "posix_spawnattr_init", "p")(attributes)
        call("i", "posix_spawn_file_actions_init", "p")(actions)
        try:
            # The child starts as from a shell: our blocked signals reach it, and SIGPIPE, which we ignore, ends it.
            call("i", "posix_spawnattr_setflags", "ph")(attributes, _SETSIGDEF | _SETSIGMASK)
            call("i", "posix_spawnattr_setsigmask", "pp")(attributes, nothing)
            call("i", "posix_spawnattr_setsigdefault", "pp")(attributes, pipe)
            add_dup2 = call("i", "posix_spawn_file_actions_adddup2", "pii")
            failed = call("i", "posix_spawn_file_actions_addopen", "pipii")(actions, 0, path, 0, 0)
            failed = failed or add_dup2(actions, writer, 1) or add_dup2(actions, writer, 2)
            environ = _libc.var("P", "environ").get()
            spawn = call("i", "posix_spawnp", "pppppp")
            return failed or spawn(pid, words[0], actions, attributes, addresses, environ)
        finally:
            call("i", "posix_spawn_file_actions_destroy", "p")(actions)
            call("i", "posix_spawnattr_destroy", "p")(attributes)

    def read(self):
        """What it wrote to stdout and stderr, at most 64 KiB; b"" at the end. Waits where there is nothing."""
        size = _libc.func("i", "read", "ipi")(self.fd, self._buffer, len(self._buffer))
        if size < 0:
            raise OSError(os.errno())
        return bytes(memoryview(self._buffer)[:size])

    def kill(self):
        """Ends it at once; nothing where it has been waited for."""
        if self._code is None:
            _libc.func("i", "kill", "ii")(self.pid, _SIGKILL)

    def wait(self, nohang=False):
        """Its exit code, 128 + number for one that a signal ended; None where it runs on."""
        if self._code is None:
            status = array.array("i", [0])
            pid = _libc.func("i", "waitpid", "ipi")(self.pid, status, _WNOHANG if nohang else 0)
            if pid < 0:
                raise OSError(os.errno())
            if pid:
                self._code = 128 + (status[0] & 127) if status[0] & 127 else status[0] >> 8 & 255
        return self._code

    def close(self):
        """Reads no more."""
        if self.fd is not None:
            _close(self.fd)
            self.fd = None


class _CPythonChild:
    """The same under CPython."""

    def __init__(self, argv, stdin):
        self.fd, writer = os.pipe()
        try:
            with open_file(stdin, "rb") as source:
                self._popen = subprocess.Popen(argv, stdin=source, stdout=writer, stderr=writer)
        except OSError:
            self.close()
            raise
        finally:
            os.close(writer)
        self.pid = self._popen.pid

    def read(self):
        return os.read(self.fd, _CHUNK)

    def kill(self):
        self._popen.kill()

    def wait(self, nohang=False):
        code = self._popen.poll() if nohang else self._popen.wait()
        return 128 - code if code is not None and code < 0 else code

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


def spawn(argv, chunks=None):
    """Starts a program, searched in PATH, with these pieces of bytes as its stdin: a child with `pid` and `fd`.

    `fd`: stdout and stderr, in one. Raises OSError; ENOENT: there is no such program.
    """
    if chunks is None:
        return _Child(argv, "/dev/null")
    # A file and no pipe: it is written whole before the child starts, so nobody waits for anybody.
    fd = _memory_file()
    try:
        path = "/proc/self/fd/%d" % fd
        with open_file(path, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        return _Child(argv, path)
    finally:
        _close(fd)


def _memory_file():
    """The descriptor of a file without a name."""
    if MICROPYTHON:
        fd = _libc.func("i", "memfd_create", "si")("nametrack", 1)  # MFD_CLOEXEC
        if fd < 0:
            raise OSError(os.errno())
        return fd
    if hasattr(os, "memfd_create"):  # from CPython 3.8 on
        return os.memfd_create("nametrack")
    path = "/tmp/.nametrack-" + "".join(["%02x" % byte for byte in os.urandom(16)])
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.unlink(path)
    return fd


def _close(fd):
    if MICROPYTHON:
        _libc.func("i", "close", "i")(fd)
    else:
        os.close(fd)


_Child = _MicroPythonChild if MICROPYTHON else _CPythonChild
