"""What one event costs when there are many policies, hosts and addresses: counted, not timed."""

from steering_house import House
from test_table import member

from nametrack import ip
from nametrack.core.routes.numbers import Numbers
from nametrack.core.routes.table import Table

POLICIES = 40
CLIENT = "192.168.1.%d"


def config(count):
    found = []
    for i in range(count):
        found.append("config policy 'p%d'\n\tlist interface 'wg0'\n\tlist host 'h%d.test'\n" % (i, i))
        found.append("\tlist client '%s'\n" % (CLIENT % (i + 1)))
    return "".join(found)


def test_an_address_of_one_policy_is_compared_in_its_own_tables_only():
    hosts = {"h%d.test" % i: (["192.0.2.%d" % (i + 1)], []) for i in range(POLICIES)}
    house = House(config(POLICIES), hosts=hosts)
    house.wait(5)
    looks, via = [], Table.via
    Table.via = lambda table, key: looks.append(key) or via(table, key)
    try:
        house.hosts = dict(hosts, **{"h7.test": (["192.0.2.77"], [])})
        house.wait(400)
    finally:
        Table.via = via
    assert house.way("192.0.2.77", CLIENT % 8) == "wg0"
    assert len([key for key in looks if key == ip.key("192.0.2.77")]) <= 3


def test_after_a_slice_of_many_routes_all_else_has_its_turn():
    hosts = "".join(["\tlist host '192.0.%d.%d'\n" % (i // 250, i % 250) for i in range(1000)])
    house = House("config policy 'p'\n\tlist interface 'wg0'\n" + hosts)
    assert 0 < house.ours()[2] < 1000
    house.wait(1)
    assert house.ours()[2] == 1000


def test_a_slice_is_of_fewer_addresses_if_many_policies_share_a_table():
    few, many = Table(4, 900, 0), Table(4, 901, 0)
    few.assign([member(1, *["192.0.2.%d" % i for i in range(200)])], [])
    many.assign([member(i + 1, "192.0.2.%d" % i) for i in range(200)], [])
    (first, _), (second, _) = few.additions(100), many.additions(100)
    assert len(first[0].value.keys) > 50 > 10 > len(second)
    assert not few.is_compared() and not many.is_compared()


def bypassed(count):
    """As many policies for one client each that bypass as policies below that block for all."""
    found = [BYPASS % (i, i, CLIENT % (i + 1)) for i in range(count)]
    return "".join(found + [BLOCK % (i, i) for i in range(count)])


BYPASS = "config policy 'b%d'\n\toption action 'bypass'\n\tlist host 'b%d.test'\n\tlist client '%s'\n"
BLOCK = "config policy 'p%d'\n\tlist interface 'wg0'\n\tlist host 'h%d.test'\n\toption fallback 'block'\n"


def looks(count):
    """How often the number of a table is looked up until all is written."""
    found, table = [], Numbers.table
    Numbers.table = lambda numbers, selector: found.append(1) or table(numbers, selector)
    try:
        House(bypassed(count)).wait(5)
    finally:
        Numbers.table = table
    return len(found)


def test_each_bypass_is_held_against_each_policy_below_and_not_against_what_others_open_too():
    """Three times as many of both are 27 times as many looks if it is."""
    assert looks(18) < 12 * looks(6)


def test_many_small_tables_are_written_in_few_steps_and_many_routes_with_pauses():
    """A step looks at all tables: one for each makes the start quadratic, and too much at once makes the agent deaf."""
    hosts = {"h%d.test" % i: (["192.0.%d.%d" % (2 + i, k + 1) for k in range(20)], []) for i in range(POLICIES)}
    house, at, sizes = House("", hosts=hosts), [], []
    perform = house.kernel.perform

    def performed(action, now):
        routes = [change.value for change in getattr(action, "changes", ()) if hasattr(change.value, "keys")]
        if routes:
            at.append(now)
            sizes.append(sum([len(each.keys) for each in routes]))
        return perform(action, now)

    house.kernel.perform = performed
    house.configure(config(POLICIES))
    house.wait(10)
    assert house.way("192.0.41.20", CLIENT % 40) == "wg0"
    assert sum(sizes) >= 20 * POLICIES and len(sizes) <= 20 * POLICIES // 100
    assert max(sizes) <= 300 and max([at.count(now) for now in at]) <= 2


def test_a_small_table_does_not_wait_until_a_large_one_is_written():
    large = "".join(["\tlist host '192.0.%d.%d'\n" % (i // 250, i % 250) for i in range(2000)])
    small = "config policy 's'\n\tlist interface 'wg0'\n\tlist host '198.51.100.77'\n\tlist client '192.168.1.9'\n"
    house, written = House(""), []
    perform = house.kernel.perform

    def performed(action, now):
        for change in getattr(action, "changes", ()):
            written.extend(getattr(change.value, "keys", ()))
        return perform(action, now)

    house.kernel.perform = performed
    house.configure("config policy 'p'\n\tlist interface 'wg0'\n" + large + small)
    house.wait(10)
    assert len(written) >= 2000 and written.index(ip.key("198.51.100.77")) < 800
