"""resolv.conf (resolv.conf(5)): the nameservers that a machine asks."""

from .. import ip

MAX_NAMESERVERS = 8  # libc asks 3 at most


def nameservers(text):
    """Return the addresses in lines like `nameserver 192.0.2.53`, as canonical text, each once."""
    found = []
    for line in text.split("\n"):
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if len(words) > 1 and words[0] == "nameserver":
            address = ip.canonical(words[1].strip("\r"))
            if address is not None and address not in found:
                found.append(address)
    return found[:MAX_NAMESERVERS]
