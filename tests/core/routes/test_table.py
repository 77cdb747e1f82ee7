"""One table: wanted against installed, in slices; who decides about an address that two policies want."""

from nametrack import ip, routing
from nametrack.core.routes.networks import NOWHERE, Networks
from nametrack.core.routes.table import Member, Table
from nametrack.key_table import KeyTable


class Wants:
    def __init__(self, *texts):
        self.keys = [ip.key(text) for text in texts]

    def wants(self, key):
        return key in self.keys

    def wanted(self, family):
        return [key for key in self.keys if ip.key_family(key) == family]


def member(via, *texts, local=NOWHERE):
    policy = Wants(*texts)
    wide = [key for key in policy.keys if ip.is_wide(key)]
    return Member(policy, via, wide, Networks(wide), local)


def drain(table, limit=100):
    """Carries out everything: the verbs and texts, in order."""
    done = []
    while True:
        changes, _ = table.additions(limit)
        if not changes and table.is_compared():
            changes, _ = table.deletions(limit, None)
        if not changes and table.settled():
            return done
        for change in changes:
            done.append((change.verb, change.value.via, sorted([ip.element(key) for key in change.value.keys])))
            table.changed(change, {})


def held(table):
    return {key: table.installed.get(key) for key in table.installed}


def table_of(*members):
    table = Table(4, 900, 0)
    table.assign(list(members), [])
    return table


def test_the_first_policy_that_wants_an_address_has_it():
    table = table_of(member(1, "192.0.2.1"), member(2, "192.0.2.1", "192.0.2.2"))
    drain(table)
    assert held(table) == {ip.key("192.0.2.1"): 1, ip.key("192.0.2.2"): 2}


def test_a_table_that_nothing_was_wanted_in_yet_is_as_it_is_to_be():
    assert drain(table_of()) == []


def test_each_route_is_written_once():
    """Whatever has it compared: a prefix, that comes first, a second policy that wants it, or another way."""
    texts = ["192.0.2.0/25", "192.0.2.200", "192.0.2.201"]
    table = table_of(member(1, *texts), member(2, *texts))
    assert drain(table) == [("add", 1, sorted(texts))]
    table.assign([member(3, *texts)], [])
    table.touch([ip.key(texts[1])])
    assert drain(table) == [("add", 3, sorted(texts))]
    table.assign([], [])
    table.touch([ip.key(texts[1])])
    assert drain(table) == [("delete", 3, sorted(texts))]


def test_a_longer_prefix_of_a_later_policy_is_not_written():
    table = table_of(member(1, "192.0.2.0/24"), member(2, "192.0.2.7", "192.0.2.128/25", "198.51.100.1"))
    drain(table)
    assert sorted([ip.element(key) for key in table.installed]) == ["192.0.2.0/24", "198.51.100.1"]


def test_prefixes_go_first_and_additions_before_deletions():
    table = table_of(member(1, "192.0.2.1", "198.51.100.0/24"))
    assert drain(table, 1) == [(routing.ADD, 1, ["198.51.100.0/24"]), (routing.ADD, 1, ["192.0.2.1"])]
    table.assign([member(1, "192.0.2.9")], [])
    verbs = [verb for verb, _, _ in drain(table, 1)]
    assert verbs == [routing.ADD, routing.DELETE, routing.DELETE]


def test_a_nexthop_that_went_has_its_routes_written_again():
    table = table_of(member(1, "192.0.2.1"), member(2, "192.0.2.2"))
    drain(table)
    table.lost(1)
    assert drain(table) == [(routing.ADD, 1, ["192.0.2.1"])]


def test_an_address_that_is_wanted_again_before_it_was_deleted_stays():
    one = member(1, "192.0.2.1", "192.0.2.2")
    table, policy = table_of(one), one.policy
    drain(table)
    key, keys = ip.key("192.0.2.2"), policy.keys
    policy.keys = [ip.key("192.0.2.1")]
    table.touch([key])
    assert table.additions(9)[0] == []
    policy.keys = keys
    assert drain(table) == []
    assert key in table.installed


def test_a_local_network_inside_a_prefix_is_thrown_back_and_an_address_left_out():
    local = Networks([ip.key("192.168.1.0/24")])
    table = Table(4, 900, 0)
    table.assign([member(1, "192.0.0.0/8", "192.168.1.7", local=local)], [ip.key("192.168.1.0/24")])
    drain(table)
    assert table.installed.get(ip.key("192.168.1.0/24")) == routing.THROW
    table.assign([member(1, "192.168.1.7", "192.0.2.1", local=local)], [ip.key("192.168.1.0/24")])
    drain(table)
    assert held(table) == {ip.key("192.0.2.1"): 1}


def test_a_refused_route_is_named_and_the_rest_goes_in():
    table = table_of(member(1, "192.0.2.1", "192.0.2.2"))
    change = table.additions(9)[0][0]
    table.changed(change, {ip.key("192.0.2.1"): "no space left"})
    assert table.refused == {ip.key("192.0.2.1"): "no space left"}
    assert held(table) == {ip.key("192.0.2.2"): 1}
    assert table.settled()


def test_what_is_assigned_or_spared_again_is_compared_only_if_it_is_news():
    table, one = Table(4, 900, 0), member(7, "192.0.2.1")
    table.assign([one], [])
    drain(table)
    table.assign([one], [])
    table.spare(NOWHERE)
    assert table.settled()
    table.assign([one], [ip.key("10.0.0.0/8")])
    assert (
        not table.settled() and table.leaves_alone(ip.key("10.0.0.0/8")) and not table.leaves_alone(ip.key("10.0.0.1"))
    )
    drain(table)
    table.spare(Networks([ip.key("192.0.2.1")]))
    assert drain(table) == [("delete", 7, ["192.0.2.1"])]


def test_a_table_counts_what_it_holds_of_some_keys():
    table = Table(4, 900, 0)
    table.assign([member(7, "192.0.2.1", "192.0.2.2", "198.51.100.0/24")], [])
    drain(table)
    assert table.count(KeyTable([ip.key(text) for text in ("192.0.2.1", "198.51.100.0/24", "192.0.2.9")])) == 2


def test_a_table_is_settled_when_what_goes_is_gone():
    table = Table(4, 900, 0)
    table.assign([member(7, "192.0.2.1")], [])
    drain(table)
    table.assign([], [])
    assert table.additions(100)[0] == [] and table.is_compared() and not table.settled()
    assert drain(table) == [("delete", 7, ["192.0.2.1"])] and table.settled()


def test_a_route_that_the_kernel_keeps_is_to_go_again_after_a_reading():
    table, key = table_of(member(1, "192.0.2.1")), ip.key("192.0.2.1")
    drain(table)
    table.assign([], [])
    table.additions(100)
    (change,), _ = table.deletions(100, None)
    table.changed(change, {key: "no buffer space available"})
    assert drain(table) == [] and held(table) == {key: 1}
    routes = KeyTable()
    routes[key] = 1
    table.read(routes)
    assert drain(table) == [(routing.DELETE, 1, ["192.0.2.1"])]
