"""The commands that end by themselves: run --once, plan, check, version; and that no output ever holds a secret."""

from lab.agent import LAUNCHER, Agent, network_of, options, peer, policy
from lab.enter import TOP
from lab.watch import ipset_elements, nft_elements
from lab.wireguard import Key, random_public_key
from lab.world import HOME_PORT, STAGING4, STAGING6, STAGING_NAME, VPN_SETS, World

ENDPOINT = f"198.51.100.10:{HOME_PORT}"
IPSET = policy("old", [STAGING_NAME], target="ipset", set4="lab_old", family="ipv4")


def held(world):
    return nft_elements(world.beach, "inet", "vpn", "staging4") | nft_elements(world.beach, "inet", "vpn", "staging6")


def test_once_brings_everything_up_to_date(interpreter):
    with World(dial=False) as world:
        world.beach.nft(VPN_SETS)
        agent = Agent(world, options(), policy("staging", [STAGING_NAME]), interpreter=interpreter)
        done = agent.once()
        assert (done.returncode, done.stderr) == (0, ""), done
        assert world.home_endpoint() == ENDPOINT
        assert held(world) == {*STAGING4, *STAGING6}
        assert "wg0 home" in done.stdout and "\nstaging " in done.stdout
        assert (agent.state / "last-good.json").exists()
        again = agent.once()
        assert (again.returncode, again.stderr) == (0, ""), again


def test_once_says_what_it_could_not_do(interpreter):
    with World(dial=False) as world:
        world.beach.nft(VPN_SETS)
        agent = Agent(
            world,
            options(),
            policy("staging", [STAGING_NAME]),
            policy("lost", [STAGING_NAME], set4="inet vpn lost", family="ipv4", set6="inet vpn lost6"),
            policy("dark", ["dark.example.test"], target="nftset", set4="inet vpn staging4"),
            interpreter=interpreter,
        )
        world.authority.behave("servfail", "dark.example.test")
        done = agent.once()
        assert done.returncode == 1, done
        assert (
            "policy 'lost'" in done.stderr and "dark.example.test" in done.stderr or "policy 'dark'" in done.stderr
        ), done.stderr
        assert "policy 'staging'" not in done.stderr and "wg0" not in done.stderr
        assert len(done.stderr.splitlines()) == 2, done.stderr
        assert world.home_endpoint() == ENDPOINT and held(world) == {*STAGING4, *STAGING6}


def test_usage_and_missing_configuration_are_exit_2(world, interpreter):
    agent = Agent(world, options(), interpreter=interpreter)
    for words in (["run", "--twice"], ["plan", "--once"], ["dance"], ["run", "--log-level", "loud"]):
        done = agent.call(*words)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, (words, done)
    (agent.config / "nametrack").unlink()
    for words in (["run", "--once"], ["run"], ["plan"], ["check"]):
        done = agent.call(*words)
        assert done.returncode == 2 and "nametrack: no such file" in done.stderr, (words, done)


def test_plan_changes_nothing_and_tells_what_nft_can_run(interpreter):
    with World(dial=False) as world:
        world.beach.nft(VPN_SETS)
        world.beach.nft("add element inet vpn staging4 { 203.0.113.99 }")
        world.beach.run(["ipset", "create", "lab_old", "hash:ip"])
        try:
            agent = Agent(world, options(), policy("staging", [STAGING_NAME]), IPSET, interpreter=interpreter)
            done = agent.plan()
            assert (done.returncode, done.stderr) == (0, ""), done
            assert world.home_endpoint() is None and held(world) == {"203.0.113.99"}
            assert ipset_elements(world.beach, "lab_old") == set()
            assert not (agent.state / "last-good.json").exists()
            lines = done.stdout.splitlines()
            assert f"set_endpoint wg0 {world.home_key.public} {ENDPOINT}" in lines
            world.beach.nft("\n".join(line for line in lines if " element inet vpn " in line))
            assert held(world) == {*STAGING4, *STAGING6, "203.0.113.99"}
            restore = "".join(line + "\n" for line in lines if line.startswith("add lab_old "))
            world.beach.run(["ipset", "restore"], input=restore)
            assert ipset_elements(world.beach, "lab_old") == set(STAGING4)
            assert world.wg0.peers().keys() == {world.home_key.public}
            agent.once()
            assert agent.plan().stdout == "# nothing to change\n"
            agent.configure(options(), policy("lost", [STAGING_NAME], target="nftset", set4="inet vpn lost"))
            done = agent.plan()
            assert done.returncode == 1 and "policy 'lost'" in done.stderr, done
        finally:
            world.beach.run(["ipset", "destroy", "lab_old"])


