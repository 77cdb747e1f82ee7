"""An agent that only has policies, in simulated time: DNS and the kernel answer at once, or after a while."""

from answers import found, negative
from fakes import FakeKernel
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.wire import uci

CHANGE_TAKES = 0.005  # seconds that the kernel takes for one change of a set


class House:
    """Follows `config`, text of UCI; `zone`: host -> function that gives `(addresses, TTL)` now, None: no answer."""

    def __init__(self, config, sets, zone, kernel=None, saved=()):
        self.now = 0.0
        self.zone = zone
        self.kernel = kernel or FakeKernel()
        for name in sets:
            if name not in self.kernel.sets:
                self.kernel.make_set(name, sets[name])
        self.saved = list(saved)  # records of the copy of the last good addresses
        self.orders = []  # (now, action), those that change something
        self.agent = Agent()
        self.take(self.agent.handle(on.LastGoodRead(self.saved[:], False, None), self.now))
        self.take(self.agent.handle(on.ConfigLoaded(configuration.build(uci.parse(config)[0], [], [])), self.now))

    def run(self, seconds):
        """Let so many seconds go by."""
        end = self.now + seconds
        while self.agent.next_timer() is not None and self.agent.next_timer() <= end:
            self.now = max(self.now, self.agent.next_timer())
            self.take(self.agent.handle_timer(self.now))
        self.now = max(self.now, end)

    def take(self, actions):
        for action in actions:
            event = None
            if isinstance(action, do.SendQuery):
                event = self.answer(action)
            elif isinstance(action, do.ShareLastGood):
                self.saved = list(action.records())
            elif isinstance(action, do.Remember):
                self.saved.extend(action.records)
            elif not isinstance(action, do.SaveLastGood):
                event = self.kernel.perform(action, self.now)
                if isinstance(action, do.ChangeSet):
                    self.orders.append((self.now, action))
                    self.now += CHANGE_TAKES
            if event is not None:
                self.take(self.agent.handle(event, self.now))

    def answer(self, query):
        said = self.zone[query.name](self.now)
        if said is None:
            return None
        values = [address for address in said[0] if (":" in address) == (query.rtype == 28)]
        return on.QueryAnswered(query.id, found(values, said[1]) if values else negative("nodata", said[1]))

    def holds(self, name):
        return set(self.kernel.sets[name]["elements"])
