"""What the agent answers to calls and commands, over a bus and over its own socket."""

import json
import re
import time

import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from lab import doors
from lab.agent import Agent, network_of, options, policy
from lab.doors import followed, settled
from lab.enter import TOP
from lab.host import wait_for
from lab.wireguard import random_public_key
from lab.world import HOME_NAME, HOME_PORT, STAGING4, STAGING6, STAGING_NAME, VPN_SETS

SCHEMA = json.loads((TOP / "tests/status.schema.json").read_text())
TTL = 5
# What passes while two answers are on their way: they may differ in that.
PASSING = ("now", "next_query", "rx_bytes", "tx_bytes", "reason", "last_handshake", "expires")


@pytest.fixture(params=doors.DOORS)
def door(request):
    with doors.door(request.param) as door:
        yield door


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


def test_status_is_as_promised_and_the_command_gives_the_same(world, door, interpreter):
    """docs/status.md, to the field."""
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
    with followed(world, door, interpreter, *sections) as agent:
        agent.write("network", network_of(world, peer))
        client = door.reach(agent)
        assert client.call("nametrack", "reload")["errors"], "the misspelt option"

        def told():  # each name is answered, or denied, in its own time
            answer = client.call("nametrack", "status")
            found = {each["state"] for part in ("peers", "policies") for each in answer[part]}
            codes = {each["code"] for each in answer["findings"]}
            return found == {"current", "no_target", "disabled"} and "name_unresolved" in codes

        wait_for(told, 20, lambda: f"all to be known: {client.call('nametrack', 'status')}")
        answer, shown = same_answers(agent, client)
        jsonschema.validate(answer, SCHEMA)
        jsonschema.validate(shown, SCHEMA)
        assert {each["state"] for each in answer["peers"]} == {"current", "disabled"}
        assert {each["state"] for each in answer["policies"]} == {"current", "no_target", "disabled"}
        assert {each["code"] for each in answer["findings"]} >= {"configuration", "no_target", "name_unresolved"}


def test_an_answer_fits_onto_the_bus_however_much_there_is_to_tell(world, door, interpreter):
    """40 policies of 200 addresses each: all of it would take twice what ubus carries."""
    world.beach.nft(VPN_SETS)
    written = [[f"10.{i}.1.{j + 1}" for j in range(200)] for i in range(40)]
    sections = [policy(f"p{i}", addresses, set6="") for i, addresses in enumerate(written)]
    with Agent(world, options(), *sections, interpreter=interpreter, bus=door.path) as agent:
        client = door.reach(agent)
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


def test_the_table_fits_80_columns_and_says_how_things_stand(world, door, interpreter):
    with followed(world, door, interpreter) as agent:
        settled(door.reach(agent))

        def resting():  # no lookup is under way
            done = agent.call("status")
            return done if len(re.findall(r"current +in \d", done.stdout)) == 2 else None

        done = wait_for(resting, 20, lambda: f"no lookup: {agent.call('status')}")
        assert (done.returncode, done.stderr) == (0, ""), done
        assert max(len(line) for line in done.stdout.splitlines()) <= 80
        assert re.search(r"^wg0 home +current +in \d+s", done.stdout, re.M), done.stdout
        assert f"{HOME_NAME} -> 198.51.100.10:{HOME_PORT}" in done.stdout
        assert re.search(rf"^ +{STAGING_NAME} +current +in \d+s", done.stdout, re.M), done.stdout


def test_metrics_are_what_prometheus_reads(world, door, interpreter):
    with followed(world, door, interpreter) as agent:
        settled(door.reach(agent))
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


def test_status_answers_at_once_while_a_lookup_waits_for_a_dead_nameserver(world, door, interpreter):
    with followed(world, door, interpreter, nameserver=["203.0.113.99"], fallback_nameserver=["203.0.113.98"]) as agent:
        client = door.reach(agent)
        began = time.monotonic()
        for _ in range(20):
            client.call("nametrack", "status")
        took = time.monotonic() - began
        answer = client.call("nametrack", "status")
        assert answer["policies"][0]["hosts"][0]["next_query"] is None, "a lookup is under way"
        assert took < 2, f"{took:.2f} s for twenty, where one lookup takes 8 s"


