"""How the nameservers fare: which of them are silent, and which do not understand EDNS0 (RFC 6891)."""

SILENT_AFTER = 4  # queries in a row: two lookups, each of them repeated once
PASSED_AFTER = 2  # queries in a row, as many as one lookup sends to a server
PASSED_FOR = 60  # seconds in which a silent server is asked after the others
DEAF_AFTER = 3  # lookups in a row that a server answered only without EDNS0: fewer may be lost packets
PLAIN_FOR = 3600  # seconds in which it is asked without EDNS0 from the start
MAX_KNOWN = 256  # servers; those of zones come and go


class Server:
    """What is known of one nameserver."""

    def __init__(self):
        self.unanswered = 0  # queries in a row
        self.deaf = 0  # lookups in a row that were answered only without EDNS0
        self.plain_until = 0  # monotonic time
        self.at = 0  # monotonic time at which something was learnt last


class Servers:
    def __init__(self):
        self._known = {}  # text of a server, as in SendQuery -> Server
        self._last_id = 0

    def next_id(self):
        """Return the id for a new query: queries to all servers are counted together."""
        self._last_id += 1
        return self._last_id

    def silent(self, server, now):
        """A query to this server was not answered in time."""
        self._of(server, now).unanswered += 1

    def spoke(self, server):
        """The server answered, whatever it said."""
        if server in self._known:
            self._known[server].unanswered = 0

    def in_order(self, servers, now):
        """Return `servers`, those that were silent lately last: each would cost a lookup the same seconds again."""
        return sorted(servers, key=lambda s: (int(self._passed(s, now)), servers.index(s)))

    def silent_ones(self):
        """Return [(server, queries in a row)] of those that seem dead."""
        found = [(s, self._known[s].unanswered) for s in sorted(self._known)]
        return [entry for entry in found if entry[1] >= SILENT_AFTER]

    def takes_edns(self, server, now):
        """Return whether the server is to be asked with EDNS0."""
        known = self._known.get(server)
        return known is None or now >= known.plain_until

    def refuses_edns(self, server, now):
        """The server said that it does not understand EDNS0, or cannot be read with it."""
        self._of(server, now).plain_until = now + PLAIN_FOR

    def deaf_to_edns(self, server, now):
        """The server answered a question without EDNS0, and the same one with it, asked before, not yet."""
        known = self._of(server, now)
        known.deaf += 1
        if known.deaf >= DEAF_AFTER:
            known.deaf = 0
            known.plain_until = now + PLAIN_FOR

    def hears_edns(self, server):
        """The server answered a question with EDNS0."""
        if server in self._known:
            self._known[server].deaf = 0

    def _passed(self, server, now):
        known = self._known.get(server)
        return known is not None and known.unanswered >= PASSED_AFTER and now - known.at < PASSED_FOR

    def _of(self, server, now):
        known = self._known.get(server)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                del self._known[min(self._known, key=lambda s: (self._known[s].at, s))]
            known = self._known[server] = Server()
        known.at = now
        return known
