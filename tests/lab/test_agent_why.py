"""`nametrack why`: the sentence names the cause, and agrees with where a real packet comes out."""

import json

from lab.agent import network_of, options
from lab.host import wait_for
from lab.steering import Steering
from lab.world import STAGING4, STAGING6, STAGING_NAME

THREE = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME]})
LAN = "10.1.0.2"
OTHER = "192.0.2.129"


def steered(world, interpreter, *sections):
    """A Steering whose configuration of the network says of the tunnel what the lab's kernel has."""
    steering = Steering(world, interpreter, options(), *sections)
    steering.agent.write("network", network_of(world, allowed_ips=["0.0.0.0/0", "::/0"]))
    return steering


def why(agent, host, *words):
    """The answer to `why`, and its exit status."""
    done = agent.call("why", host, "--json", *words)
    assert done.stdout, done.stderr + agent.tail()
    return json.loads(done.stdout), done.returncode


def answered(agent, host, *words, until=lambda answer: answer["addresses"]):
    def asked():
        answer, code = why(agent, host, *words)
        return (answer, code) if until(answer) else None

    return wait_for(asked, 20, lambda: f"an answer: {agent.call('why', host, *words)}")


def test_a_listed_host_goes_through_the_tunnel_and_an_other_one_does_not(world, interpreter):
    steering = steered(world, interpreter, THREE)
    with steering.agent as agent:
        steering.reach("home", *STAGING4, *STAGING6)
        answer, code = answered(agent, STAGING_NAME)
        assert code == 0 and answer["as_configured"], answer
        assert "goes through wg0 as configured" in answer["sentence"]
        assert {each["device"] for each in answer["addresses"]} == {"wg0"}
        answer, code = why(agent, STAGING_NAME, "--from", LAN)
        assert code == 0 and answer["ingress"] == "br-lan" and "through wg0" in answer["sentence"], answer
        answer, code = why(agent, OTHER)
        assert code == 0 and "no policy lists it" in answer["sentence"], answer
        assert answer["addresses"][0]["device"] == "wan"


def test_the_table_fits_a_terminal_and_ends_in_one_sentence(world, interpreter):
    steering = steered(world, interpreter, THREE)
    with steering.agent as agent:
        steering.reach("home", *STAGING4)
        lines = agent.call("why", STAGING4[0]).stdout.splitlines()
        assert lines[-1] == f"{STAGING4[0]} goes through wg0 as configured"
        assert all(len(line) <= 100 for line in lines), lines


def test_a_policy_for_other_clients_is_named(world, interpreter):
    only = ("policy", "work", {"interface": ["wg0"], "host": [STAGING_NAME], "client": ["10.1.0.77"]})
    steering = steered(world, interpreter, only)
    with steering.agent as agent:
        answer, code = answered(agent, STAGING_NAME, "--from", LAN)
        assert code == 0 and "not for the client 10.1.0.2" in " ".join(answer["addresses"][0]["steps"]), answer
        answer, _ = answered(agent, STAGING_NAME, "--from", "10.1.0.77", until=lambda a: "through wg0" in a["sentence"])
        assert answer["as_configured"], answer
