"""How the nameservers fare: which of them did not answer how many queries in a row, and since when."""

SILENT_AFTER = 4  # queries in a row: two lookups, each of them repeated once
PASSED_AFTER = 2  # queries in a row, as many as one lookup sends to a server
PASSED_FOR = 60  # seconds in which a silent server is asked after the others


class Servers:
    def __init__(self):
        self._silent = {}  # server -> (queries in a row, monotonic time of the last)

    def silent(self, server, now):
        """A query to this server was not answered in time."""
        self._silent[server] = (self._silent.get(server, (0, 0))[0] + 1, now)

    def spoke(self, server):
        """The server answered, whatever it said."""
        self._silent.pop(server, None)

    def in_order(self, servers, now):
        """Return `servers`, those that were silent lately last: each would cost a lookup the same seconds again."""
        return sorted(servers, key=lambda s: (int(self._passed(s, now)), servers.index(s)))

    def silent_ones(self):
        """Return [(server, queries in a row)] of those that seem dead."""
        found = [(s, self._silent[s][0]) for s in sorted(self._silent)]
        return [entry for entry in found if entry[1] >= SILENT_AFTER]

    def _passed(self, server, now):
        queries, at = self._silent.get(server, (0, 0))
        return queries >= PASSED_AFTER and now - at < PASSED_FOR
