"""resolv.conf (resolv.conf(5)): the nameservers that a machine asks."""

from .. import ip

MAX_NAMESERVERS = 8  # libc asks 3 at most
_DEVICE = 15  # characters that the name of a device has at most


def nameservers(text):
    """Return the nameservers in lines like `nameserver 192.0.2.53`, each once: the canonical text of its address.

    One of a link, as `fe80::1%eth0`, is `fe80::1@eth0`: it can be asked through that device only.
    """
    found = []
    for line in text.split("\n"):
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if len(words) > 1 and words[0] == "nameserver":
            server = _server(words[1].strip("\r"))
            if server is not None and server not in found:
                found.append(server)
    return found[:MAX_NAMESERVERS]


def _server(text):
    text, zoned, device = text.partition("%")
    address = ip.canonical(text)
    if not zoned or address is None:
        return address
    if not address.startswith("fe80:") or not 0 < len(device) <= _DEVICE or "#" in device or "@" in device:
        return None
    return "%s@%s" % (address, device)
