"""An agent that only has policies, in simulated time: DNS and the kernel answer at once, or after a while."""

from answers import found, negative
from fakes import FakeKernel
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.core.agent import Agent
from nametrack.core.config import configuration
from nametrack.wire import uci
from simulated import Simulated

CHANGE_TAKES = 0.005  # seconds that the kernel takes for one change of a set


class House(Simulated):
    """Follows `config`, text of UCI; `zone`: host -> function that gives `(addresses, TTL)` now, None: no answer."""

    def __init__(self, config, sets, zone, kernel=None, saved=()):
        Simulated.__init__(self, kernel or FakeKernel(), saved)
        self.zone = zone
        for name in sets:
            if name not in self.kernel.sets:
                self.kernel.make_set(name, sets[name])
        self.orders = []  # (now, action), those that change something
        self.agent = Agent()
        self.tell(on.LastGoodRead(self.saved[:], False, None))
        self.tell(on.ConfigLoaded(configuration.build(uci.parse(config)[0], [], [])))

    def run(self, seconds):
        """Let so many seconds go by."""
        self.pass_until(self.now + seconds)

    def perform(self, action):
        event = Simulated.perform(self, action)
        if isinstance(action, do.ChangeSet):
            self.orders.append((self.now, action))
            self.now += CHANGE_TAKES
        return event

    def answer(self, query):
        said = self.zone[query.name](self.now)
        if said is None:
            return None
        values = [address for address in said[0] if (":" in address) == (query.rtype == 28)]
        return on.QueryAnswered(query.id, found(values, said[1]) if values else negative("nodata", said[1]))

    def holds(self, name):
        return set(self.kernel.sets[name]["elements"])
