"""What is remembered over a restart: the addresses that were in use, by host."""

from collections import namedtuple

from .actions import SaveLastGood

# host: a name, or a literal's own text; address: address or prefix; named: whether DNS named it at that time;
# remaining: seconds that it would have stayed in a set; port: of a service's target, None where the port is configured
Entry = namedtuple("Entry", ("host", "address", "named", "remaining", "port"))

SAVE_DELAY = 60  # seconds from a change to its write, so that what changes together is written together
SAVE_INTERVAL = 600  # seconds at least between two writes: flash wears


class LastGood:
    """Decides when to write: on change only, and not more often than SAVE_INTERVAL."""

    def __init__(self, timers):
        self._timers = timers
        self._saved_at = None
        self._saved = []  # what the file holds, without the times that pass anyway; None: not known
        self._waiting = False

    def loaded(self, entries):
        self._saved = _essence(entries)

    def changed(self, now):
        """Something that is remembered may have changed."""
        if not self._waiting:
            at = now + SAVE_DELAY
            self._timers.set(("save",), at if self._saved_at is None else max(at, self._saved_at + SAVE_INTERVAL))
            self._waiting = True

    def save(self, entries, now):
        """The action that writes `entries`, or none where the file holds them already."""
        self._waiting = False
        essence = _essence(entries)
        if essence == self._saved:
            return []
        self._saved = essence
        self._saved_at = now
        return [SaveLastGood(entries)]

    def failed(self, now):
        """The file could not be written: it is tried again after SAVE_INTERVAL."""
        self._saved = None
        self._waiting = True
        self._timers.set(("save",), now + SAVE_INTERVAL)


def _essence(entries):
    return sorted([(entry.host, entry.address, entry.named, entry.port or 0) for entry in entries])
