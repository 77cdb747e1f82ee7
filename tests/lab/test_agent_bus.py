"""The agent as a service: its object on the bus, the commands that ask it, and what others do to the bus."""

import json
import re
import time

import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from bus import DOUBLE, Bus, real_ubusd
from lab.agent import Agent, network_of, options, policy
from lab.enter import RUN, TOP
from lab.host import wait_for
from lab.netifd import Interface, Netifd, UbusClient
from lab.routing import Firewall, Pbr, Router, VpnPolicyRouting
from lab.watch import Pinger
from lab.wireguard import random_public_key
from lab.world import DNS_ADDRESSES, HOME_LAN, HOME_NAME, HOME_PORT, STAGING4, STAGING6, STAGING_NAME, VPN_SETS

SCHEMA = json.loads((TOP / "tests/status.schema.json").read_text())
TTL = 5
# What passes while two answers are on their way: they may differ in that.
PASSING = ("now", "next_query", "rx_bytes", "tx_bytes", "reason", "last_handshake", "expires")


@pytest.fixture(params=["double", "ubusd"] if real_ubusd() else ["double"])
def bus(request):
    with Bus(RUN, DOUBLE if request.param == "double" else [real_ubusd()]) as running:
        yield running


def followed(world, bus, interpreter, *sections, **values):
    world.beach.nft(VPN_SETS)
    sections = sections or (options(**values), policy("staging", [STAGING_NAME]))
    return Agent(world, *sections, interpreter=interpreter, bus=bus.path)


def on_the_bus(bus):
    """A client of the bus once the agent's object is there."""

    def connected():
        client = UbusClient(bus.path, 10)
        client.connect()
        return client if client.list("nametrack*") else None

    def found():
        try:
            return connected()
        except Exception:
            return None

    return wait_for(found, 20, "the agent on the bus")


def settled(client):
    """The agent's status once everything is current."""

    def current():
        status = client.call("nametrack", "status")
        states = [each["state"] for each in status["peers"] + status["policies"]]
        return status if states and set(states) <= {"current", "roamed"} else None

    return wait_for(current, 20, "everything to be current")


def same_answers(agent, client):
    """The answer of the bus and what the command shows, once nothing changed between the two."""

    def asked():
        before = client.call("nametrack", "status")
        done = agent.call("status", "--json")
        assert (done.returncode, done.stderr) == (0, ""), done
        after = client.call("nametrack", "status")
        if without_what_passes(before) != without_what_passes(after):
            return None
        shown = json.loads(done.stdout)
        assert without_what_passes(shown) == without_what_passes(after)
        return after, shown

    return wait_for(asked, 30, "two answers in a row that are the same")


def without_what_passes(value):
    if isinstance(value, dict):
        return {key: without_what_passes(value[key]) for key in value if key not in PASSING}
    return [without_what_passes(each) for each in value] if isinstance(value, list) else value


def test_status_is_as_promised_and_the_command_gives_the_same(world, bus, interpreter):
    """CONTRACT.md section 6, to the field."""
    wrong = policy(
        "lost", [STAGING_NAME, "192.0.2.0/24", "nobody.example.test"], set4="inet vpn lost", set6="inet vpn l6"
    )
    off = policy("off", [STAGING_NAME], enabled=0)
    peer = (
        "wireguard_wg0",
        "off",
        {"public_key": random_public_key(), "disabled": 1, "endpoint_host": "x.test"},
    )
    sections = (options(retian=1), policy("staging", [STAGING_NAME]), wrong, off)
    with followed(world, bus, interpreter, *sections) as agent:
        agent.write("network", network_of(world, peer))
        client = on_the_bus(bus)
        assert client.call("nametrack", "reload")["errors"], "the misspelt option"
        wait_for(lambda: client.call("nametrack", "status")["policies"][0]["state"] == "current", 20, "the policy")
        answer, shown = same_answers(agent, client)
        jsonschema.validate(answer, SCHEMA)
        jsonschema.validate(shown, SCHEMA)
        assert {each["state"] for each in answer["peers"]} == {"current", "disabled"}
        assert {each["state"] for each in answer["policies"]} == {"current", "no_target", "disabled"}
        assert {each["code"] for each in answer["findings"]} >= {"configuration", "no_target", "name_unresolved"}


