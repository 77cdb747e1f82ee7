"""DNS answers that pass by: what they tell about the name of their question."""

from collections import namedtuple

from . import dns
from .dnsname import label_offsets, name_to_wire

HTTPS = 65
_RTYPES = (dns.A, dns.AAAA, HTTPS)

# name: of the question; addresses: list of text; ttl: seconds; owner: the name at the end of the aliases
Told = namedtuple("Told", ("name", "addresses", "ttl", "owner"))


class Names:
    """Some hosts, the names below some domains, compared by labels, and what some lists have (wire.host_list)."""

    def __init__(self, domains, hosts, lists=()):
        self._domains = set(domains)
        self._suffixes = set([name_to_wire(domain) for domain in domains])
        self._hosts = set(hosts)
        self._lists = lists

    def have(self, name):
        """Return whether a name, canonical text, is one of the hosts, below one of the domains, or in a list."""
        if name in self._hosts or any(each.position(name) is not None for each in self._lists):
            return True
        if not self._domains:
            return False
        if "\\" in name:  # a dot in it may be no end of a label
            wire = name_to_wire(name)
            return any(at and wire[at:] in self._suffixes for at in label_offsets(wire))
        at = name.find(".") + 1
        while at and name[at:] not in self._domains:
            at = name.find(".", at) + 1
        return at > 0


def asks_about(message):
    """Return the name whose addresses, or hints at them, a message asks for or answers about; None for any other."""
    if len(message.question) != 1 or message.question[0].rtype not in _RTYPES:
        return None
    return message.question[0].name


def told(message):
    """Return the Told of an answer that `asks_about` takes, None if it names no address; raise DnsError."""
    question = message.question[0]
    answer = dns.answer(message, question.name, question.rtype)
    if answer.status not in ("found", "truncated") or not answer.values:
        return None
    owners = [r.name for r in message.answer if r.rtype == question.rtype and r.data == answer.values[0]]
    addresses = answer.values
    if question.rtype == HTTPS:
        from .svcb import hints  # many a client never asks for them

        addresses = [address for data in answer.values for address in hints(data)][: dns.MAX_VALUES]
    return Told(question.name, addresses, answer.ttl, owners[0]) if addresses else None
