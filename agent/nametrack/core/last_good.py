"""What is remembered over a restart: the addresses that DNS named, by host, and which elements of sets are ours.

The file holds the addresses and outlives the power. Its copy holds both and is kept up to date record by record, each
written before what it tells of is done, so that an agent that was killed takes up where it was. Of two records of the
same host and address, or of the same set and element, the later counts.
"""

from collections import namedtuple

from .. import ip
from .actions import Remember, SaveLastGood, ShareLastGood

# Addresses of a policy's host that differ in nothing else. host: a name; keys: list of ip.key; named: whether DNS named
# them when it was written; remaining: seconds that they would have stayed in a set, 0 if named; 0 and not named:
# they are not wanted any more
Known = namedtuple("Known", ("host", "keys", "named", "remaining"))
# All that DNS named last for a peer's host. keys: list of ip.key; ports: list of as many, None if it is the configured
# one
Endpoints = namedtuple("Endpoints", ("host", "keys", "ports"))
# Elements of a set. set: text of its name; keys: list of ip.key; what: ADDED: they are ours from now on; JOINED: we
# made each of elements of ours and of other programs, in a set with auto-merge; DELETED: neither is so any more
Owned = namedtuple("Owned", ("set", "keys", "what"))
ADDED, JOINED, DELETED = "added", "joined", "deleted"  # the file has the same words
# The file holds what came before. essence: as essence() gives it
Saved = namedtuple("Saved", ("essence",))

SAVE_DELAY = 60  # seconds from a change to its write, so that what changes together is written together
SAVE_INTERVAL = 600  # seconds at least between two writes: flash wears
SHARE_RETRY = 60  # seconds until a copy that could not be written is made anew
SLICE = 256  # addresses that are looked at in a row, and in one record at most
PAUSE = 0.001  # seconds between two slices, in which the loop hears of everything else
COPY_MIN = 4096  # addresses that may be added to the copy before it is made anew, if it was no longer than that

GRACE = 300  # seconds at least that an address is kept which was named when it was saved

PRIME = (1 << 61) - 1


def life_left(known, retain):
    """Return the seconds that remembered addresses stay: those that were named start their `retain` anew.

    Until DNS has answered, which may take a while after a start, GRACE comes before a shorter `retain`.
    """
    return max(retain, GRACE) if known.named else min(known.remaining, retain)


class Remembered:
    """Records that were read: what counts in the end."""

    def __init__(self, records=()):
        self._hosts = {}  # host -> {key: (named, remaining)}
        self._endpoints = {}  # host -> Endpoints
        self._sets = {}  # text of a set's name -> {key: ADDED or JOINED}
        for record in records:
            self.add(record)

    def add(self, record):
        """Take one more record."""
        if isinstance(record, Known):
            life, known = record[2:], self._hosts.setdefault(record.host, {})  # one life for thousands
            if record.named or record.remaining:
                known.update([(key, life) for key in record.keys])
            else:
                _leave_out(known, record.keys)
        elif isinstance(record, Endpoints):
            self._endpoints[record.host] = record
        elif isinstance(record, Owned):
            owned = self._sets.setdefault(record.set, {})
            if record.what == DELETED:
                _leave_out(owned, record.keys)
            else:
                owned.update([(key, record.what) for key in record.keys])

    def of(self, host):
        """Return the Known of a host, those with the same life in one."""
        lives, keys = {}, self._hosts.get(host, {})
        for key in keys:
            lives.setdefault(keys[key], []).append(key)
        return [Known(host, lives[life], *life) for life in lives]

    def endpoints(self, host):
        """Return [(address, port)] of a peer's host, the port None if it is the configured one."""
        known = self._endpoints.get(host)
        if known is not None:
            return pairs(known)
        # a file of version 1 does not tell whether a host is a peer's
        return [(ip.element(key), None) for known in self.of(host) if known.named for key in known.keys]

    def records(self):
        """Return all records that count, as few as can be."""
        found = [known for host in self._hosts for known in self.of(host)] + list(self._endpoints.values())
        for name in self._sets:
            for what in (ADDED, JOINED):
                keys = [key for key in self._sets[name] if self._sets[name][key] == what]
                found.extend([Owned(name, keys, what)] if keys else [])
        return found


def _leave_out(table, keys):
    for key in keys:
        table.pop(key, None)


