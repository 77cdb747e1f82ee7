"""What an answer is worth: which of its addresses can be a destination, and what people are told about the others.

A resolver may withhold an address: by 0.0.0.0 or `::` in its place, by an extended error (RFC 8914), or, as dnsmasq's
rebind protection does, by an answer without records. That is no word of the zone, and people can mend it.
"""

from collections import namedtuple

from ... import destination, ip
from .complaints import CUT_SHORT, TOO_MANY, UNUSABLE
from .rrset import BLOCKED, FOUND, NODATA, NXDOMAIN, REBIND, SRV

MAX_ADDRESSES = 1024

# extended errors
_BLOCKED, _CENSORED, _FILTERED, _PROHIBITED = 15, 16, 17, 18

# status, values, mapped, reason: as of RRset; complaint: Complaint, None if nothing was wrong with the answer
Verdict = namedtuple("Verdict", ("status", "values", "mapped", "reason", "complaint"))
Complaint = namedtuple("Complaint", ("kind", "text"))


def judge(result, rtype, named):
    """Return the Verdict about the Result of a lookup that did not fail; named: whether DNS ever named an address."""
    if result.status != FOUND:
        status, reason = _negative(result, named)
        return Verdict(status, (), (), reason, None)
    complaint = None if result.whole else Complaint(CUT_SHORT, "the answer is %s" % result.reason)
    if rtype == SRV:
        return Verdict(FOUND, result.values, (), result.reason, complaint)
    usable, mapped, wrong = _sorted_out(result.values)
    if wrong:
        complaint = Complaint(UNUSABLE, _not_used(wrong))
    if len(usable) > MAX_ADDRESSES:
        text = "DNS names more than %d addresses: the first %d are used" % (MAX_ADDRESSES, MAX_ADDRESSES)
        complaint = Complaint(TOO_MANY, text)
    if usable or mapped:
        return Verdict(FOUND, usable[:MAX_ADDRESSES] or (), mapped[:MAX_ADDRESSES] or (), result.reason, complaint)
    status, reason = _nowhere(wrong)
    return Verdict(status, (), (), reason, complaint)


def _sorted_out(addresses):
    """`(keys, mapped, wrong)`: those that can be a destination, what IP4P addresses stand for, and the rest as text."""
    usable, mapped, wrong = [], [], []
    for address in addresses:
        endpoint = destination.ip4p(address)
        if endpoint is not None and destination.unusable(endpoint[0]) is None:
            mapped.append(endpoint)
        elif destination.unusable(address) is None:
            usable.append(ip.key(address))
        else:
            wrong.append(address)
    return usable, mapped, wrong


def _not_used(wrong):
    first = min(wrong)  # in order, not in the answer: servers shuffle
    more = ", and %d more like it" % (len(wrong) - 1) if len(wrong) > 1 else ""
    return "DNS names %s, which is %s: not used%s" % (first, destination.unusable(first), more)


def _nowhere(wrong):
    """`(status, reason)` of an answer that names only addresses that cannot be a destination."""
    first = min(wrong)
    if all(address in ("0.0.0.0", "::") for address in wrong):
        return BLOCKED, "your resolver blocks it: it answers %s" % first
    return NODATA, "DNS names only %s, which is %s" % (first, destination.unusable(first))


def _negative(result, named):
    """`(status, reason)` of a negative answer."""
    if result.extended == _BLOCKED and result.status == NODATA and result.ttl is None:
        return REBIND, "your resolver withholds a private address (rebind protection)"
    if result.extended in (_BLOCKED, _CENSORED, _FILTERED, _PROHIBITED):
        return BLOCKED, "your resolver blocks it (%s)" % result.reason
    if result.status == NXDOMAIN:
        lapsed = " any more: it lapsed, or was removed" if named else ""
        return NXDOMAIN, "DNS says that it does not exist" + lapsed + _beside(result)
    if result.ttl is None and not result.reason:
        return NODATA, "DNS says that it has no address, without naming its zone, as if rebind protection withheld it"
    return NODATA, "DNS says that it has no address" + _beside(result)


def _beside(result):
    return " (%s)" % result.reason if result.reason else ""
