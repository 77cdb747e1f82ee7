"""An agent in simulated time: a fake kernel, and the test for DNS, answer each of its orders at once."""

from nametrack.core import actions as do


class Simulated:
    """`kernel`: a fakes.FakeKernel.

    A subclass sets `agent`, and has `answer(query)`: the event that comes of a SendQuery, None for no answer.
    """

    def __init__(self, kernel, saved=()):
        self.now = 0
        self.agent = None
        self.kernel = kernel
        self.saved = list(saved)  # records of the copy of the last good addresses

    def pass_until(self, end):
        """Have the agent do all that is due until then."""
        while self.agent.next_timer() is not None and self.agent.next_timer() <= end:
            self.now = max(self.now, self.agent.next_timer())
            self.due()
        self.now = max(self.now, end)

    def due(self):
        """The first of the agent's timers is due."""
        self.take(self.agent.handle_timer(self.now))

    def tell(self, event):
        """Hand the agent an event."""
        self.take(self.agent.handle(event, self.now))

    def take(self, actions):
        """Carry out actions, and what comes of them."""
        for action in actions:
            event = None
            if isinstance(action, do.ShareLastGood):
                self.saved = list(action.records())
            elif isinstance(action, do.Remember):
                self.saved.extend(action.records)
            elif isinstance(action, do.SendQuery):
                event = self.answer(action)
            else:
                event = self.perform(action)
            if event is not None:
                self.tell(event)

    def perform(self, action):
        """Return the event that comes of an action of the kernel, None for none."""
        return self.kernel.perform(action, self.now)