def test_check_finds_nothing_in_a_clean_setup(world, interpreter):
    world.beach.nft(VPN_SETS)
    done = Agent(world, options(), policy("staging", [STAGING_NAME]), interpreter=interpreter).check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing found\n", ""), done
    assert held(world) == set(), "it changed something"


def test_check_finds_what_is_wrong(world, interpreter):
    world.beach.nft(VPN_SETS + "add set inet vpn wrong { type inet_service; }")
    twin = {"description": "twin", "public_key": random_public_key(), "allowed_ips": ["10.9.0.0/24"]}
    twin.update(endpoint_host="nobody.dyn.test", persistent_keepalive=0)
    world.wg0.set_peer(twin["public_key"], allowed_ips=["10.9.0.7/32"])
    agent = Agent(
        world,
        options(retian=5),
        policy("staging", [STAGING_NAME]),
        policy("lost", [STAGING_NAME], set4="inet vpn lost", set6="inet vpn staging6"),
        policy("wrong", [STAGING_NAME], target="nftset", set4="inet vpn wrong"),
        policy("narrow", ["192.0.2.0/24"], target="nftset", set4="inet vpn staging4"),
        network=network_of(world, ("wireguard_wg0", "twin", twin)),
        interpreter=interpreter,
    )
    done = agent.check()
    assert done.returncode == 1, done
    lines = done.stdout.splitlines()

    def found(code, *words):
        return [line for line in lines if f"[{code}]" in line and all(word in line for word in words)]

    assert found("allowed_ips_overlap", "'home'", "'twin'"), done.stdout
    assert found("no_keepalive", "twin") and not found("no_keepalive", "peer home")
    assert found("name_unresolved", "nobody.dyn.test") and not found("name_unresolved", STAGING_NAME)
    assert found("no_target", "inet vpn lost")
    assert found("set_flags", "inet vpn wrong") and found("set_flags", "192.0.2.0/24")
    assert found("configuration", "retian")
    assert held(world) == set(), "it changed something"


def test_version_names_itself_and_its_interpreter(world, interpreter):
    agent = Agent(world, options(), interpreter=interpreter)
    done = world.beach.run([LAUNCHER, "version"], env=agent.environment())
    version = (TOP / "VERSION").read_text().strip()
    name = "micropython" if interpreter == "micropython" else "python"
    assert done.returncode == 0 and done.stdout.startswith(f"nametrack {version} ({name} "), done


def test_keys_are_never_shown(world, interpreter):
    """At log level debug, in every command, in the file it keeps, and where their own lines are wrong."""
    world.beach.nft(VPN_SETS)
    preshared, other, broken = Key().private, Key().private, Key().private
    interface = ("interface", "wg1", {"proto": "wireguard", "private_key": other, "privat_key": broken})
    text = f"\nconfig wireguard_wg0\n\toption preshared_key '{broken}' {broken}\n\toption private_key '{broken}\n"
    agent = Agent(
        world,
        options(),
        peer("home", interface="wg0", public_key=world.home_key.public, private_key=other),
        policy("staging", [STAGING_NAME]),
        interpreter=interpreter,
    )
    agent.write("network", network_of(world, interface, preshared_key=preshared))
    with (agent.config / "network").open("a") as file:
        file.write(text)
    shown = ""
    for command in (["run", "--once"], ["plan"], ["check"]):
        done = agent.call(*command, "--log-level", "debug")
        shown += done.stdout + done.stderr
    agent.start("--log-level", "debug")
    agent.wait_for_line("> set_endpoint") if world.home_endpoint() is None else agent.wait_for_line("> read_peers")
    agent.wait_for_line("< PeersRead")
    agent.stop()
    shown += agent.tail(10000) + (agent.state / "last-good.json").read_text()
    assert "read_peers" in shown and world.home_address in shown
    for secret in (world.beach_key.private, preshared, other, broken):
        assert secret not in shown and secret[:20] not in shown