def test_an_answer_fits_onto_the_bus_however_much_there_is_to_tell(world, bus, interpreter):
    """40 policies of 200 addresses each: all of it would take twice what ubus carries."""
    world.beach.nft(VPN_SETS)
    written = [[f"10.{i}.1.{j + 1}" for j in range(200)] for i in range(40)]
    sections = [policy(f"p{i}", addresses, set6="") for i, addresses in enumerate(written)]
    with Agent(world, options(), *sections, interpreter=interpreter, bus=bus.path) as agent:
        client = on_the_bus(bus)
        wait_for(lambda: client.call("nametrack", "status")["policies"][39]["installed4"] == 200, 40, agent.tail)
        answer = client.call("nametrack", "status")
        jsonschema.validate(answer, SCHEMA)
        assert [len(each["hosts"]) + each["more_hosts"] for each in answer["policies"]] == [200] * 40
        shown = {len(each["hosts"]) for each in answer["policies"]}
        assert min(shown) > 5 and max(shown) - min(shown) <= 1, shown
        done = agent.call("status", "--all")
        assert (done.returncode, done.stderr) == (0, ""), done
        assert done.stdout.count("too many for one answer") == 40
        assert agent.running() and not agent.lines("not answered"), agent.tail()


def test_the_table_fits_80_columns_and_says_how_things_stand(world, bus, interpreter):
    with followed(world, bus, interpreter) as agent:
        settled(on_the_bus(bus))
        done = agent.call("status")
        assert (done.returncode, done.stderr) == (0, ""), done
        assert max(len(line) for line in done.stdout.splitlines()) <= 80
        assert re.search(r"^wg0 home +current +in \d+s", done.stdout, re.M), done.stdout
        assert f"{HOME_NAME} -> 198.51.100.10:{HOME_PORT}" in done.stdout
        assert re.search(rf"^ +{STAGING_NAME} +current +in \d+s", done.stdout, re.M), done.stdout


def test_metrics_are_what_prometheus_reads(world, bus, interpreter):
    with followed(world, bus, interpreter) as agent:
        settled(on_the_bus(bus))
        done = agent.call("metrics")
        assert (done.returncode, done.stderr) == (0, ""), done
        found = {sample.name: sample.value for family in openmetrics(done.stdout) for sample in family.samples}
        assert found["nametrack_policy_installed_elements"] == 2
        assert 1 << 20 < found["nametrack_resident_memory_bytes"] <= agent.peak_memory()
        assert found["nametrack_loop_lag_seconds_count"] > 0
        older = agent.call("metrics", "--format", "prometheus")
        assert older.returncode == 0 and "# TYPE nametrack_dns_queries_total counter" in older.stdout
    done = agent.call("metrics")
    assert (done.returncode, done.stdout) == (1, "") and "not running" in done.stderr


def test_status_answers_at_once_while_a_lookup_waits_for_a_dead_nameserver(world, bus, interpreter):
    with followed(world, bus, interpreter, nameserver=["203.0.113.99"], fallback_nameserver=["203.0.113.98"]):
        client = on_the_bus(bus)
        began = time.monotonic()
        for _ in range(20):
            client.call("nametrack", "status")
        took = time.monotonic() - began
        answer = client.call("nametrack", "status")
        assert answer["policies"][0]["hosts"][0]["next_query"] is None, "a lookup is under way"
        assert took < 2, f"{took:.2f} s for twenty, where one lookup takes 8 s"


def test_refresh_asks_dns_now_and_says_how_many_names(world, bus, interpreter):
    with followed(world, bus, interpreter) as agent:
        client = on_the_bus(bus)
        settled(client)
        world.zone.set(STAGING_NAME, "A", ["192.0.2.130"], 3600)
        world.zone.set(STAGING_NAME, "AAAA", [], 3600)
        time.sleep(TTL + 1)  # the local cache's own time
        wait_for(lambda: world.resolve(STAGING_NAME, "A") == ["192.0.2.130"], 10, "the cache")
        asked = world.authority.count(STAGING_NAME, "A")
        done = agent.call("refresh")
        assert (done.returncode, done.stdout.split()[:2]) == (0, ["2", "names"]), done
        assert agent.call("refresh", STAGING_NAME).returncode == 0
        done = agent.call("refresh", "other.example.test")
        assert done.returncode == 1 and "is not followed" in done.stderr, done
        done = agent.call("refresh", "a b")
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done
        assert asked >= 1


def test_resolve_looks_a_name_up_and_answers_when_dns_has(world, bus, interpreter):
    with followed(world, bus, interpreter):
        client = on_the_bus(bus)
        answer = client.call("nametrack", "resolve", {"name": STAGING_NAME})
        assert sorted(answer["addresses"]) == sorted([*STAGING4, *STAGING6])
        assert 0 < answer["ttl"] <= TTL and answer["reason"] == "answered"
        answer = client.call("nametrack", "resolve", {"name": "nobody.example.test"})
        assert (answer["addresses"], answer["ttl"]) == ([], None) and "does not exist" in answer["reason"]
        choices = client.call("nametrack", "choices")
        assert choices["interfaces"] == [{"name": "wg0", "target": None, "set4": None, "set6": None}]
        assert [peer["endpoint_host"] for peer in choices["peers"]] == [HOME_NAME]
        assert world.beach_key.private not in str(choices)


