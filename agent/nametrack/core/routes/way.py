"""A way out: one interface, whether it works, and which families it carries."""

from ..peers.tunnel import ANSWERING, DEAD

# code of the status, which programs translate -> why it does not work, about its device
TROUBLES = {
    "unread": "%s was not looked at yet",
    "no_device": "%s does not exist",
    "down": "%s is down",
    "no_next_hop": "%s has no next hop",
    "no_address": "%s has no address",
    "no_reply": "no reply through %s",
    "no_echo": "the check address does not reply through %s",
}


class Way:
    """`name`: of an interface of netifd, or of a device where netifd knows none of this name."""

    def __init__(self, name):
        self.name = name
        self.device = name  # the name of its link, its own while it has none
        self.in_netifd = False  # whether netifd knows an interface of this name: one without a link is down
        self.link = 0  # the number of its link, 0 if there is none
        self.port = 0  # that the tunnel's own packets come from; 0: not known, or it has none
        self.works_since = None  # monotonic seconds; None while it does not work
        self.code = "unread"  # of TROUBLES; None while it works
        self.echo = None  # whether its check address replies; None: it is not checked, or that is not known yet
        self._died = False  # whether its tunnel died, and has not answered since: a new endpoint alone proves nothing
        self.awaits_port = False  # whether the port was asked for, and that is not answered yet
        self._port_of = None  # the number of the link whose port was asked for
        self._gateways = {}  # family -> address, None for a link without next hops; absent: not carried

    @property
    def works(self):
        return self.works_since is not None

    @property
    def reason(self):
        """Why it does not work, in words; None if it does."""
        return None if self.code is None else TROUBLES[self.code] % self.device

    def carries(self, family):
        """Whether packets of this family can leave through it."""
        return family in self._gateways

    def gateway(self, family):
        """The next hop of a family that it carries; None: destinations are on the link."""
        return self._gateways[family]

    def echoed(self, answered):
        """Take in whether its check address replies; None: it is not checked. Return whether that is news."""
        before, self.echo = self.echo, answered
        return before is not answered

    def wants_port(self):
        """Whether the port of its tunnel is to be asked for: once for each link that it has."""
        if not self.link or self._port_of == self.link:
            return False
        self._port_of = self.link
        self.awaits_port = True
        return True

    def has_port(self, port):
        """Take in the port of its tunnel, 0 for no tunnel."""
        self.port = port
        self.awaits_port = False

    def forget_port(self):
        """It may be another one by now."""
        self._port_of = None

    def read(self, link, families, locals_of, life, now):
        """How it is now.

        link: its routing.Link, None for none; families: those of which the link has an address that other networks
        know and which the tunnel's allowed IPs hold; locals_of: {family: Local}; life: of the tunnel, as peers.tunnel
        has it, None for no tunnel.
        """
        self.link = 0 if link is None or not link.up else link.number
        self._gateways = {}
        if link is not None and link.up:
            for family in families:
                gateway = locals_of[family].gateway(link.number)
                if gateway is not None or link.direct:
                    self._gateways[family] = None if link.direct else gateway
        if life is None or life == ANSWERING or self.link == 0:
            self._died = False
        elif life == DEAD:
            self._died = True
        self.code = self._trouble(link, families)
        if self.code is not None:
            self.works_since = None
        elif self.works_since is None:
            self.works_since = now

    def _trouble(self, link, families):
        if link is None and not self.in_netifd:
            return "no_device"
        if link is None or not link.up:
            return "down"
        if not self._gateways:
            return "no_next_hop" if families else "no_address"
        if self._died:
            return "no_reply"
        if self.echo is False:
            return "no_echo"
        return None
