"""What stands for Policies until a configuration has some: a router that only follows peers never loads them.

Once loaded they stay, also if a configuration has none any more.
"""

from ..ordering import STEP
from .observation import NOTHING


class NoPolicies:
    """`load`: function that puts Policies in this one's place and returns them; `routes`: as Policies has it."""

    def __init__(self, load, routes):
        self.policies, self.by_name = {}, {}
        self.sets = self.patterns = self  # what those are asked is below as well
        self.names_changed = False  # as in Policies
        self._load = load
        self._routes = routes

    def loading(self):
        """Load what policies need, a module or two in a step: an agent that runs is to hear of all else in between.

        At the start nothing waits, and all is loaded in one go.
        """
        from ..sets import lives, targets  # noqa: F401

        yield STEP
        from ..sets import sets  # noqa: F401

        yield STEP
        from . import filling, patterns  # noqa: F401

        yield STEP
        from . import policies  # noqa: F401

    def configure(self, prepared, now):
        """Begin with the policies in a Preparation; without any, see once whether an agent before has left routes."""
        if prepared.policies:
            return self._load().configure(prepared, now)
        self.names_changed = True
        routes, self._routes = self._routes, None
        return routes().configure([], prepared.config, now) if routes else []

    # There is nothing to do, and nothing to tell of: see Policies, Sets and Patterns.

    def nothing(self, *_):
        """Return the actions, names or records that come of anything."""
        return []

    name_answered = observed = interfaces = read_sets = nothing
    learnt = remembered = owned = resync = owners = remember = hold = bar = nothing

    def wanted_names(self):
        """No policy has a name."""
        self.names_changed = False
        return []

    def unheard(self):
        """No policy has a host."""
        return set()

    slow_names = unheard

    def names(self):
        """No answer is to be read."""
        return NOTHING

    def settled(self):
        """Nothing is wanted."""
        return True
