"""What `status` says of hosts in local networks: their way stays, so nothing of theirs is installed."""

from steering_house import House

from nametrack.core.telling.status import status

WORK = """
config policy 'work'
	list interface 'wg0'
	list host 'nas.test'
	list host 'both.test'
	list host 'work.test'
	list host '192.168.1.7'
	list host '198.51.100.0/24'
"""
HOSTS = {
    "nas.test": (["192.168.1.9"], ["fd00:1::9"]),
    "both.test": (["192.168.1.9", "192.0.2.9"], []),
    "work.test": (["192.0.2.1"], []),
}


def told(config):
    house = House(config, hosts=HOSTS)
    house.wait(5)
    shown = status(house.agent, house.now, 1795400000)["policies"][0]
    return {host["host"]: (host["state"], host["code"], host["reason"]) for host in shown["hosts"]}


def test_a_host_is_local_if_all_of_its_addresses_are():
    hosts = told(WORK)
    assert hosts["nas.test"][:2] == ("current", "local") and "in the local network" in hosts["nas.test"][2]
    assert hosts["192.168.1.7"][:2] == ("literal", "local") and "192.168.1.0/24" in hosts["192.168.1.7"][2]
    assert hosts["both.test"][1] == hosts["work.test"][1] == "current" and hosts["198.51.100.0/24"][1] == "literal"


def test_no_host_is_local_if_the_policy_takes_local_networks_too():
    hosts = told(WORK + "\toption keep_local '0'\n")
    assert hosts["nas.test"][1] == "current" and hosts["192.168.1.7"][1] == "literal"
