"""What is remembered over a restart: the addresses that were in use, by host."""

from collections import namedtuple

from .. import ip
from .actions import SaveLastGood, ShareLastGood

# host: a name, or a literal's own text; address: address or prefix; named: whether DNS named it at that time;
# remaining: seconds that it would have stayed in a set; port: of a service's target, None where the port is configured;
# sets: names of those in which it is ours, by the actions' text; None: not known, from a file of an older version
Entry = namedtuple("Entry", ("host", "address", "named", "remaining", "port", "sets"))

SAVE_DELAY = 60  # seconds from a change to its write, so that what changes together is written together
SAVE_INTERVAL = 600  # seconds at least between two writes: flash wears
SHARE_DELAY = 0.5  # seconds from a change to its copy, which wears nothing
SHARE_PACE = 500  # entries a second that are copied at most: a large copy is made less often

GRACE = 300  # seconds at least that an address is kept which was named when somebody last asked

PRIME = (1 << 61) - 1


def life_left(entry, retain):
    """The seconds a remembered address stays: one that was named when it was saved starts its `retain` anew.

    Until DNS has answered, which may take a while after a start, GRACE comes before a shorter `retain`.
    """
    return max(retain, GRACE) if entry.named else min(entry.remaining, retain)


class Entries:
    """Entries that are made as they are looked at, each time anew: all of them might not fit into memory once more."""

    def __init__(self, make):
        """`make`: function that gives an iterator of Entry."""
        self._make = make

    def __iter__(self):
        return self._make()

    def __len__(self):
        return sum([1 for _ in self._make()])


class Remembered:
    """Entries that were read, by host. What differs in nothing but its address shares all else: it may be thousands."""

    def __init__(self, entries=()):
        self._groups = []  # (the first Entry, the keys of the addresses of all)
        self._of = {}  # host -> (its groups, all of its keys)
        for entry in entries:
            self.add(entry)

    def add(self, entry):
        """Adds an Entry behind the others, unless its host has the address already."""
        groups, known = self._of.setdefault(entry.host, ([], set()))
        key = ip.key(entry.address)
        if key in known:
            return
        known.add(key)
        if not self._groups or not _are_alike(self._groups[-1][0], entry):
            self._groups.append((entry, []))
            groups.append(self._groups[-1])
        self._groups[-1][1].append(key)

    def __len__(self):
        return sum([len(keys) for _, keys in self._groups])

    def __iter__(self):
        return _each(self._groups)

    def hosts(self):
        """Return the hosts that have entries."""
        return list(self._of)

    def knows(self, host):
        """Whether a host has entries."""
        return host in self._of

    def of(self, host):
        """The entries of a host, one by one."""
        return _each(self._of[host][0] if host in self._of else ())


def _each(groups):
    for entry, keys in groups:
        for key in keys:
            yield Entry(entry.host, ip.element(key), entry.named, entry.remaining, entry.port, entry.sets)


def _are_alike(one, other):
    if one.host != other.host or one.named != other.named or one.remaining != other.remaining:
        return False
    return one.port == other.port and one.sets == other.sets


class LastGood:
    """Decides when to write: on change only, the file not more often than SAVE_INTERVAL, its copy much sooner."""

    def __init__(self, timers):
        self._timers = timers
        self._saved_at = None
        self._saved = 0  # the essence of what the file holds; None: not known
        self._waiting = False
        self._shared_at = None
        self._sharing = False  # whether a copy is due

    def loaded(self, saved):
        """What the file holds."""
        self._saved = _essence(saved)

    def changed(self, now):
        """Something that is remembered may have changed."""
        if not self._waiting:
            at = now + SAVE_DELAY
            self._timers.set(("save",), at if self._saved_at is None else max(at, self._saved_at + SAVE_INTERVAL))
            self._waiting = True
        if not self._sharing:
            at = now + SHARE_DELAY
            self._timers.set(("share",), at if self._shared_at is None else max(at, self._shared_at))
            self._sharing = True

    def save(self, entries, now):
        """The action that writes `entries`, or none where the file holds them already."""
        self._waiting = False
        essence = _essence(entries)
        if essence == self._saved:
            return []
        self._saved = essence
        self._saved_at = now
        return [SaveLastGood(entries)]

    def share(self, entries, now):
        """The action that makes the copy, where one is due."""
        if not self._sharing:
            return []
        self._sharing = False
        self._shared_at = now + len(entries) / SHARE_PACE
        return [ShareLastGood(entries)]

    def failed(self, now):
        """The file could not be written: it is tried again after SAVE_INTERVAL."""
        self._saved = None
        self._waiting = True
        self._timers.set(("save",), now + SAVE_INTERVAL)


def _essence(entries):
    """A number that stands for the entries, in any order, without the times that pass anyway; 0 for none."""
    total = 0
    for entry in entries:
        first, last = ip.bounds(ip.key(entry.address))
        text = hash(entry.host) ^ sum([hash(name) for name in entry.sets or ()])
        number = first + 3 * last + 1000003 * text + 7 * (entry.port or 0) + (5 if entry.named else 0)
        total += number * number % PRIME + 1
    return total
