"""Lookups that wait their turn: in the order they came due, for a bounded number of names at once."""


class Queue:
    """`limit`: names that may be under way at once. An entry is any tuple that begins with the key of its name."""

    def __init__(self, limit):
        self._limit = limit
        self._active = {}  # key of a name -> number of its lookups under way
        self._waiting = []  # entries; _head is the first
        self._head = 0

    def put(self, entry):
        """Has a lookup wait."""
        self._waiting.append(entry)

    def take(self, wanted):
        """The next entry that may begin, None for none; those that `wanted(entry)` denies are passed over."""
        found = None
        while found is None and self._head < len(self._waiting):
            entry = self._waiting[self._head]
            if wanted(entry):
                if entry[0] not in self._active and len(self._active) >= self._limit:
                    break
                self.begin(entry[0])
                found = entry
            self._head += 1
        if self._head > 256 and self._head * 2 > len(self._waiting):
            self._waiting = self._waiting[self._head :]
            self._head = 0
        return found

    def begin(self, key):
        """A lookup of this name is under way."""
        self._active[key] = self._active.get(key, 0) + 1

    def end(self, key):
        """One of its lookups is over."""
        self._active[key] -= 1
        if not self._active[key]:
            del self._active[key]

    def idle(self):
        """Whether nothing waits or is under way."""
        return not self._active and self._head == len(self._waiting)
