"""DNS answers that pass by: what they tell about the name of their question."""

from collections import namedtuple

from . import dns
from .dnsname import label_offsets, name_to_wire

HTTPS = 65
_RTYPES = (dns.A, dns.AAAA, HTTPS)

# name: of the question; addresses: list of text; ttl: seconds; owner: the name at the end of the aliases
Told = namedtuple("Told", ("name", "addresses", "ttl", "owner"))


class Names:
    """Some hosts, and the names below some domains, compared by labels."""

    def __init__(self, domains, hosts):
        self._suffixes = set([name_to_wire(domain) for domain in domains])
        self._hosts = set(hosts)

    def have(self, name):
        """Return whether a name, canonical text, is one of the hosts or below one of the domains."""
        if name in self._hosts:
            return True
        wire = name_to_wire(name)
        return any(at and wire[at:] in self._suffixes for at in label_offsets(wire))


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
