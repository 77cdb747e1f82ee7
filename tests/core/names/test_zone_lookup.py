"""authority.py: the truth about a name, asked of the servers of its zone."""

from nametrack.core.names.nameservers import Servers
from nametrack.core.names.rrset import AAAA, CNAME, NS, A
from nametrack.core.names.zone_lookup import MAX_ALIASES, Authority, Zone
from nametrack.wire.dns import Answer

RESOLVER = "192.0.2.1@eth1"


class Asked:
    """An Authority, and what it asks; `reached`: whether addresses of this IP version can be."""

    def __init__(self, rtype=A, zone=None, reached=(4, 6)):
        self.queries = []  # (id, name, rtype, server, recurse)
        self.now = 0
        self.reached = reached
        self.authority = Authority("home.dyn.test", rtype, lambda now: [RESOLVER], self.way, zone, Servers())
        self.take(self.authority.start(0))

    def way(self, address):
        return address + "@eth1" if (6 if ":" in address else 4) in self.reached else None

    def take(self, actions):
        for action in actions:
            if hasattr(action, "rtype"):
                self.queries.append((action.name, action.rtype, action.server, action.recurse))

    def answer(self, status, values=(), target=None):
        """The last question is answered; returns what is asked then, or None."""
        asked = len(self.queries)
        answer = Answer(status, list(values), 60, target, None, None)
        self.take(self.authority.answered(self.authority.open[-1], answer, self.now))
        return self.queries[-1] if len(self.queries) > asked else None

    def silence(self):
        """Nobody answers any more, until it gives up."""
        while self.authority.result is None:
            self.now = self.authority.deadline
            self.take(self.authority.timed_out(self.now))


def test_the_zone_its_servers_their_addresses_then_the_question_itself():
    asked = Asked()
    assert asked.queries == [("home.dyn.test", CNAME, RESOLVER, True)]
    assert asked.answer("nodata", target="dyn.test") == ("dyn.test", NS, RESOLVER, True)
    assert asked.answer("found", ["ns1.dyn.test", "ns2.dyn.test"]) == ("ns1.dyn.test", A, RESOLVER, True)
    assert asked.answer("found", ["198.51.100.53"]) == ("ns2.dyn.test", A, RESOLVER, True)
    assert asked.answer("nodata") == ("ns2.dyn.test", AAAA, RESOLVER, True)
    assert asked.answer("found", ["2001:db8::53"]) == ("home.dyn.test", A, "198.51.100.53@eth1", False)
    assert asked.answer("found", ["198.51.100.11"]) is None
    assert asked.authority.result.values == ["198.51.100.11"]
    assert asked.authority.zone.servers == ["198.51.100.53", "2001:db8::53"]


def test_what_is_known_of_the_zone_saves_all_but_the_question():
    asked = Asked(zone=Zone("home.dyn.test", ["198.51.100.53"]))
    assert asked.queries == [("home.dyn.test", A, "198.51.100.53@eth1", False)]


def test_an_alias_is_followed_to_the_zone_of_its_target():
    asked = Asked()
    assert asked.answer("found", ["x.provider.test"]) == ("x.provider.test", CNAME, RESOLVER, True)
    assert asked.answer("nodata", target="provider.test") == ("provider.test", NS, RESOLVER, True)
    asked.answer("found", ["ns.provider.test"])
    assert asked.answer("found", ["198.51.100.53"]) == ("x.provider.test", A, "198.51.100.53@eth1", False)


def test_aliases_without_end_come_to_one():
    asked = Asked()
    for i in range(MAX_ALIASES + 1):
        asked.answer("found", ["a%d.test" % i])
    assert asked.authority.result.reason == "more than 16 aliases in a row"


def test_a_zone_that_no_answer_names_is_looked_for_upwards():
    asked = Asked()
    assert asked.answer("nodata") == ("home.dyn.test", NS, RESOLVER, True)
    assert asked.answer("nodata") == ("dyn.test", NS, RESOLVER, True)
    assert asked.answer("nodata") == ("test", NS, RESOLVER, True)
    assert asked.answer("nodata") is None
    assert asked.authority.result.reason == "the servers of its zone are not found"


def test_it_is_looked_for_five_names_above_the_host_and_no_higher():
    asked = Asked()
    asked.answer("nodata", target="a.b.c.d.e.f.g.test")
    for parent in ("b.c.d.e.f.g.test", "c.d.e.f.g.test", "d.e.f.g.test", "e.f.g.test", "f.g.test"):
        assert asked.answer("nodata") == (parent, NS, RESOLVER, True)
    assert asked.answer("nodata") is None
    assert asked.authority.result.reason == "the servers of its zone are not found"


def test_servers_that_cannot_be_reached_are_not_asked():
    asked = Asked(reached=(6,))
    asked.answer("nodata", target="dyn.test")
    asked.answer("found", ["ns1.dyn.test"])
    asked.answer("found", ["198.51.100.53"])
    assert asked.authority.result.reason == "the servers of its zone cannot be reached"


def test_a_zone_whose_servers_cannot_be_reached_any_more_is_looked_for_anew():
    """Those that are known may all be of the IP version that the way out of before had."""
    asked = Asked(zone=Zone("home.dyn.test", ["2001:db8::53"]), reached=(4,))
    assert asked.queries == [] and asked.authority.zone is None
    assert asked.authority.result.reason == "the servers of its zone cannot be reached"


def test_the_zones_own_word_may_be_that_there_is_nothing():
    asked = Asked(zone=Zone("home.dyn.test", ["198.51.100.53"]))
    asked.answer("nxdomain", target="dyn.test")
    assert asked.authority.result.status == "nxdomain" and asked.authority.zone is not None


def test_silence_at_any_step_is_a_failure_and_forgets_the_zone():
    for steps in range(5):
        asked = Asked()
        for status, values, target in [
            ("nodata", [], "dyn.test"),
            ("found", ["ns1.dyn.test"], None),
            ("found", ["198.51.100.53"], None),
        ][:steps]:
            asked.answer(status, values, target)
        asked.silence()
        assert asked.authority.result.status == "failed" and asked.authority.zone is None, steps


def test_a_server_that_says_no_is_passed_over():
    asked = Asked(zone=Zone("home.dyn.test", ["198.51.100.53", "198.51.100.54"]))
    asked.take(asked.authority.failed(asked.authority.open[-1], "REFUSED", 0))
    assert asked.queries[-1] == ("home.dyn.test", A, "198.51.100.54@eth1", False)
