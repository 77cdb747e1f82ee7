"""Where the kernel filters by reverse path (Documentation/networking/ip-sysctl.rst: rp_filter, src_valid_mark)."""

from .. import ip
from . import files

_FOLDER = "/proc/sys/net/ipv4/conf/"
_STRICT = 1


def strict(links, main):
    """Return the names of the links with a default route of IPv4 whose filter is strict and passes over marks.

    links: list of routing.Link; main: list of routing.MainRoute.
    """
    defaults = set([route.device for route in main if route.family == 4 and ip.element(route.key) == "0.0.0.0/0"])
    found = []
    for link in links:
        if link.number in defaults and _value(link.name, "rp_filter") == _STRICT:
            if not _value(link.name, "src_valid_mark"):
                found.append(link.name)
    return found


def _value(name, option):
    """The larger of the values for a link and for all of them, as the kernel has it."""
    values = [0]
    for folder in ("all", name):
        data, _ = files.read_bytes("%s%s/%s" % (_FOLDER, folder, option))
        if data is not None and data.strip().isdigit():
            values.append(int(data))
    return max(values)
