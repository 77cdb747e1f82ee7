"""DNS answers that pass by: what they tell about the name of their question."""

from collections import namedtuple

from . import dns
from .dnsname import label_offsets, name_to_wire

# name: of the question; addresses: list of text, of one family; ttl: seconds; owner: the name at the end of the aliases
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
    """Return the name whose addresses a message asks for, or answers about; None for any other message."""
    if len(message.question) != 1 or message.question[0].rtype not in (dns.A, dns.AAAA):
        return None
    return message.question[0].name


def told(message):
    """Return the Told of an answer about addresses, None if it names none."""
    question = message.question[0]
    answer = dns.answer(message, question.name, question.rtype)
    if answer.status not in ("found", "truncated") or not answer.values:
        return None
    owners = [r.name for r in message.answer if r.rtype == question.rtype and r.data == answer.values[0]]
    return Told(question.name, answer.values, answer.ttl, owners[0])