def test_what_auto_would_choose_is_known_without_a_policy_and_without_a_process(world, bus, interpreter):
    """There is no tool on its PATH that it could start."""
    agent = Agent(world, options(), interpreter=interpreter, bus=bus.path)
    router = Router(world, agent)
    name = agent.interpreter.rpartition("/")[2]  # which tells the launcher what it is
    script = f'#!/bin/sh\nPATH=/nowhere exec {agent.interpreter} "$@"\n'
    agent.interpreter = str(router.write(f"without-tools/{name}", script, 0o755))
    firewall = Firewall(router)
    with agent:
        client = on_the_bus(bus)

        def chosen():
            (found,) = client.call("nametrack", "choices")["interfaces"]
            assert found["name"] == "wg0"
            return found["target"], found["set4"], found["set6"]

        assert chosen() == (None, None, None)
        VpnPolicyRouting(router, ipv6=False).make()
        assert chosen() == ("vpn-policy-routing", "wg0", None)
        firewall.start()
        pbr = Pbr(firewall, "1.2.4")
        pbr.start()
        assert chosen() == ("pbr", "inet fw4 pbr_wg0_4_dst_ip_user", "inet fw4 pbr_wg0_6_dst_ip_user")
        pbr.stop()
        assert chosen() == ("vpn-policy-routing", "wg0", None)


def test_events_tell_what_changed_and_follow_goes_on(world, bus, interpreter):
    with followed(world, bus, interpreter) as agent:
        client = on_the_bus(bus)
        settled(client)
        told = []
        listener = UbusClient(bus.path, 10)
        listener.connect()
        listener.subscribe("nametrack", lambda method, data: told.append((method, data)))
        following = world.beach.start(agent.command("events", "--follow"), env=agent.environment())
        wait_for(lambda: "1 added" in following.log.read_text() or "added:" in following.log.read_text(), 10, "events")
        world.move_home("198.51.100.11")
        world.announce_home()
        wait_for(lambda: "endpoint 198.51.100.11" in following.log.read_text(), TTL + 15, agent.tail)
        wait_for(lambda: listener.loop(0.05) or any(method == "endpoint" for method, _ in told), 5, "the notification")
        values = next(data for method, data in told if method == "endpoint")
        assert values["interface"] == "wg0" and values["public_key"] == world.home_key.public
        assert values["new"] == f"198.51.100.11:{HOME_PORT}" and values["old"] == f"198.51.100.10:{HOME_PORT}"
        assert values["reason"] == f"followed: {HOME_NAME} moved"
        events = client.call("nametrack", "events")["events"]
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert events[-1]["kind"] == "endpoint" and abs(events[-1]["time"] - time.time()) < 60
        assert client.call("nametrack", "events", {"since": events[-1]["id"]})["events"] == []
        done = agent.call("events")
        assert done.returncode == 0 and len(done.stdout.splitlines()) == len(events), done


def test_a_reload_keeps_what_is_known_and_takes_what_is_new(world, bus, interpreter):
    world.ttl = 3600
    with followed(world, bus, interpreter) as agent:
        client = on_the_bus(bus)
        settled(client)
        asked = world.authority.count(STAGING_NAME, "A") + world.authority.count(HOME_NAME, "A")
        agent.configure(options(), policy("staging", [STAGING_NAME, "192.0.2.99"]))
        assert client.call("nametrack", "reload") == {"errors": [], "more_errors": 0}
        wanted = lambda: client.call("nametrack", "status")["policies"][0]["installed4"] == 3  # noqa: E731
        wait_for(wanted, 10, agent.tail)
        agent.configure("config nametrack 'global\n")
        assert client.call("nametrack", "reload")["errors"]
        (agent.config / "nametrack").unlink()
        errors = client.call("nametrack", "reload")["errors"]
        assert errors == [f"{agent.config}/nametrack: no such file"]
        assert asked == world.authority.count(STAGING_NAME, "A") + world.authority.count(HOME_NAME, "A")


def test_wrong_arguments_are_refused(world, bus, interpreter):
    with followed(world, bus, interpreter):
        client = on_the_bus(bus)
        for method, arguments, code in (
            ("refresh", {"name": 5}, 2),
            ("events", {"since": "1"}, 2),
            ("events", {"since": True}, 2),
            ("interface", {"action": "ifup"}, 2),
            ("interface", {"action": "ifup", "interface": ["wan"]}, 2),
            ("nosuch", {}, 3),
        ):
            with pytest.raises(Exception) as caught:
                client.call("nametrack", method, arguments)
            assert caught.value.code == code, (method, arguments)
        assert client.call("nametrack", "refresh", {"ubus_rpc_session": "0" * 32})["asked"] == 2


