"""Lookups that wait their turn, for a bounded number of names at once.

Urgent ones come first, and a part of the places is kept free for them: a peer that does not reply must not wait until
hundreds of names on a silent nameserver have failed.
"""


class Queue:
    """`limit`: names that may be under way at once; `kept`: how many of these places only urgent lookups take.

    An entry is any tuple that begins with the key of its name.
    """

    def __init__(self, limit, kept):
        self._active = {}  # key of a name -> number of its lookups under way
        self._urgent = Lane()
        self._ordinary = Lane()
        self._lanes = ((self._urgent, limit), (self._ordinary, limit - kept))

    def put(self, entry, urgent):
        """Have a lookup wait."""
        (self._urgent if urgent else self._ordinary).put(entry)

    def take(self, wanted):
        """Return the next entry that may begin, or None; drop the entries that `wanted(entry)` denies."""
        for lane, limit in self._lanes:
            entry = lane.first(wanted)
            if entry is not None and (entry[0] in self._active or len(self._active) < limit):
                lane.drop()
                self.begin(entry[0])
                return entry
        return None

    def begin(self, key):
        """A lookup of this name is under way."""
        self._active[key] = self._active.get(key, 0) + 1

    def end(self, key):
        """One of its lookups is over."""
        self._active[key] -= 1
        if not self._active[key]:
            del self._active[key]

    def idle(self):
        """Return whether nothing waits or is under way."""
        return not self._active and not any(lane.waits() for lane, _ in self._lanes)


class Lane:
    """Entries in the order they came."""

    def __init__(self):
        self._entries = []
        self._head = 0  # index of the first entry that still waits

    def put(self, entry):
        self._entries.append(entry)

    def first(self, wanted):
        """Return the first entry that `wanted(entry)` takes, or None; drop those before it."""
        while self.waits():
            entry = self._entries[self._head]
            if wanted(entry):
                return entry
            self.drop()
        return None

    def drop(self):
        """Take the first entry out."""
        self._head += 1
        if self._head > 256 and self._head * 2 > len(self._entries):
            self._entries = self._entries[self._head :]
            self._head = 0

    def waits(self):
        return self._head < len(self._entries)
