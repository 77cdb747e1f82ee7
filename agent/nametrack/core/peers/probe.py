"""Making an idle tunnel answer, so that its death shows without traffic.

One small datagram through the tunnel, to an address that only this peer is for: data must be answered, whatever runs
on the other side (whitepaper section 6.5, passive keepalive).
"""

from ..actions import Probe


class Probing:
    def __init__(self):
        self.address = None  # the address that is probed, None for none
        self._sent_at = None
        self._watching = False

    def configure(self, address):
        """Probe this address from now on, None for none."""
        self.address = address

    def begin(self):
        """Whether the watch over the tunnel's silence is to begin now: once, if there is an address to probe."""
        begins = self.address is not None and not self._watching
        self._watching = self._watching or begins
        return begins

    def end(self):
        """There is nothing to probe: the watch begins anew when there is."""
        self._watching = False

    def sent(self, now):
        """A probe goes along with an endpoint that is set now."""
        self._sent_at = now

    def due(self, interface, tunnel, interval, now):
        """`(actions, when to ask again)`: has the tunnel been silent for `interval` seconds, it is probed.

        While an answer is owed that question is open already.
        """
        silent_since = tunnel.silent_since if self._sent_at is None else max(tunnel.silent_since, self._sent_at)
        if tunnel.owed_since is not None or now < silent_since + interval:
            return [], max(silent_since + interval, now + 1)
        self._sent_at = now
        return [Probe(interface, self.address)], now + interval
