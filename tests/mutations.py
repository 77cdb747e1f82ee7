"""Chance and mutation for the fuzzers, the same under both interpreters."""


class Chance:
    """The same numbers under both interpreters, whose own generators differ (xorshift32)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        x = self.state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self.state = x
        return x % limit

    def bytes(self, count):
        return bytes([self.below(256) for _ in range(count)])


def mutated(chance, data, others):
    """Some bytes changed, taken out, put in or repeated, or a piece of another message in their place."""
    data = bytearray(data)
    for _ in range(1 + chance.below(3)):
        at = chance.below(len(data) + 1)
        how = chance.below(8)
        if how in (0, 6, 7) and at < len(data):
            data[at] ^= 1 << chance.below(8)
        elif how == 1 and at < len(data):
            data[at] = (0, 1, 4, 127, 128, 255)[chance.below(6)]
        elif how == 2:
            data[at : at + chance.below(9)] = b""
        elif how == 3:
            data[at:at] = chance.bytes(chance.below(9))
        elif how == 4:
            data[at:at] = data[at : at + chance.below(33)]
        else:
            other = others[chance.below(len(others))]
            start = chance.below(len(other))
            data[at:] = other[start : start + chance.below(65)]
    return bytes(data)
