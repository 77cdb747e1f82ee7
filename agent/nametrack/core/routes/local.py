"""Which networks are local: reached by a connected route, or through another router than the way to the internet."""

from ... import ip

WIDEST = 1  # bits of a prefix that counts as a default route: OpenVPN's two halves are one


class Local:
    """What the main table of one family says, with its default routes."""

    def __init__(self, family, main):
        self.family = family
        self.defaults = []  # MainRoutes, the preferred first
        self._others = []
        for route in main:
            if route.family == family:
                (self.defaults if _is_default(route) else self._others).append(route)
        self.defaults.sort(key=lambda route: route.metric)

    def keys(self, ways):
        """The destinations that are local to a router whose ways out are these links, by number."""
        gateways = [(route.device, route.gateway) for route in self.defaults if route.gateway is not None]
        found = []
        for route in self._others:
            through_default = route.gateway is not None and (route.device, route.gateway) in gateways
            if route.device not in ways and not through_default and route.key not in found:
                found.append(route.key)
        return found

    def gateway(self, device):
        """The next hop on a link, by its default route or else by any route; None: none is known."""
        for route in self.defaults + self._others:
            if route.device == device and route.gateway is not None:
                return route.gateway
        return None

    def uplinks(self):
        """The numbers of the links with a default route, the preferred first."""
        found = []
        for route in self.defaults:
            if route.device not in found:
                found.append(route.device)
        return found


def link_towards(main, key):
    """The number of the link that leads to an address by the MainRoutes, None if none does."""
    best = None
    for route in main:
        if route.family == ip.key_family(key) and ip.holds(route.key, key):
            first, last = ip.bounds(route.key)
            if best is None or (last - first, route.metric) < best[:2]:
                best = (last - first, route.metric, route.device)
    return None if best is None else best[2]


def _is_default(route):
    first, last = ip.bounds(route.key)
    return last - first + 1 >= 1 << ((ip.V4_BITS if route.family == 4 else ip.V6_BITS) - WIDEST)
