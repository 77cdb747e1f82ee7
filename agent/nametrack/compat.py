"""What differs between MicroPython and CPython: the clock, error numbers, socket addresses.

This file and its neighbours compat_*.py are the only ones that know which interpreter runs. MicroPython's unix port has
no fcntl, signal or subprocess; what it lacks is asked of the C library through its `ffi`.
"""

import errno
import os
import socket
import struct
import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"
INTERPRETER = "%s %d.%d.%d" % (("micropython" if MICROPYTHON else "python",) + tuple(sys.implementation.version[:3]))

if MICROPYTHON:
    import ffi

    _libc = ffi.open(None)  # the library that runs already: glibc and musl have different file names
    _recv = _libc.func("i", "recv", "ipii")

# For the type of a socket. MicroPython's sockets live on in children without it; the number is the same on MIPS,
# where that of SOCK_NONBLOCK is not: use setblocking.
CLOEXEC = 0x80000

# asm-generic/socket.h, and the same on MIPS; MicroPython does not name them
_SO_BINDTODEVICE = 25
_SO_MARK = 36

_NATIVE = "<" if sys.byteorder == "little" else ">"

# -- time ----------------------------------------------------------------------------------------------------------


class Clock:
    """Seconds from a counter of milliseconds that wraps: MicroPython's does after 12.4 days on a 32-bit machine.

    `ticks`: function, the counter; `difference(later, earlier)`: milliseconds, right up to half a turn of the counter.
    So it is to be read more often than every six days.
    """

    def __init__(self, ticks, difference):
        self._ticks = ticks
        self._difference = difference
        self._last = ticks()
        self._milliseconds = 0

    def seconds(self):
        """Seconds since the clock was made; never less than before."""
        now = self._ticks()
        passed = self._difference(now, self._last)
        if passed > 0:
            self._milliseconds += passed
            self._last = now
        return self._milliseconds / 1000


# time.monotonic leaves out the time in which the machine slept
_boottime = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)  # noqa: E731
monotonic = Clock(time.ticks_ms, time.ticks_diff).seconds if MICROPYTHON else _boottime


def wall():
    """Unix time in whole seconds; a router without a battery starts it anywhere."""
    return int(time.time())


def exact_wall():
    """The same with its fraction: two moments that are told by it keep their distance from each other."""
    return time.time()


def clock_text(unix):
    """Unix time as `2026-11-24 18:05:09`, in the router's time zone."""
    return "%04d-%02d-%02d %02d:%02d:%02d" % tuple(time.localtime(unix))[:6]


sleep = time.sleep

# -- chance, memory, text ------------------------------------------------------------------------------------------


def urandom16():
    """A random number of 16 bits, from the kernel: an attacker must not guess the id of a question."""
    data = os.urandom(2)
    return data[0] << 8 | data[1]


def random_fraction():
    """A random number, 0 <= f < 1."""
    return urandom16() / 65536


def collect_early(loading=False):
    """Has MicroPython collect garbage before its whole heap was touched once; loading: while modules are loaded.

    That leaves more behind than the agent takes in the end: as long as less than that was taken, nothing is collected.
    """
    if MICROPYTHON:
        import gc

        gc.threshold((50000 if loading else 8000) * (8 if sys.maxsize > 1 << 32 else 4))


def flush(stream):
    """Writes out what CPython holds back; MicroPython holds back nothing. Raises OSError."""
    if not MICROPYTHON:
        stream.flush()


def abandon(stream):
    """What is left in this stream cannot be written: CPython would complain of that when it ends."""
    if not MICROPYTHON:
        os.dup2(os.open("/dev/null", os.O_WRONLY), stream.fileno())


def is_terminal(stream):
    """Whether sys.stdout or another stream of text is a terminal."""
    return bool(_libc.func("i", "isatty", "i")(stream.fileno())) if MICROPYTHON else stream.isatty()


def decode(data):
    """Bytes as text: UTF-8, or Latin-1 if they are not valid. MicroPython's decode knows no error handler."""
    try:
        return bytes(data).decode()
    except UnicodeError:
        return "".join([chr(byte) for byte in data])


# -- errors --------------------------------------------------------------------------------------------------------

MIPS = errno.ECONNREFUSED == 146  # arch/mips/include/uapi/asm/errno.h: numbers of its own from 35 on

# MicroPython's errno has two dozen names only, and its errors have no words.
EPERM = 1
ENOENT = 2
ESRCH = 3
EAGAIN = 11
EACCES = 13
EBUSY = 16
EEXIST = 17
EXDEV = 18
ENODEV = 19
ENOTDIR = 20
EINVAL = 22
ENFILE = 23
ENOSPC = 28
EPIPE = 32
EMSGSIZE = 97 if MIPS else 90
EPROTONOSUPPORT = 120 if MIPS else 93
EOPNOTSUPP = 122 if MIPS else 95
EAFNOSUPPORT = 124 if MIPS else 97
ENETDOWN = 127 if MIPS else 100
ENETUNREACH = 128 if MIPS else 101
ENOBUFS = 132 if MIPS else 105
ECONNREFUSED = 146 if MIPS else 111
EHOSTUNREACH = 148 if MIPS else 113
EINPROGRESS = 150 if MIPS else 115

