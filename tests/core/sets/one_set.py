"""One set of a fake kernel, one or more policies that want something in it, and others who put in what they like."""

from fakes import FakeKernel
from nametrack import ip
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.config.policy_sections import PolicyConfig
from nametrack.core.ordering import result
from nametrack.core.policies.preparation import preparing
from nametrack.core.sets.kernel_set import KernelSet
from nametrack.core.sets.targets import Use
from nametrack.core.timers import Timers
from nametrack.element import named

HOST = "h.test"
MERGED = ("interval", "merge")


def policy(retain=0, literals=(), name="p"):
    """A policy with one host."""
    kept = ("any", retain, [], [], None, {}, [HOST], list(literals), ())
    wanted = PolicyConfig(name, True, "wg", "pbr", None, None, *kept)
    return result(preparing(wanted, lambda host: (host, ())))


def numbers(texts):
    """The number of each address in some elements, of which there are few."""
    found = set()
    for text in texts:
        _, number, last = ip.span(text)
        while number <= last:
            found.add(number)
            number += 1
    return found


class World:
    def __init__(self, name, flags=(), policies=None, size=None, service=None, kernel=None):
        self.text, self.name = name, named(name)
        self.kernel, self.timers, self.now = kernel or FakeKernel(), Timers(), 0
        self.kernel.make_set(name, flags, size)
        self.policies = policies or [policy()]
        self.family = self.kernel.sets[name]["family"]
        self.set = KernelSet(self.name, self.family, self.timers)
        self.set.assign(Use(self.family, self.policies, self.policies, service, False), 0)
        self.others = set()
        self.done = []  # texts of the changes that were carried out
        self.said = []  # texts of the notifications

    @property
    def contents(self):
        return self.set.work.contents

    def add(self, *texts):
        """Another program adds elements."""
        for text in texts:
            self.kernel.add(self.text, text)
            self.others.update(numbers([text]))

    def names(self, *addresses):
        """DNS names these now; what is not retained goes."""
        self.now += 1
        for one in self.policies:
            host = one.hosts[HOST]
            self.set.touch(one.answered(host, [ip.key(address) for address in addresses], self.now), "DNS", self.now)
            self.set.touch(one.expire(host, self.now), "DNS", self.now)

    def listed(self):
        """The set is listed, and what comes of it is done."""
        return self.run(self.now + 1, self.set.list())

    def run(self, until, actions=()):
        """Carry out what is due until then; return the texts of the changes that were made."""
        before = len(self.done)
        self.take(actions)
        while self.timers.next() is not None and self.timers.next() <= until:
            self.step()
        self.now = max(self.now, until)
        return self.done[before:]

    def step(self):
        """Carry out what is due first."""
        self.now = self.timers.next()
        for key in list(self.timers.each_due(self.now)):
            self.take(self.set.due(key[0], self.now))

    def take(self, actions):
        for action in actions:
            if isinstance(action, do.Notify):
                self.said.append("%s %s" % (action.kind, action.text))
            event = self.kernel.perform(action, self.now)
            if isinstance(event, on.SetListed):
                self.take(self.set.listed(event.listing, "does not exist", self.now))
            elif isinstance(event, on.SetGlanced):
                self.take(self.set.glanced(event.size, self.now))
            elif isinstance(event, on.SetChanged):
                self.done.append(do.text(action))
                self.take(self.set.changed(action, event.refused, self.now))
            elif isinstance(event, on.ActionFailed):
                self.take(self.set.failed(action, event.reason, self.now))

    def holds(self):
        return " ".join(sorted(self.kernel.sets[self.text]["elements"]))
