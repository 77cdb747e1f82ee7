"""Sockets that never make the loop wait."""

import socket

from .. import compat


def internet(address, stream):
    """A TCP or UDP socket for talking to `address`. Raises OSError."""
    kind = socket.SOCK_STREAM if stream else socket.SOCK_DGRAM
    return _open(compat.family(address), kind)


def unix():
    """A stream socket of AF_UNIX. Raises OSError."""
    return _open(socket.AF_UNIX, socket.SOCK_STREAM)


def _open(family, kind):
    opened = socket.socket(family, kind | compat.CLOEXEC)
    opened.setblocking(False)
    return opened


def not_now(error):
    """Whether an OSError of such a socket only says that there is nothing to do at present."""
    return error.errno in (compat.EAGAIN, compat.EINPROGRESS)


def has_route(address):
    """Whether the kernel would know where to send: connecting a UDP socket asks just that, and sends nothing."""
    try:
        probe = internet(address, False)
    except OSError:
        return False
    try:
        probe.connect(compat.sockaddr(address, 9))
    except OSError as error:
        return error.errno not in (
            compat.ENETUNREACH,
            compat.EHOSTUNREACH,
            compat.ENETDOWN,
            compat.EADDRNOTAVAIL,
            compat.EAFNOSUPPORT,
        )
    finally:
        probe.close()
    return True
