"""What the scripts of tests/kernel have at hand for sets, under both interpreters: the adapter, and short words."""

from driver import emit, events, on, poller, until
from nametrack import ip
from nametrack.adapters.sets import Sets, script
from nametrack.core import actions as do
from nametrack.element import Element, ElementList, elements_of, named

__all__ = ("Element", "NFT", "IPSET", "add", "change", "listing", "made", "reason", "script", "sets", "show")

NFT, IPSET = named("nft inet t s"), named("ipset s")
sets = Sets(poller, emit)
forms = {}


def listing(name):
    """The Listing of a set, None for none; raises what went wrong."""
    before = len(events)
    sets.list(do.ListSet(name))
    until(lambda: not sets.busy())
    found = events[before]
    if isinstance(found, on.ActionFailed):
        raise OSError(found.reason)
    if found.listing is not None:
        forms[name] = found.listing.form
    return found.listing


def parsed(elements):
    """ElementList of `address` or `address/timeout=SECONDS`."""
    found = []
    for text in elements:
        address, _, timeout = text.partition("/timeout=")
        found.append(Element(address, int(timeout) if timeout else None))
    return elements_of(found)


def made(name, deleted, added):
    """The ChangeSet."""
    if name not in forms:
        listing(name)
    return do.ChangeSet(name, forms.get(name), parsed(deleted), parsed(added), ElementList(), "why")


def change(name, deleted, added):
    """{address: why} of what was refused; or why all of it was."""
    sets.change(made(name, deleted, added))
    event = events[-1]
    if isinstance(event, on.ActionFailed):
        return event.reason
    return {ip.element(key): event.refused[key] for key in event.refused}


def add(name, *added):
    return change(name, [], added)


def reason():
    return events[-1].reason


def show(name):
    """Prints the elements of a set in order, ours marked `*`."""
    found = listing(name)
    keys = sorted(found.ends, key=lambda key: ip.bounds(key))
    print(" ".join([ip.element(key) + ("*" if found.marked and key in found.marked else "") for key in keys]))
