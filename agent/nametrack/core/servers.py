"""How the nameservers fare: which of them has not answered for how many queries in a row."""

SILENT_AFTER = 4  # queries in a row: two lookups, each of them repeated once


class Servers:
    def __init__(self):
        self._unanswered = {}  # server -> queries in a row

    def silent(self, server):
        """A query to this server was not answered in time."""
        self._unanswered[server] = self._unanswered.get(server, 0) + 1

    def spoke(self, server):
        """It answered, whatever it said."""
        self._unanswered.pop(server, None)

    def silent_ones(self):
        """[(server, queries in a row)] of those that seem dead."""
        found = [(s, self._unanswered[s]) for s in sorted(self._unanswered)]
        return [entry for entry in found if entry[1] >= SILENT_AFTER]