class LastGood:
    """Decides when to write.

    The file is written on change only and not more often than each SAVE_INTERVAL; a record goes into the copy at once,
    and the copy is made anew when it has become much longer than it would be.
    """

    def __init__(self, timers):
        self.reading = False  # whether what was remembered is still being read: nothing is written for that time
        self._timers = timers
        self._saved_at = None
        self._saved = 0  # the essence of what the file holds; None: not known
        self._waiting = False  # whether a write is due
        self._again = False  # whether something changed since the look at what is to be written began
        self._look = None  # (iterator of records, essence of those before), a look that is under way
        self._learnt = []  # records that are to be added to the copy
        self._sharing = False  # whether the copy is to be made anew
        self._copied = 0  # addresses that the copy was made of
        self._added = 0  # addresses that were added to it since

    def read(self, records):
        """These records were in the copy, or in the file if there is no copy."""
        for record in records:
            if isinstance(record, Saved):
                self._saved = record.essence
            else:
                self._added += len(record.keys)
                self._saved = None  # until a Saved comes

    def changed(self, now):
        """Something that is remembered may have changed."""
        self._again = True
        if not self._waiting:
            self._waiting = True
            at = now + SAVE_DELAY
            self._timers.set(("save",), at if self._saved_at is None else max(at, self._saved_at + SAVE_INTERVAL))

    def save(self, records, now, whole=False):
        """Return the action that writes `records`, none if the file holds them or if not all was looked at yet.

        records: function that returns an iterator of records; whole: whether all is looked at in one go.
        """
        if self.reading:
            self._timers.set(("save",), now + SAVE_DELAY)
            return []
        if self._look is None or whole:
            self._again = False
            self._look = (records(), 0)
        rest, total = self._look
        looked = 0
        for record in rest:
            total += essence(record)
            looked += len(record.keys)
            if looked >= SLICE and not whole:
                self._look = (rest, total)
                self._timers.set(("save",), now + PAUSE)
                return []
        self._look = None
        self._waiting = False
        held, self._saved = total == self._saved, total
        if not held:
            self._saved_at = now
        if self._again:
            self.changed(now)
        return [] if held else [SaveLastGood(records, total)]

    def learn(self, records, now):
        """DNS named other addresses than before: the next `remember` adds these Known and Endpoints."""
        if records:
            self._learnt.extend(records)
            self.changed(now)
            self._grow(records, now)

    def _grow(self, records, now):
        """So many records more are in the copy: it is made anew if it is much longer than it would be."""
        self._added += sum([len(record.keys) for record in records])
        if self._added > COPY_MIN + 2 * self._copied and not self.reading and not self._sharing:
            self._sharing = True
            self._timers.set(("share",), now)

    def remember(self, owned, now):
        """Return the action that adds what was learnt, and some Owned, to the copy; none if there is nothing."""
        records, self._learnt = self._learnt + owned, []
        if not records:
            return []
        self._grow(owned, now)
        return [Remember(records)]

    def share(self, records):
        """Return the action that makes the copy anew; records: function that returns an iterator of all records."""
        if self.reading:
            return []
        self._added, self._sharing = 0, False
        return [ShareLastGood(lambda: self._counted(records))]

    def _counted(self, records):
        self._copied = 0
        for record in records():
            self._copied += len(record.keys)
            yield record

    def save_failed(self, now):
        """The file could not be written: it is tried again after SAVE_INTERVAL."""
        self._saved = None
        self._waiting = True
        self._timers.set(("save",), now + SAVE_INTERVAL)

    def share_failed(self, now):
        """The copy could not be written."""
        self._sharing = True
        self._timers.set(("share",), now + SHARE_RETRY)


def pairs(endpoints):
    """Return the [(address, port)] of an Endpoints, the port None if it is the configured one."""
    return [(ip.element(endpoints.keys[i]), endpoints.ports[i]) for i in range(len(endpoints.keys))]


def essence(record):
    """Return a number for a Known or Endpoints; the sum of them stands for all, in any order and however parted."""
    salt = 7 + sum([port or 1 for port in record.ports]) if isinstance(record, Endpoints) else int(record.named)
    for letter in record.host:
        salt = (salt * 31 + ord(letter)) % PRIME
    total = 0
    for key in record.keys:
        number = key + salt
        total += number * number % PRIME + 1
    return total
