"""Files, for MicroPython and CPython: opened by a descriptor, read in blocks.

MicroPython 1.20 to 1.22 close descriptor 0 some time after an `open()` of a path failed: they make the object before
they open the file, and its finaliser closes the descriptor in it, which is 0 then (extmod/vfs_posix_file.c). By that
time 0 may be a socket of ours. So the C library opens a path, and `open()` gets the descriptor, which cannot fail.
"""

import os
import socket

from .compat import CLOEXEC, EEXIST, MICROPYTHON, unix_sockaddr

if MICROPYTHON:
    import ffi

    from .compat import MIPS

    _libc = ffi.open(None)
    _descriptor = _libc.func("i", "open", "sii")
    _close = _libc.func("i", "close", "i")
    # fcntl.h; CPython sets O_CLOEXEC by itself
    _KEPT = 0x80000
    _READ = _KEPT | (0x80 if MIPS else 0x800)  # O_NONBLOCK
    _WRITE = _KEPT | 1 | (0x100 | 0x200 if MIPS else 0x40 | 0x200)  # O_WRONLY, O_CREAT and O_TRUNC
    _APPEND = _KEPT | 1 | (0x100 | 0x8 if MIPS else 0x40 | 0x400)  # O_WRONLY, O_CREAT and O_APPEND
else:
    _close = os.close
    _READ = os.O_RDONLY | os.O_NONBLOCK
    _WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    _APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND

_FLAGS = {"rb": _READ, "wb": _WRITE, "ab": _APPEND}
_BLOCK = 4096  # bytes: MicroPython's readline() reads byte by byte


def open_file(path, mode):
    """Return a file of bytes; `mode`: "rb", "wb" or "ab". No child process inherits it. Raises OSError.

    Nothing waits for what is to be read: a pipe, or /proc/kmsg, ends where it has no more at present.
    """
    if MICROPYTHON:
        fd = _descriptor(path, _FLAGS[mode], 0o666)
        if fd < 0:
            raise OSError(os.errno())
    else:
        fd = os.open(path, _FLAGS[mode], 0o666)
    try:
        return open(fd, mode)
    except (OSError, MemoryError):  # CPython refuses the descriptor of a folder
        _close(fd)
        raise


def blocks(path, most=None):
    """Yield the bytes of a file, a block of 4 KiB at a time, of `most` blocks at most. Raises OSError."""
    with open_file(path, "rb") as file:
        while most is None or most > 0:
            block = file.read(_BLOCK)
            if not block:
                return
            most = None if most is None else most - 1
            yield block


def read_file(path):
    """Return the bytes of a file. Raises OSError, MemoryError."""
    return b"".join(list(blocks(path)))


def lines(path, longest, most=None):
    """Yield the lines of a file as bytes without their end, None for one longer than `longest`.

    `most`: bytes that are read at most, in whole blocks. Raises OSError.
    """
    rest, skipping = b"", False  # skipping: whether the line was too long already
    for block in blocks(path, most and -(-most // _BLOCK)):
        pieces = block.split(b"\n")
        for i in range(len(pieces)):
            line = rest + pieces[i]
            rest = b""
            if i == len(pieces) - 1:
                skipping = skipping or len(line) > longest
                rest = b"" if skipping else line
            elif skipping or len(line) > longest:
                skipping = False
                yield None
            else:
                yield line
    if skipping:
        yield None
    elif rest:
        yield rest


def replace_file(path, chunks):
    """Put a file with these pieces of bytes in the place of `path`, whole or not at all. Raises OSError."""
    temporary = path + ".new"
    try:
        with open_file(temporary, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            sync(file)
        rename(temporary, path)
    except OSError:
        remove_file(temporary)  # half a file on a full disk is of no use
        raise


def sync(file):
    """Have the kernel write an open file to its disk. Raises OSError."""
    file.flush()  # MicroPython's flush is fsync
    if not MICROPYTHON:
        os.fsync(file.fileno())


def rename(old, new):
    """Give a file another path, in the place of what is there. Raises OSError."""
    os.rename(old, new)


def size(path):
    """Return the bytes of a file, None if there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return None


def remove_file(path):
    """Remove a file; one that cannot be removed stays."""
    try:
        os.remove(path)
    except OSError:
        pass


def make_folder(path):
    """Make a folder, and those that it is in, unless they exist. Raises OSError."""
    for i in range(1, len(path) + 1):
        if i == len(path) or path[i] == "/":
            try:
                os.mkdir(path[:i])
            except OSError as error:
                if error.errno != EEXIST:
                    raise


def exists(path):
    """Return whether there is a file or a folder at a path, and it can be looked at."""
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def names(folder):
    """Return the sorted names of what is in a folder; none if it cannot be read."""
    try:
        if MICROPYTHON:  # 1.18 has no listdir
            return sorted([entry[0] for entry in os.ilistdir(folder)])
        return sorted(os.listdir(folder))
    except OSError:
        return []


# -- what the kernel tells in files ----------------------------------------------------------------------------------


def resident_memory():
    """Return the memory of this process that is resident, in bytes; None if the kernel does not tell."""
    try:
        for line in read_file("/proc/self/status").split(b"\n"):
            if line.startswith(b"VmRSS:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


def interface_number(device):
    """Return the kernel's number of a network interface, 0 if no interface has this name."""
    try:
        return int(read_file("/sys/class/net/%s/ifindex" % device))
    except (OSError, ValueError):
        return 0


def unix_listener(path, backlog):
    """A non-blocking stream socket that listens at `path`, for processes of this user and root. Raises OSError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | CLOEXEC)
    try:
        sock.setblocking(False)
        sock.bind(unix_sockaddr(path))
        # Before it listens: until then every connection is refused.
        if MICROPYTHON:
            if _libc.func("i", "chmod", "sI")(path, 0o600) != 0:
                raise OSError(os.errno())
        else:
            os.chmod(path, 0o600)
        sock.listen(backlog)
    except OSError:
        sock.close()
        raise
    return sock
