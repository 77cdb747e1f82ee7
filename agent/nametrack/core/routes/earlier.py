"""Routes that an agent before this one installed, and that no policy has wanted since this one began."""


class Earlier:
    """Those of one table. Names that are not answered yet may have their addresses: so they stay for a while."""

    def __init__(self):
        self._keys = set()
        self._is_new = True  # whether the table was not compared in whole yet

    def compared(self):
        """The table was compared in whole: what nothing wants from now on was wanted before."""
        self._is_new = False

    def wanted(self, key):
        """A policy wants this."""
        if self._keys:
            self._keys.discard(key)

    def stays(self, key, leads):
        """Whether the route to a key that nothing wants stays; leads: whether a policy here leads packets there.

        If none does, it would lead into a tunnel that is dead, or block for no policy.
        """
        if self._is_new and leads:
            self._keys.add(key)
        elif not leads:
            self._keys.discard(key)
        return key in self._keys

    def release(self):
        """Return the keys, as a list: they stay no longer."""
        keys, self._keys = list(self._keys), set()
        return keys
