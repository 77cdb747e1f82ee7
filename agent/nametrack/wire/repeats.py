"""DNS answers that say nothing new: the same records again, lived for no longer, in packets of another client or id.

A resolver gives most answers many times, from its cache; to tell a repeat costs a tenth of reading an answer.
"""

from .dnsmessage import OPT

MOST = 256  # answers: a policy that follows as many names beside its own forgets none of them that is remembered here
_SIZE = 512  # bytes of an answer that is remembered
_ROOM = 32768  # bytes of all of them
_HEADER = 12


class Repeats:
    """The answers that were read in the last `seconds`."""

    def __init__(self, seconds):
        self._seconds = seconds
        self._until = 0  # when all of them are forgotten
        self._layouts = {}  # flags, counts and question of an answer -> where its TTLs stand, a tuple
        self._told = {}  # an answer without its id and its TTLs -> those TTLs, a list of 4 bytes each
        self._room = _ROOM

    def clear(self):
        """Forget all of them."""
        self._layouts, self._told, self._room = {}, {}, _ROOM

    def have(self, packet, start, now):
        """Return whether the bytes of a packet from `start` on are an answer that was remembered.

        An answer whose records live longer than those that were remembered is none.
        """
        if now >= self._until:
            return False
        places = self._layouts.get(packet[start + 2 : packet.find(b"\0", start + _HEADER) + 3])
        if places is None:
            return False
        rest, ttls = _parts(packet, start, places)
        told = self._told.get(rest)
        if told is None:
            return False
        for i in range(len(ttls)):
            if ttls[i] > told[i]:
                return False
        return True

    def remember(self, data, now):
        """Remember an answer, the bytes of a message that could be read: all that it says is known from now on."""
        try:
            places = _places(data) if len(data) <= _SIZE else None
        except IndexError:  # a truncated one may end anywhere
            places = None
        if places is None:
            return
        if now >= self._until or len(self._told) >= MOST or self._room < len(data):
            self.clear()
            self._until = now + self._seconds
        # from the flags to the question's type, or to the first NUL in its name: that tells questions apart
        question = data[2 : data.find(b"\0", _HEADER) + 3]
        if self._layouts.setdefault(question, places) != places:
            return  # of nearly all answers to one question the places are the same
        self._room -= len(data)
        rest, ttls = _parts(data, 0, places)
        self._told[rest] = ttls


def _parts(packet, start, places):
    """Return `(the message without its id and its TTLs, [TTL])`, the TTLs as bytes."""
    if len(places) == 1:
        at = start + places[0]
        return packet[start + 2 : at] + packet[at + 4 :], [packet[at : at + 4]]
    rest, ttls, done = [], [], start + 2
    for place in places:
        at = start + place
        rest.append(packet[done:at])
        ttls.append(packet[at : at + 4])
        done = at + 4
    rest.append(packet[done:])
    return b"".join(rest), ttls


def _places(data):
    """Return where the TTLs of a message stand, a tuple; None if it is cut off, or one counts as 0 by its first bit."""
    found, at = [], _after_name(data, _HEADER) + 4
    for _ in range(sum([data[i] << 8 | data[i + 1] for i in (6, 8, 10)])):
        at = _after_name(data, at)
        if data[at] << 8 | data[at + 1] != OPT:  # its TTL is none
            found.append(at + 4)
            if data[at + 4] & 0x80:
                return None
        at += 10 + (data[at + 8] << 8 | data[at + 9])
    return tuple(found) if at <= len(data) else None


def _after_name(data, at):
    while 0 < data[at] < 64:
        at += 1 + data[at]
    return at + (2 if data[at] else 1)
