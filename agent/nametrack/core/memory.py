"""What outlives a restart, joined to the peers, policies and sets that it is about."""

from .actions import Log
from .last_good import Endpoints, Known, LastGood, Owned, Remembered, pairs


class Memory:
    def __init__(self, timers, peers, policies):
        """`policies`: function that returns the Policies, or the NoPolicies in their place."""
        self.last_good = LastGood(timers)
        self._peers = peers
        self._policies = policies
        self._early = Remembered()  # what was read before there was a configuration

    def read(self, event, configured, now):
        """Take a LastGoodRead; return what comes of it. The first records come before the configuration.

        configured: whether there is a configuration; what is read before is told to those that it names.
        """
        actions = [] if event.problem is None else [Log("warning", event.problem)]
        self.last_good.read(event.records)
        self.last_good.reading = event.more
        self._policies().sets.hold(event.more)
        if configured:
            return actions + self._restore(event.records, now)
        for record in event.records:
            self._early.add(record)
        return actions

    def endpoints(self, peers):
        """Return {host: [(address, port)]} of what was read before the configuration: new peers know it at once."""
        return {peer.endpoint_host: self._early.endpoints(peer.endpoint_host) for peer in peers}

    def restore(self, now):
        """There is a configuration now: tell those it names what was read before it."""
        early, self._early = self._early, Remembered()
        return self._restore(early.records(), now)

    def _restore(self, records, now):
        """Have peers and policies know what was remembered, and begin with the sets when all of it is known."""
        endpoints = {record.host: pairs(record) for record in records if isinstance(record, Endpoints)}
        if endpoints:
            self._peers.remember(endpoints)
        for record in records:
            if isinstance(record, Known):
                self._policies().remember(record, now)
            elif isinstance(record, Owned):
                self._policies().sets.remember(record.set, record.keys, record.what)
        return [] if self.last_good.reading else self._policies().read_sets()

    def due(self, key, now):
        """The timer ("save",) or ("share",) is due."""
        if key[0] == "save":
            return self.save(now)
        return self.last_good.share(lambda: self.records(now))

    def save(self, now, whole=False):
        """Return the action that writes the file, none if nothing changed; whole: all of it in one go."""
        return self.last_good.save(lambda: self.known(now), now, whole)

    def learnt(self, now):
        """Return the action that writes down what DNS named anew, and what becomes ours by the actions of now."""
        self.last_good.learn(self._policies().learnt(now), now)
        return self.last_good.remember(self._policies().sets.learnt(), now)

    def not_saved(self, reason, now):
        """The file could not be written; return what to say."""
        self.last_good.save_failed(now)
        return [Log("error", "last good addresses not saved: %s" % reason)]

    def not_shared(self, reason, now):
        """The copy could not be written; return what to say."""
        self.last_good.share_failed(now)
        return [Log("debug", "no copy of the last good addresses: %s" % reason)]

    def known(self, now):
        """Yield what is to be remembered, Known and Endpoints: each address named now, and each retained one."""
        for known in self._peers.remembered():  # first: a peer is to know it when it is configured
            yield known
        for known in self._policies().remembered(now):
            yield known

    def records(self, now):
        """Yield the same, and which elements are ours, Owned by Owned."""
        for known in self.known(now):
            yield known
        for owned in self._policies().sets.owned():
            yield owned