def test_refresh_asks_dns_now_and_says_how_many_names(world, door, interpreter):
    with followed(world, door, interpreter) as agent:
        client = door.reach(agent)
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


def test_resolve_looks_a_name_up_and_answers_when_dns_has(world, door, interpreter):
    with followed(world, door, interpreter) as agent:
        client = door.reach(agent)
        answer = client.call("nametrack", "resolve", {"name": STAGING_NAME})
        assert sorted(answer["addresses"]) == sorted([*STAGING4, *STAGING6])
        assert 0 < answer["ttl"] <= TTL and answer["reason"] == "answered"
        answer = client.call("nametrack", "resolve", {"name": "nobody.example.test"})
        assert (answer["addresses"], answer["ttl"]) == ([], None) and "does not exist" in answer["reason"]
        choices = client.call("nametrack", "choices")
        assert choices["interfaces"] == [{"name": "wg0", "target": "route", "set4": None, "set6": None}]
        assert [peer["endpoint_host"] for peer in choices["peers"]] == [HOME_NAME]
        assert world.beach_key.private not in str(choices)


def test_a_reload_keeps_what_is_known_and_takes_what_is_new(world, door, interpreter):
    for name, rtype, values in ((HOME_NAME, "A", [world.home_address]), (STAGING_NAME, "A", STAGING4)):
        world.zone.set(name, rtype, values, 3600)  # no question is due by itself
    with followed(world, door, interpreter) as agent:
        client = door.reach(agent)
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


def test_wrong_arguments_are_refused(world, door, interpreter):
    with followed(world, door, interpreter) as agent:
        client = door.reach(agent)
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


def test_a_second_agent_says_so_and_ends_without_having_done_anything(world, door, interpreter):
    with followed(world, door, interpreter) as agent:
        door.reach(agent)
        second = Agent(world, options(), policy("other", ["192.0.2.99"]), interpreter=interpreter, bus=door.path)
        second.run = agent.run
        done = second.call("run")
        assert done.returncode == 1 and door.taken in done.stderr, done
        assert len(done.stderr.splitlines()) == 1, done
        assert agent.running()


def test_without_an_agent_the_commands_say_how_to_start_it(world, door, interpreter):
    agent = Agent(world, options(), interpreter=interpreter, bus=door.path)
    for words in (["status"], ["status", "--json"], ["refresh"], ["events"]):
        done = agent.call(*words)
        assert done.returncode == 1 and done.stdout == "", done
        assert done.stderr == f"nametrack: the agent is not running; to start it: {door.start}\n", done
    agent.bus = "/nowhere/ubus.sock"
    done = agent.call("status")
    assert done.returncode == 1 and "no ubusd" in done.stderr and len(done.stderr.splitlines()) == 1, done


def test_check_asks_the_agent_that_runs_with_these_files(world, door, interpreter):
    with followed(world, door, interpreter) as agent:
        settled(door.reach(agent))
        asked = world.authority.count(STAGING_NAME, "A")
        done = agent.check()
        assert (done.returncode, done.stdout, done.stderr) == (0, "nothing found\n", ""), done
        assert world.authority.count(STAGING_NAME, "A") <= asked + 1, "it made a pass of its own"
        agent.configure(options(retian=5), policy("staging", [STAGING_NAME]))
        done = agent.check()
        assert done.returncode == 1 and "did you mean 'retain'" in done.stdout, done
        assert "[not_loaded]" in done.stdout, done


def test_events_go_on_over_a_restart_of_the_agent(world, door, interpreter):
    with followed(world, door, interpreter) as agent:
        settled(door.reach(agent))
        following = world.beach.start(agent.command("events", "--follow"), env=agent.environment())
        wait_for(lambda: "added" in following.log.read_text(), 10, "events")
        agent.stop()
        wait_for(lambda: "waiting for it" in following.log.read_text(), 10, "the command to notice")
        agent.start()
        settled(door.reach(agent))
        world.move_home("198.51.100.11")
        world.announce_home()
        wait_for(lambda: "endpoint 198.51.100.11" in following.log.read_text(), TTL + 20, agent.tail)
