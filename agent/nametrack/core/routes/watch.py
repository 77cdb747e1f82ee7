"""How the tunnels of the ways live: every peer of theirs is watched, whatever its endpoint is, a name or an address."""

from ..peers.tunnel import ANSWERING, DEAD, IDLE, NEVER, SUSPECT, Tunnel

USED = 2  # seconds between two readings of a way in use: the first packet after a rest may be one that is not answered


class Watch:
    def __init__(self):
        self._tunnels = {}  # device -> {public key: Tunnel}

    def keep(self, devices):
        """Forgets all other devices."""
        self._tunnels = {device: self._tunnels[device] for device in devices if device in self._tunnels}

    def read(self, device, peers, now, wall):
        """Takes in a reading of a device's peers, wire.wireguard.Peer; `wall`: its Unix time."""
        before = self._tunnels.get(device, {})
        self._tunnels[device] = {peer.public_key: before.get(peer.public_key) or Tunnel() for peer in peers}
        for peer in peers:
            self._tunnels[device][peer.public_key].read(peer, now, wall)

    def life(self, device, now, settings):
        """How a tunnel lives, as peers.tunnel has it, DEAD only if every peer is; None for no tunnel of WireGuard."""
        lives = [tunnel.life(now, settings) for tunnel in self._tunnels.get(device, {}).values()]
        for life in (ANSWERING, SUSPECT, IDLE, NEVER, DEAD):
            if life in lives:
                return life
        return None

    def pause(self, device, longest):
        """Seconds until the peers of a device are to be read again, `longest` if it is quiet."""
        for tunnel in self._tunnels.get(device, {}).values():
            longest = tunnel.pause(longest)
        return longest
