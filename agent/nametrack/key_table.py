"""A dict of many ip.key, in many small dicts.

A dict that grows is laid out anew in one stretch; and if MicroPython's is full, as one made of a list of keys is, the
search for an absent key looks at every other one: 3 ms of 65,536.
"""

# A prime, so that addresses and prefixes that follow each other at whatever distance are spread evenly. What differs in
# the last 8 bits only stays together, so that keys come nearly in order.
_PARTS = 257
_NOTHING = {}  # the parts that have no keys


class KeyTable:
    def __init__(self, keys=(), value=None):
        """`keys`: iterable; each has the same value."""
        lists = {}
        for key in keys:
            number = ((key[0] if isinstance(key, tuple) else key) >> 8) % _PARTS  # _number, in place
            if number in lists:
                lists[number].append(key)
            else:
                lists[number] = [key]
        self._parts = {number: dict.fromkeys(lists[number], value) for number in lists}
        self._shared = set()  # numbers of those that another KeyTable may have too: copied before they are changed

    def __len__(self):
        return sum([len(part) for part in self._parts.values()])

    def __contains__(self, key):
        # _number, in place: nothing is asked more often
        return key in self.part(((key[0] if isinstance(key, tuple) else key) >> 8) % _PARTS)

    def get(self, key):
        """Return the value of a key, None if it is absent."""
        return self.part(_number(key)).get(key)

    def put(self, number, keys):
        """Add a list of keys that are all of one part, with the value None."""
        if keys:
            self._update(number, dict.fromkeys(keys))

    def share(self, number, other):
        """Have one part, which has no keys so far, as another KeyTable has it: without a copy until one is changed."""
        self._parts[number] = other.part(number)
        self._shared.add(number)
        other._shared.add(number)

    def update(self, other):
        """Take in the keys and values of another KeyTable."""
        for number in other.numbers():
            if self.part(number):
                self._update(number, other.part(number))
            else:
                self.share(number, other)

    def _update(self, number, part):
        if self.part(number):
            self._own(number).update(part)
        else:
            self._parts[number] = part
            self._shared.discard(number)

    def _own(self, number):
        """Return a part that may be changed."""
        if number in self._shared:
            self._shared.discard(number)
            self._parts[number] = self._parts[number].copy()
        return self._parts[number]

    def remove(self, other):
        """Remove the keys of another KeyTable, as far as they are there."""
        for number in other.numbers():
            mine, gone = self.part(number), other.part(number)
            if mine is gone or mine == gone:
                self._parts.pop(number, None)
            elif mine:
                mine = self._own(number)
                for key in gone:
                    mine.pop(key, None)

    def __setitem__(self, key, value):
        number = _number(key)
        if number in self._parts:
            self._own(number)[key] = value
        else:
            self._parts[number] = {key: value}
            self._shared.discard(number)

    def pop(self, key):
        """Remove a key if it is there."""
        number = _number(key)
        if key in self.part(number):
            self._own(number).pop(key)

    def __iter__(self):
        """Yield the keys; they may change meanwhile."""
        for number in self.numbers():
            for key in list(self.part(number)):
                yield key

    def keys(self):
        """Return the keys as a list."""
        found = []
        for number in self.numbers():
            found.extend(self.part(number))
        return found

    def equals(self, other):
        """Return whether a KeyTable has the same keys with the same values."""
        numbers = set(self._parts).union(other.numbers())
        return all([self.part(number) == other.part(number) for number in numbers])

    def numbers(self):
        """Return the numbers of the parts, sorted."""
        return sorted(self._parts)

    def part(self, number):
        """Return one of the dicts, not to be changed; the same number has the same keys in every KeyTable."""
        return self._parts.get(number, _NOTHING)


class Batches:
    """Keys dealt out to KeyTables of no more than so many."""

    def __init__(self, most):
        self.tables = []
        self.count = 0
        self._most = most
        self._room = 0  # in the last one

    def add(self, number, keys):
        """Add a list of keys that are all of one part of a KeyTable."""
        for start in range(0, len(keys), self._most):
            some = keys[start : start + self._most]
            self._with_room(len(some)).put(number, some)

    def share(self, number, other):
        """Add all keys of one part of a KeyTable, which had none so far."""
        part = other.part(number)
        if len(part) > self._most:
            self.add(number, list(part))
        elif part:
            self._with_room(len(part)).share(number, other)

    def _with_room(self, count):
        """Return the last table, a new one if so many do not fit."""
        if count > self._room:
            self.tables.append(KeyTable())
            self._room = self._most
        self._room -= count
        self.count += count
        return self.tables[-1]


def _number(key):
    return ((key[0] if isinstance(key, tuple) else key) >> 8) % _PARTS
