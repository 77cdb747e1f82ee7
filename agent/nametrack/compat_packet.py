"""Sockets with a filter, and packet sockets, which the two interpreters open in different ways (man 7 packet)."""

import socket
import struct
from array import array

from .compat import _NATIVE, CLOEXEC, EAGAIN, ENODEV, MICROPYTHON

if MICROPYTHON:
    import uctypes

    from .compat import _libc

_AF_PACKET = 17
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h, and the same on MIPS
_EVERY_PROTOCOL = 3  # ETH_P_ALL: with a protocol of its own a socket does not hear what this machine sends


def packet_socket(device, program):
    """Return a non-blocking socket that hears those packets of a device that `program`, classic BPF, takes.

    device: its name, None for all devices, also those to come. Each packet begins with its network header. Raises
    OSError.
    """
    # With a device there is no protocol yet: the filter comes first. CPython cannot bind to all devices.
    protocol = 0 if device is not None else struct.unpack("H", struct.pack(">H", _EVERY_PROTOCOL))[0]
    sock = socket.socket(_AF_PACKET, socket.SOCK_DGRAM | CLOEXEC, protocol)
    try:
        sock.setblocking(False)
        attach(sock, program)
        if device is None:
            _empty(sock)
        else:
            sock.bind(_link_address(device))
    except OSError:
        sock.close()
        raise
    return sock


def attach(sock, program):
    """Has a socket hear only what `program`, classic BPF, takes, in place of one before. Raises OSError."""
    code = array("B", program)
    address = uctypes.addressof(code) if MICROPYTHON else code.buffer_info()[0]
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(program) // 8, address))


def _empty(sock):
    """Drop what came before the filter."""
    try:
        while True:
            sock.recv(1)
    except OSError as error:
        if error.errno != EAGAIN:
            raise


def _link_address(device):
    """What `bind` takes for all packets of a device."""
    if not MICROPYTHON:
        return (device, _EVERY_PROTOCOL)
    number = link_number(device)
    if number == 0:
        raise OSError(ENODEV)
    head = struct.pack(_NATIVE + "H", _AF_PACKET) + struct.pack(">H", _EVERY_PROTOCOL)
    return head + struct.pack(_NATIVE + "iHBBQ", number, 0, 0, 0, 0)


def link_number(device):
    """Return the number that the kernel has for a device, 0 if it has no such device, or is removing it."""
    if MICROPYTHON:
        return _libc.func("I", "if_nametoindex", "s")(device)
    try:
        return socket.if_nametoindex(device)
    except OSError:
        return 0
