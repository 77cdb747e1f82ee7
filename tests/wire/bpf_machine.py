"""Classic BPF, interpreted as the kernel does (net/core/filter.c): what a program takes of a packet, in bytes."""

import struct
import sys

NATIVE = "<" if sys.byteorder == "little" else ">"
PACKET_TYPE = 0xFFFFF004


def run(program, packet, packet_type=4):
    """Return what the program returns; a load behind the packet's end returns 0."""
    accumulator = index = at = 0
    while True:
        opcode, true, false, k = struct.unpack_from(NATIVE + "HBBI", program, at * 8)
        at += 1
        if opcode == 0x20 and k == PACKET_TYPE:
            accumulator = packet_type
        elif opcode in (0x20, 0x28, 0x30, 0x40, 0x48, 0x50):
            size = {0x00: 4, 0x08: 2, 0x10: 1}[opcode & 0x18]
            start = k + (index if opcode & 0x40 else 0)
            if start + size > len(packet):
                return 0
            accumulator = int.from_bytes(packet[start : start + size], "big")
        elif opcode == 0xB1:
            if k >= len(packet):
                return 0
            index = 4 * (packet[k] & 15)
        elif opcode == 0x01:
            index = k
        elif opcode == 0x04:
            accumulator = (accumulator + k) & 0xFFFFFFFF
        elif opcode == 0x0C:
            accumulator = (accumulator + index) & 0xFFFFFFFF
        elif opcode == 0x44:
            accumulator |= k
        elif opcode == 0x54:
            accumulator &= k
        elif opcode == 0x07:
            index = accumulator
        elif opcode == 0x87:
            accumulator = index
        elif opcode == 0x05:
            at += k
        elif opcode == 0x15:
            at += true if accumulator == k else false
        elif opcode == 0x25:
            at += true if accumulator > k else false
        elif opcode == 0x45:
            at += true if accumulator & k else false
        elif opcode == 0x06:
            return k
        else:
            raise ValueError("opcode 0x%x" % opcode)