_WORDS = {
    EPERM: "not permitted",
    ENOENT: "no such file",
    ESRCH: "no such entry",
    5: "input/output error",  # EIO
    EAGAIN: "busy",
    12: "out of memory",  # ENOMEM
    EACCES: "permission denied",
    EBUSY: "busy",
    EEXIST: "exists",
    EXDEV: "reverse path filter",
    ENODEV: "no such device",
    ENOTDIR: "not a directory",
    21: "is a directory",  # EISDIR
    EINVAL: "invalid argument",
    ENFILE: "full",
    24: "too many open files",  # EMFILE
    ENOSPC: "no space left",
    30: "read-only file system",  # EROFS
    EPIPE: "connection closed",
    78 if MIPS else 36: "name too long",  # ENAMETOOLONG
    EMSGSIZE: "message too long",
    EPROTONOSUPPORT: "protocol not supported",
    EOPNOTSUPP: "not supported",
    EAFNOSUPPORT: "address family not supported",
    126 if MIPS else 99: "no address to send from",  # EADDRNOTAVAIL
    ENETDOWN: "network is down",
    ENETUNREACH: "network unreachable",
    131 if MIPS else 104: "connection reset",  # ECONNRESET
    ENOBUFS: "no buffer space",
    145 if MIPS else 110: "timed out",  # ETIMEDOUT
    ECONNREFUSED: "connection refused",
    EHOSTUNREACH: "host unreachable",
    EINPROGRESS: "in progress",
}


def errno_text(number):
    """A few words for an error number, the same under both interpreters."""
    return _WORDS.get(number, "error %d" % number)


def error_text(error):
    """A few words for an OSError."""
    return errno_text(error.errno) if isinstance(error.errno, int) else str(error) or "error"


# -- socket addresses: MicroPython takes the kernel's own structures -------------------------------------------------


def family(address):
    """AF_INET or AF_INET6, for the text of an address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def sockaddr(address, port):
    """What `connect` takes for the text of an address and a port."""
    if not MICROPYTHON:
        return (address, port)
    kind = family(address)
    packed = socket.inet_pton(kind, address)
    if kind == socket.AF_INET:
        return struct.pack(_NATIVE + "H", kind) + struct.pack(">H", port) + packed + bytes(8)
    return struct.pack(_NATIVE + "H", kind) + struct.pack(">HI", port, 0) + packed + bytes(4)


def unix_sockaddr(path):
    """What `connect` and `bind` take for the path of a Unix socket."""
    return struct.pack(_NATIVE + "H", socket.AF_UNIX) + path.encode() if MICROPYTHON else path


def bind_to_device(sock, device):
    """Has a socket send through this device only, whatever the routes say. Raises OSError."""
    sock.setsockopt(socket.SOL_SOCKET, _SO_BINDTODEVICE, device.encode() + b"\0")


def set_mark(sock, mark):
    """Has the packets of a socket carry a firewall mark. Raises OSError."""
    sock.setsockopt(socket.SOL_SOCKET, _SO_MARK, mark)


def local_address(sock):
    """Return the packed IPv6 address that a connected socket sends from. Raises OSError."""
    if not MICROPYTHON:
        return socket.inet_pton(socket.AF_INET6, sock.getsockname()[0].partition("%")[0])
    filled, length = bytearray(28), bytearray(struct.pack(_NATIVE + "I", 28))  # struct sockaddr_in6
    if _libc.func("i", "getsockname", "ipp")(sock.fileno(), filled, length) != 0:
        raise OSError(EINVAL)
    return bytes(filled[8:24])


def netlink_socket(protocol, groups=0):
    """A bound netlink socket; `groups`: bit mask of the multicast groups to hear. Raises OSError."""
    sock = socket.socket(16, socket.SOCK_RAW | CLOEXEC, protocol)  # AF_NETLINK, which MicroPython does not name
    try:
        sock.bind(struct.pack(_NATIVE + "HHII", 16, 0, 0, groups) if MICROPYTHON else (0, groups))
    except OSError:
        sock.close()
        raise
    return sock


# -- datagrams -----------------------------------------------------------------------------------------------------


class Receiver:
    """Datagrams, under MicroPython in one piece of memory: else each takes as much as the largest there may be."""

    def __init__(self, size):
        self._buffer = bytearray(size)
        self._view = memoryview(self._buffer)

    def view(self, sock):
        """Return the next datagram, its bytes, which hold until the next call; None if there is none. Raises OSError.

        sock: does not block.
        """
        if not MICROPYTHON:
            try:
                return sock.recv(len(self._buffer))
            except OSError as error:
                if error.errno != EAGAIN:
                    raise
                return None
        count = _recv(sock.fileno(), self._buffer, len(self._buffer), 0)  # readinto() would join datagrams
        if count >= 0:
            return self._view[:count]
        if os.errno() != EAGAIN:
            raise OSError(os.errno())
        return None


_short = Receiver(8192)


def receive(sock):
    """Return the next datagram, 8 KiB of it at most, as bytes that last; what else there is to say: Receiver.view."""
    data = _short.view(sock)
    return data if data is None else bytes(data)
