"""Which DNS answers are read, and which of them the router's resolver holds until the kernel has their addresses."""

from ..actions import Hold, Log, Observe, Release


class Observation:
    """written: function that returns whether the kernel has all that is wanted."""

    def __init__(self, written):
        self.deaf = None  # why the answers that clients get cannot be read on a device
        self._written = written
        self._devices = []  # that are listened to
        self._observes = False
        self._held_names = ((), ())  # domains, hosts
        self._held = []  # ids of the answers that the resolver waits with

    def observe(self, names, devices, hold):
        """Return the actions that have the answers about names, `(domains, hosts)`, read, and held if `hold`.

        Nothing is read if there is no wildcard: what is listed alone is asked for by ourselves.
        """
        actions = []
        names = names if names[0] else ((), ())
        if names[0] or self._observes:
            self._observes = bool(names[0])
            if devices != self._devices:
                self._devices, self.deaf = devices, None  # what failed on the others says nothing about these
            actions.append(Observe(devices if names[0] else [], *names))
        held = names if hold else ((), ())
        if held != self._held_names:
            self._held_names = held
            actions.append(Hold(*held))
        return actions

    def observe_failed(self, reason):
        """A device cannot be listened to."""
        said, self.deaf = self.deaf == reason, reason
        return [] if said else [Log("warning", "the answers that clients get are not read: %s" % reason)]

    def hold_failed(self, reason):
        """Answers cannot be held: they are read when they leave."""
        return [Log("warning", "dnsmasq is not asked to wait for new addresses: %s" % reason)]

    def held(self, number):
        """The resolver waits with an answer."""
        self._held.append(number)
        return []

    def released(self):
        """Return the actions that let go what the resolver waits with, as soon as the kernel has all addresses."""
        if not self._held or not self._written():
            return []
        held, self._held = self._held, []
        return [Release(number) for number in held]
