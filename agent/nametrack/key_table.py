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
            number = _number(key)
            if number in lists:
                lists[number].append(key)
            else:
                lists[number] = [key]
        self._parts = {number: dict.fromkeys(lists[number], value) for number in lists}

    def __len__(self):
        return sum([len(part) for part in self._parts.values()])

    def __contains__(self, key):
        # _number, in place: nothing is asked more often
        return key in self.part(((key[0] if isinstance(key, tuple) else key) >> 8) % _PARTS)

    def get(self, key):
        """Return the value of a key, None if it is absent."""
        return self.part(_number(key)).get(key)

    def put(self, number, keys):
        """Add keys that are all of one part, with the value None: a list, or a dict of them that has it.

        A dict is copied as it lies in memory, while each key of a list is looked up.
        """
        if keys:
            self._update(number, keys if isinstance(keys, dict) else dict.fromkeys(keys))

    def update(self, other):
        """Take in the keys and values of another KeyTable."""
        for number in other.numbers():
            self._update(number, other.part(number))

    def _update(self, number, part):
        if self.part(number):
            self._parts[number].update(part)
        else:
            self._parts[number] = part.copy()

    def remove(self, other):
        """Remove the keys of another KeyTable, as far as they are there."""
        for number in other.numbers():
            mine, gone = self.part(number), other.part(number)
            if mine == gone:
                self._parts.pop(number, None)
                continue
            for key in gone:
                mine.pop(key, None)

    def __setitem__(self, key, value):
        number = _number(key)
        if number in self._parts:
            self._parts[number][key] = value
        else:
            self._parts[number] = {key: value}

    def pop(self, key):
        """Remove a key if it is there."""
        self.part(_number(key)).pop(key, None)

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
        """Add keys that are all of one part of a KeyTable: as `put` takes them."""
        self.count += len(keys)
        while keys:
            if len(keys) > self._room:
                self.tables.append(KeyTable())
                self._room = self._most
            if len(keys) <= self._most:
                some, keys = keys, ()
            else:
                keys = list(keys)
                some, keys = keys[: self._most], keys[self._most :]
            self.tables[-1].put(number, some)
            self._room -= len(some)


def _number(key):
    return ((key[0] if isinstance(key, tuple) else key) >> 8) % _PARTS
