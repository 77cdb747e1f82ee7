"""What is known of links and addresses: the kernel tells of them also when nothing changed that matters here.

So it does of an address that a router announces again, and of a wireless link that looks around.
"""

from ..wire import links, rtnetlink


class LinkNews:
    def __init__(self):
        self._links = {}  # number -> Link
        self._addresses = set()  # of routing.Address

    def known(self, found):
        """The links as they were read: what says the same of one is no news."""
        self._links = {link.number: link for link in found}

    def of_link(self, message):
        """Return whether an RTM_NEWLINK or RTM_DELLINK says something new. Raises NetlinkError."""
        if len(message.payload) == 0 or message.payload[0] != 0:
            return False  # of another family: about a port of a bridge, not about the link
        link = links.link(message)
        if message.type == rtnetlink.DELETE_LINK:
            self._addresses = {address for address in self._addresses if address.link != link.number}
            return self._links.pop(link.number, None) is not None
        before, self._links[link.number] = self._links.get(link.number), link
        return before != link

    def of_address(self, message):
        """Return whether an RTM_NEWADDR or RTM_DELADDR says something new. Raises NetlinkError."""
        address = links.link_address(message)
        if message.type == rtnetlink.DELETE_ADDRESS:
            self._addresses.discard(address)
            return True
        if address is None or address in self._addresses:
            return False
        self._addresses.add(address)
        return True
