"""Whose packets: clients, protocols and ports; the order of policies; and what bypasses them."""

from steering_house import House

from nametrack.core.routes import selector

CLIENT, OTHER = "192.168.1.50", "192.168.1.60"


def policy(name, way, host, more=""):
    return "config policy '%s'\n\tlist interface '%s'\n\tlist host '%s'\n%s" % (name, way, host, more)


def only(client):
    return "\tlist client '%s'\n" % client


BYPASS = "\toption action 'bypass'\n"


def test_only_the_client_is_steered():
    house = House(policy("work", "wg0", "192.0.2.1", only(CLIENT)))
    assert house.way("192.0.2.1", CLIENT) == "wg0"
    assert house.way("192.0.2.1", OTHER) == "wan" and house.way("192.0.2.1") == "wan"


def test_a_client_interface_that_is_down_and_has_a_name_that_no_device_has_gets_no_rule():
    """The kernel's names have 15 characters: one refused request would keep all others from being made."""
    house = House(policy("a", "wg0", "192.0.2.1") + policy("b", "wg1", "192.0.2.2", only("guests_upstairs1")))
    assert [rule.match.iif for rule in house.routing.rules if rule.match.iif not in (None, "lo")] == []
    assert house.way("192.0.2.1") == "wg0" and house.way("192.0.2.2") == "wan"
    house.configure(policy("b", "wg1", "192.0.2.2", only("guests_upstairs")))
    assert [rule.match.iif for rule in house.routing.rules if rule.match.iif not in (None, "lo")]


def test_one_host_and_two_clients_take_two_ways():
    house = House(policy("a", "wg0", "192.0.2.1", only(CLIENT)) + policy("b", "wg1", "192.0.2.1", only(OTHER)))
    assert house.way("192.0.2.1", CLIENT) == "wg0" and house.way("192.0.2.1", OTHER) == "wg1"


def test_the_first_policy_wins_whatever_the_selectors():
    first = policy("a", "wg0", "192.0.2.1", only(CLIENT))
    second = policy("b", "wg1", "192.0.2.1")
    house = House(first + second)
    assert house.way("192.0.2.1", CLIENT) == "wg0" and house.way("192.0.2.1", OTHER) == "wg1"
    house.configure(second + first)
    assert house.way("192.0.2.1", CLIENT) == "wg1" and house.way("192.0.2.1", OTHER) == "wg1"


def test_a_policy_between_two_with_one_selector_keeps_its_place():
    texts = policy("a", "wg0", "192.0.2.1") + policy("b", "wg1", "192.0.2.2", only(CLIENT))
    house = House(texts + policy("c", "wg0", "192.0.2.2"))
    assert house.way("192.0.2.2", CLIENT) == "wg1" and house.way("192.0.2.2", OTHER) == "wg0"


def test_no_policy_below_a_bypass_has_its_addresses():
    house = House(policy("not", "wg0", "192.0.2.1", BYPASS) + policy("work", "wg0", "192.0.2.0/24"))
    assert house.way("192.0.2.1") == "wan" and house.way("192.0.2.2") == "wg0"


def test_a_bypass_for_all_holds_for_a_policy_with_clients():
    texts = policy("not", "wg0", "192.0.2.1", BYPASS) + policy("work", "wg0", "192.0.2.0/24", only(CLIENT))
    house = House(texts)
    assert house.way("192.0.2.1", CLIENT) == "wan" and house.way("192.0.2.2", CLIENT) == "wg0"


def test_a_bypass_for_one_client_leaves_the_others_their_way():
    texts = policy("not", "wg0", "192.0.2.1", BYPASS + only(CLIENT)) + policy("work", "wg0", "192.0.2.0/24")
    house = House(texts)
    assert house.way("192.0.2.1", CLIENT) == "wan" and house.way("192.0.2.1", OTHER) == "wg0"
    assert house.way("192.0.2.2", CLIENT) == "wg0"


def test_covering():
    one = selector.Selector((selector.Client("prefix", CLIENT),), (), ())
    port = selector.Selector((), (6,), ((443, 443),))
    assert selector.covers(selector.EVERYTHING, one) and selector.covers(one, one)
    assert not selector.covers(one, selector.EVERYTHING) and not selector.covers(one, port)


def test_a_port_without_a_protocol_means_both():
    clients, packets = selector.conditions(selector.Selector((), (6, 17), ((443, 443),)), 4, None)
    assert clients == [] and [match.transport for match in packets] == [6, 17]


BLOCK = "\toption fallback 'block'\n"


def test_a_host_that_bypasses_is_not_blocked_by_a_policy_below():
    """What blocks stands in the main table, which decides about a bypass that has no table of its own."""
    for blocked in ("192.0.2.1", "192.0.2.0/24", "0.0.0.0/0"):
        house = House(policy("not", "wg0", "192.0.2.1", BYPASS) + policy("work", "wg0", blocked, BLOCK))
        assert house.way("192.0.2.1") == "wan" and house.way("192.0.2.1", CLIENT) == "wan", blocked
        house.routing.down("wg0")
        house.touched()
        assert house.way("192.0.2.1") == "wan", blocked
        assert house.way("192.0.2.2") == ("wan" if blocked == "192.0.2.1" else "unreachable"), blocked


