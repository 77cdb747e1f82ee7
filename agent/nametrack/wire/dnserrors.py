"""What DNS servers say when they give no answer, or not the usual one: rcodes and extended errors (RFC 8914)."""

from .dnsmessage import OPT

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16
_RCODES = {
    NOERROR: "NOERROR",
    FORMERR: "FORMERR",
    SERVFAIL: "SERVFAIL",
    NXDOMAIN: "NXDOMAIN",
    NOTIMP: "NOTIMP",
    REFUSED: "REFUSED",
    6: "YXDOMAIN",
    9: "NOTAUTH",
    BADVERS: "BADVERS",
    23: "BADCOOKIE",
}

_EXTENDED_ERROR = 15  # the EDNS option
_EXTRA = 60  # characters of a server's own words that are shown
# IANA's registry of extended errors, from 0 on
_WORDS = (
    "another error",
    "unsupported DNSKEY algorithm",
    "unsupported DS digest",
    "stale answer",
    "forged answer",
    "DNSSEC indeterminate",
    "DNSSEC bogus",
    "DNSSEC signature expired",
    "DNSSEC signature not yet valid",
    "DNSKEY missing",
    "DNSSEC signatures missing",
    "no zone key bit set",
    "NSEC missing",
    "cached error",
    "not ready",
    "blocked",
    "censored",
    "filtered",
    "prohibited",
    "stale NXDOMAIN",
    "not authoritative",
    "not supported",
    "no reachable authority",
    "network error",
    "invalid data",
    "DNSSEC signature expired before it was valid",
    "too early",
    "unsupported NSEC3 iterations",
    "not allowed by the server's policy",
    "synthesized answer",
    "invalid query type",
)


def rcode_text(rcode):
    return _RCODES.get(rcode, "RCODE%d" % rcode)


def extended_error(message):
    """Return `(number, words)` of the first extended error of a Message, `(None, None)` if it has none.

    An option that does not fit the record ends the search: such a record says nothing more.
    """
    for record in message.additional:
        if record.rtype == OPT:
            return _first_error(record.data.options)
    return None, None


def _first_error(options):
    at = 0
    while at + 4 <= len(options):
        code, size = options[at] << 8 | options[at + 1], options[at + 2] << 8 | options[at + 3]
        at += 4
        if at + size > len(options):
            break
        if code == _EXTENDED_ERROR and size >= 2:
            number = options[at] << 8 | options[at + 1]
            words = _WORDS[number] if number < len(_WORDS) else "extended error %d" % number
            extra = _printable(options[at + 2 : at + size])
            return number, "%s: %s" % (words, extra) if extra else words
        at += size
    return None, None


def _printable(data):
    """The beginning of a server's own words, which may be any bytes: printable ASCII, `?` for the rest."""
    text = "".join([chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in data[: _EXTRA + 1]]).strip()
    return text if len(data) <= _EXTRA else text[:_EXTRA] + "..."
