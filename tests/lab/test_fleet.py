"""The configuration that OpenWISP's template and the Ansible example give is one that `check` has nothing to say of."""

import json

import jinja2
import netjsonconfig
import pytest
import yaml

from lab.agent import Agent, network_of
from lab.enter import TOP
from lab.world import HOME_LAN, HOME_NAME, STAGING_NAME, VPN_SETS

FLEET = TOP / "fleet"


def variables(world):
    return {
        "home_public_key": world.home_key.public,
        "home_name": HOME_NAME,
        "home_address": HOME_LAN,
        "staging_set4": "inet vpn staging4",
        "staging_set6": "inet vpn staging6",
        "staging_name": STAGING_NAME,
    }


def openwisp(values):
    """The template as OpenWISP gives it to a device, whose variables these are: the text of /etc/config/nametrack."""
    template = json.loads((FLEET / "openwisp/nametrack.json").read_text())
    text = netjsonconfig.OpenWrt({}, templates=[template], context=values).render()
    first, _, rest = text.partition("\n")
    assert first == "package nametrack"
    return rest


def ansible(values):
    """The template of the playbook, rendered with Ansible's own settings of Jinja, variables in variables resolved."""
    given = {**yaml.safe_load((FLEET / "ansible/group_vars/openwrt.yml").read_text()), **values}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FLEET / "ansible/templates"),
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )

    def resolved(value):
        if isinstance(value, dict):
            return {key: resolved(each) for key, each in value.items()}
        if isinstance(value, list):
            return [resolved(each) for each in value]
        return environment.from_string(value).render(given) if isinstance(value, str) else value

    return environment.get_template("nametrack.j2").render({key: resolved(each) for key, each in given.items()})


@pytest.mark.parametrize("render", [openwisp, ansible])
def test_check_finds_nothing(world, render, interpreter):
    world.beach.nft(VPN_SETS)
    text = render(variables(world))
    # the network has no endpoint_host: the name is in the sole charge of nametrack
    network = network_of(world)
    del network[1][2]["endpoint_host"]
    agent = Agent(world, text, network=network, interpreter=interpreter)
    done = agent.check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing found\n", ""), text
    for word in ("'wg0'", world.home_key.public, HOME_NAME, STAGING_NAME, "option probe '1'"):
        assert word in text


def test_both_say_the_same(world):
    """Section by section; a default that one of them writes out makes no difference to the other."""

    def lines(text):
        return {line.strip() for line in text.splitlines() if line.startswith(("\t", "config "))}

    defaults = {"option enabled '1'", "list nameserver '127.0.0.1'"}
    assert lines(openwisp(variables(world))) - defaults == lines(ansible(variables(world)))


def test_yes_and_no_of_yaml_are_those_of_uci():
    """`enabled: false` would be the text False, which is none of UCI's, and the policy would stay enabled."""
    text = ansible({"nametrack_policies": {"work": {"enabled": False, "keep_local": True}}})
    assert "option enabled '0'" in text and "option keep_local '1'" in text


def test_no_value_of_ansible_can_leave_its_quotes():
    text = ansible({"staging_name": "a'\n\tlist host 'evil"})
    assert "'a'\\''\n" in text
