"""Kinds of values that only policies have: parsers as those of option_values.py."""

from ... import ip
from .option_values import DIGITS, HEX, host, identifier, interface_or_link, is_path, only, port, wrong


def host_or_prefix(text):
    """A host name, or the canonical text of an address or prefix: `ip.prefix` tells them apart, no name is one."""
    given = ip.prefix(text)
    if given is not None:
        return given, None
    if ":" in text[:64] or "/" in text[:64]:
        return wrong(text, "is neither a host name nor an address or prefix")
    return host(text)


def policy_host(text):
    """As listed_host, or `@FILE` with the full path of a file that lists such hosts."""
    if not text.startswith("@"):
        return listed_host(text)
    return (text, None) if is_path(text[1:]) else wrong(text, "is not @ and the full path of a file")


def listed_host(text):
    """As host_or_prefix, or a wildcard as `*.name`, for which a policy has a place of its own."""
    name = text[1:] if text.startswith("*.") else text
    if not name.startswith(".") or name == ".":
        return host_or_prefix(text)
    name, problem = host(name[1:])
    return (None, problem) if name is None else ("*." + name, None)


def client(text):
    """`(kind, value)`: "prefix", "interface" or "mac", and the text of one, of a MAC address as 02:00:00:aa:bb:cc."""
    given = ip.prefix(text)
    if given is not None:
        return ("prefix", given), None
    if _is_hardware(text):
        return ("mac", text.replace("-", ":").lower()), None
    if interface_or_link(text)[1] is None:
        return ("interface", text), None
    return wrong(text, "is not an address, a prefix, a MAC address or the name of an interface")


def _is_hardware(text):
    octets = text.replace("-", ":").split(":")
    return len(octets) == 6 and all(len(octet) == 2 and only(octet, HEX) for octet in octets)


def ports(text):
    """`(first, last)` of `443` or `8000-8010`."""
    first, dash, last = text.partition("-")
    found = [port(word)[0] for word in ([first, last] if dash else [first, first])]
    if None in found or found[0] > found[1]:
        return wrong(text, "is not a port or a range of ports from 1 to 65535")
    return (found[0], found[1]), None


def nft_set(text):
    """`family table set`. Nothing gets through that could end a word of an nft script."""
    words = text.split(" ")
    if len(words) == 3 and words[0] in ("ip", "ip6", "inet", "bridge", "netdev"):
        # nft's scanner: a name begins with a letter or `_`; the kernel's NFT_NAME_MAXLEN is 256 with the final NUL
        if all(identifier(word, 255, ".-") and word[0] not in DIGITS for word in words[1:]):
            return text, None
    return wrong(text, "is not the family, table and name of an nft set")


def ipset(text):
    # the kernel's IPSET_MAXNAMELEN is 32 with the final NUL
    return (text, None) if identifier(text, 31, ".-") else wrong(text, "is not the name of an ipset")
