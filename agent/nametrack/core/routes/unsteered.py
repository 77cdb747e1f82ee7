"""What stands for Routes until a policy is steered by them, or until the kernel turns out to hold some of ours.

A router that only has tunnels to look after never loads the room: a tenth of what the agent needs.
"""

from ..actions import GlanceRouting


class Unsteered:
    """`load`: function that puts Routes in this one's place and returns them."""

    steered = ()
    paused_until = None
    holds = False

    def __init__(self, load):
        self._load = load
        self._looks = True  # whether the kernel is yet to be looked at

    def configure(self, policies, config, now):
        """Steer these policies; without any, see once whether an agent before this one has left something."""
        if policies:
            return self._load().configure(policies, config, now)
        looks, self._looks = self._looks, False
        return [GlanceRouting("kernel")] if looks else []

    # There is nothing to do, and nothing to tell of: see Routes.

    def touch(self, policy, keys, now):
        """No policy is steered."""

    def peers_read(self, event, now):
        """No way is looked at."""
        return []

    def touched(self, now):
        """No rule is looked after."""
        return []

    def resync(self):
        """Nothing was written."""
        return []

    def settled(self):
        """Nothing is wanted."""
        return True

    def of(self, name):
        """No policy is steered."""
        return None

    def standing(self, name):
        """No policy is steered."""
        return None