def test_a_second_agent_says_so_and_ends_without_having_done_anything(world, bus, interpreter):
    with followed(world, bus, interpreter) as agent:
        on_the_bus(bus)
        second = Agent(world, options(), policy("other", ["192.0.2.99"]), interpreter=interpreter, bus=bus.path)
        done = second.call("run")
        assert done.returncode == 1 and "another agent is on the bus already" in done.stderr, done
        assert len(done.stderr.splitlines()) == 1, done
        assert agent.running()


def test_without_an_agent_the_commands_say_how_to_start_it(world, bus, interpreter):
    agent = Agent(world, options(), interpreter=interpreter, bus=bus.path)
    for words in (["status"], ["status", "--json"], ["refresh"], ["events"]):
        done = agent.call(*words)
        assert done.returncode == 1 and done.stdout == "", done
        assert done.stderr == "nametrack: the agent is not running; to start it: /etc/init.d/nametrack start\n", done
    agent.bus = f"{bus.path}.gone"
    done = agent.call("status")
    assert done.returncode == 1 and "no ubusd" in done.stderr and len(done.stderr.splitlines()) == 1, done


def test_check_asks_the_agent_that_runs_with_these_files(world, bus, interpreter):
    with followed(world, bus, interpreter) as agent:
        settled(on_the_bus(bus))
        asked = world.authority.count(STAGING_NAME, "A")
        done = agent.check()
        assert (done.returncode, done.stdout, done.stderr) == (0, "nothing found\n", ""), done
        assert world.authority.count(STAGING_NAME, "A") <= asked + 1, "it made a pass of its own"
        agent.configure(options(retian=5), policy("staging", [STAGING_NAME]))
        done = agent.check()
        assert done.returncode == 1 and "did you mean 'retain'" in done.stdout, done
        assert "[not_loaded]" in done.stdout, done


def test_the_main_job_goes_on_without_ubusd_and_the_object_comes_back(world, bus, interpreter):
    with followed(world, bus, interpreter) as agent, Pinger(world.beach, HOME_LAN) as pinger:
        settled(on_the_bus(bus))
        bus.stop()
        agent.wait_for_line("the work goes on without it")
        moved = time.monotonic()
        world.move_home("198.51.100.11")
        world.announce_home()
        pinger.wait_for_reply(after=moved + 0.2, seconds=TTL + 20)
        bus.start()
        assert on_the_bus(bus).call("nametrack", "status")["peers"][0]["endpoint"] == f"198.51.100.11:{HOME_PORT}"
        agent.wait_for_line("bus: connected again")


def test_a_change_that_nobody_could_tell_of_is_read_when_the_object_is_back(world, bus, interpreter):
    """Without the object a reload reaches nobody; files that are as they were are no reason for one."""
    with followed(world, bus, interpreter) as agent:
        settled(on_the_bus(bus))
        for gone in (1, 2):
            bus.stop()
            wait_for(lambda gone=gone: len(agent.lines("the work goes on without it")) == gone, 20, agent.tail)
            agent.configure(options(), policy("staging", [STAGING_NAME, "192.0.2.99"]))
            bus.start()
            client = on_the_bus(bus)
            wanted = lambda: client.call("nametrack", "status")["policies"][0]["installed4"] == 3  # noqa: B023,E731
            wait_for(wanted, 10, agent.tail)
        assert len(agent.lines("configuration read again")) == 1, agent.tail()


def test_a_storm_of_interface_events_is_one_or_two_rounds_and_the_last_state_wins(world, bus, interpreter):
    dead = options(nameserver=["203.0.113.99"], fallback_nameserver=["wan"])
    wan = Interface("wan", "wan", routers={4: "203.0.113.1"}, nameservers=[])
    with Netifd(world.beach, bus.path, wan) as netifd:
        with followed(world, bus, interpreter, dead, policy("staging", [STAGING_NAME])) as agent:
            client = on_the_bus(bus)
            agent.wait_for_line("lookup failed", 20)
            dumps = netifd.dumps
            wan.nameservers = [DNS_ADDRESSES[0][0]]
            began = time.monotonic()
            for i in range(100):
                action = "ifdown" if i % 2 else "ifup"
                client.call("nametrack", "interface", {"action": action, "interface": "wan", "device": "wan"})
            took = time.monotonic() - began
            settled(client)
            assert netifd.dumps - dumps <= 3 + took, "netifd is asked once for many events"
            assert world.authority.count(STAGING_NAME, "A") <= 3