def test_a_bypass_below_a_policy_that_blocks_does_not_open_its_hosts():
    house = House(policy("work", "wg0", "192.0.2.1", BLOCK) + policy("not", "wg0", "192.0.2.0/24", BYPASS))
    assert house.way("192.0.2.1") == "wg0" and house.way("192.0.2.2") == "wan"
    house.routing.down("wg0")
    house.touched()
    assert house.way("192.0.2.1") == "unreachable" and house.way("192.0.2.2") == "wan"


def test_a_bypass_for_one_client_opens_no_blocked_host_to_the_others():
    """In the main table it is open, for what comes back to the router; the policy's own table blocks it."""
    texts = policy("not", "wg0", "192.0.2.1", BYPASS + only(CLIENT)) + policy("work", "wg0", "192.0.2.0/24", BLOCK)
    house = House(texts)
    assert house.way("192.0.2.1", CLIENT) == "wan" and house.way("192.0.2.1", OTHER) == "wg0"
    house.routing.down("wg0")
    house.touched()
    assert house.way("192.0.2.1", CLIENT) == "wan" and house.way("192.0.2.1", OTHER) == "unreachable"
    assert house.way("192.0.2.2", CLIENT) == "unreachable" and house.way("192.0.2.1") == "unreachable"


def test_a_bypass_for_one_client_means_nothing_to_a_policy_below_that_is_for_another_one():
    texts = policy("not", "wg0", "192.0.2.1", BYPASS + only(CLIENT))
    house = House(texts + policy("work", "wg0", "192.0.2.1", BLOCK + only(OTHER)))
    assert house.way("192.0.2.1", CLIENT) == "wan" and house.way("192.0.2.1", OTHER) == "wg0"
    house.routing.down("wg0")
    house.touched()
    assert house.way("192.0.2.1", CLIENT) == "wan" and house.way("192.0.2.1", OTHER) == "unreachable"


def test_what_comes_back_from_a_host_that_bypasses_passes_the_reverse_path_filter():
    """It is looked up as from the uplink's address, which a rule sends to the main table."""
    for client in ("", only(CLIENT)):
        texts = policy("not", "wg0", "192.0.2.1", BYPASS + client) + policy("work", "wg0", "192.0.2.0/24", BLOCK)
        house = House(texts)
        assert house.routing.main_way("192.0.2.1") == "wan" and house.routing.main_way("192.0.2.2") == "unreachable"


def test_a_wide_bypass_leaves_nothing_blocked_that_is_in_it():
    texts = policy("not", "wg0", "192.0.2.0/24", BYPASS + only(CLIENT))
    for more in ("", only(CLIENT)):
        house = House(texts + policy("work", "wg0", "192.0.2.1", BLOCK + more))
        assert house.way("192.0.2.1", CLIENT) == "wan" and house.way("192.0.2.1", OTHER) == ("wan" if more else "wg0")


def test_what_is_blocked_for_all_is_so_for_a_client_that_a_policy_below_leads_there_by_another_way():
    house = House(policy("work", "wg0", "192.0.2.1", BLOCK) + policy("mine", "wg1", "192.0.2.0/24", only(CLIENT)))
    house.routing.down("wg0")
    house.touched()
    assert house.way("192.0.2.1", CLIENT) == house.way("192.0.2.1", OTHER) == "unreachable"
    assert house.way("192.0.2.2", CLIENT) == "wg1" and house.way("192.0.2.2", OTHER) == "wan"


def test_what_is_blocked_for_all_is_so_for_a_client_that_bypasses_below():
    """It bypasses by a table of its own, because a policy below is for others too."""
    below = policy("not", "wg0", "192.0.2.1", BYPASS + only(CLIENT)) + policy("all", "wg1", "192.0.2.9", BYPASS)
    house = House(policy("work", "wg0", "192.0.2.1", BLOCK) + below)
    house.routing.down("wg0")
    house.touched()
    assert house.way("192.0.2.1", CLIENT) == house.way("192.0.2.1", OTHER) == "unreachable"


def test_a_policy_below_that_blocks_a_longer_prefix_blocks_nothing_that_the_first_one_leads():
    for who in ("", only(CLIENT)):
        texts = policy("work", "wg0", "192.0.2.0/24", who) + policy("late", "wg1", "192.0.2.1", BLOCK + who)
        for above in ("", policy("not", "wg0", "198.51.100.7", BYPASS + only(OTHER))):
            house = House(above + texts)
            assert house.way("192.0.2.1", CLIENT) == house.way("192.0.2.2", CLIENT) == "wg0"


def test_a_bypass_leads_to_the_default_route_that_the_main_table_prefers():
    texts = policy("not", "wg0", "192.0.2.1", BYPASS + only(CLIENT)) + policy("work", "wg0", "192.0.2.0/24")
    house = House("")
    house.routing.link("wan2", "198.18.0.2/24", direct=False)
    house.routing.default("wan2", "198.18.0.1", 20)
    house.configure(texts)
    assert house.way("192.0.2.1", CLIENT) == "wan"
