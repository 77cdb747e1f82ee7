"""Which DNS answers are read, and which of them the router's resolver holds until the kernel has their addresses."""

from ..actions import Hold, Log, Observe, Release

NOTHING = ((), (), ())  # no domains, no hosts, no lists


class Observation:
    """written: function that returns whether the kernel has all that is wanted."""

    def __init__(self, written):
        self.deaf = None  # why the answers that clients get cannot be read on a device
        self._said = None  # the same, as it was said
        self._written = written
        self._devices = []  # that are listened to
        self._observes = False
        self._held_names = NOTHING
        self._held = []  # ids of the answers that the resolver waits with

    def observe(self, names, devices, senders, hold):
        """Return the actions that have the answers about names, `(domains, hosts, lists)`, read, and held if `hold`.

        devices, senders: as in Observe. Nothing is read if there is neither a wildcard nor a list of more than is asked
        for by ourselves.
        """
        actions = []
        observes = bool(names[0] or names[2])
        names = names if observes else NOTHING
        if observes or self._observes:
            self._observes = observes
            if devices != self._devices:
                self._devices, self._said = devices, None
            self.deaf = None  # what fails now is told anew
            actions.append(Observe(devices if observes else [], senders, *names))
        held = names if hold else NOTHING
        if held != self._held_names:
            self._held_names = held
            actions.append(Hold(*held))
        return actions

    def observe_failed(self, reason, interfaces_known):
        """A device cannot be listened to. Before the interfaces are known, it may be the name of one of them."""
        self.deaf = reason
        if self._said == reason or not interfaces_known:
            return []
        self._said = reason
        return [Log("warning", "the answers that clients get are not read: %s" % reason)]

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
