"""What one status says of the hosts of policies: docs/status.md. Times in it are Unix seconds.

A router may follow thousands of them, so each is asked for its state once, whatever is said of it.
"""

from ... import ip
from ..names.name import Name
from ..names.sources import LISTED
from .status_times import left


class HostStatus:
    """Made anew for each status; `unix`: as status_times.dated gives it."""

    def __init__(self, agent, now, unix):
        self._agent = agent
        self._now = now
        self._unix = unix
        self._states = {}  # Host -> what `state` gave
        self._networks = {}  # (interfaces, whether what is local stays) -> LocalNetworks of the policies with these

    def state(self, host):
        """Return `(state, code, reason)` of a Host."""
        found = self._states.get(host)
        if found is None:
            name = self._name(host)
            state, reason = name.state(host.rtypes)
            code = name.withheld(host.rtypes) if state == "negative" else state
            found = self._states[host] = "failing" if state == "unknown" else state, code, reason
        return found

    def worst_first(self, policy):
        """Return the Hosts of a policy in their order, but those that are well last."""
        hosts = [host for _, host in sorted(policy.hosts.items())]
        well = [host for host in hosts if self.state(host)[0] == "current"]
        return [host for host in hosts if self.state(host)[0] != "current"] + well if len(well) < len(hosts) else hosts

    def maker(self, policy, hosts):
        """Return a function that makes what is shown of a host by its index: after `hosts` come the literals."""
        local = self._local_networks(policy)

        def make(i):
            if i >= len(hosts):
                literal = policy.config.literals[i - len(hosts)]
                return local(_literal(literal), [ip.key(literal)])
            shown = self._shown(hosts[i])
            shown["seen"] = self._unix(policy.seen.get(hosts[i].host))
            return local(shown, hosts[i].all_keys())

        return make

    def _local_networks(self, policy):
        """Return a function of what is shown of a host and of its keys, which says if these are local, and gives it."""
        routes = self._agent.routes
        steered = None if policy is None else routes.of(policy.config.name)
        if steered is None or not routes.installation.is_known():
            return lambda shown, keys: shown
        from ..routes.standing import LOCAL, LocalNetworks  # a router with target route only

        same = (tuple(steered.steering.interfaces), steered.steering.keep_local)
        if same not in self._networks:
            self._networks[same] = LocalNetworks(routes, steered)
        networks = self._networks[same]

        def say(shown, keys):
            network = networks.all_of(keys) if shown["state"] in ("current", "literal") else None
            if network is not None:
                shown["code"], shown["reason"] = "local", LOCAL % network
            return shown

        return say

    def _name(self, host):
        """The Name of a host; one that was never asked, if many are new and it has not had its turn."""
        name = self._agent.resolver.names.get(host.name_key)
        if name is None or any(rtype not in name.questions for rtype in host.rtypes):
            name = Name(host.name_key, host.host, [])
            for rtype in host.rtypes:
                name.question(LISTED, rtype)
        return name

    def _shown(self, host):
        name = self._name(host)
        state, code, reason = self.state(host)
        questions = [name.questions[rtype] for rtype in host.rtypes]
        ttls = [q.rrset.ttl for q in questions if q.rrset is not None]
        return {
            "host": host.host,
            "addresses": [],
            "more_addresses": 0,
            "state": state,
            "code": code,
            "reason": reason,
            "ttl": min(ttls) if ttls else None,
            "next_query": left(self._agent.resolver.next_query(name, host.rtypes), self._now),
            "answered": self._unix(name.answered_at(host.rtypes)),
            "failures": name.failed(host.rtypes),
        }


def _literal(literal):
    shown = dict.fromkeys(("ttl", "next_query", "answered", "seen"))
    shown.update({"host": literal, "addresses": [{"address": literal, "expires": None, "named": True}]})
    shown.update({"state": "literal", "code": "literal", "reason": "written in the configuration"})
    shown["failures"] = shown["more_addresses"] = 0
    return shown
