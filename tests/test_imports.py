"""Imports do not nest deeply, and a command loads only what it needs.

MicroPython runs a module on the C stack of the import before it, where each takes more than 4 KiB, for its path alone:
of the 40 kB that there are on a 32-bit machine eight leave nothing. So whatever heads a long chain imports its leaves
first. How deep they nest is the same under CPython, which is asked here; tests/machines has the real stack.
"""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from nametrack.commands.command_line import COMMANDS

TOP = pathlib.Path(__file__).resolve().parent.parent
DEEPEST = 4  # modules at once on the way to a command, agent/start.py aside
DEEPEST_OF_TESTS = 5  # a test's own is one of them

TESTS = [path for name in ("core", "wire", "pyubus") for path in sorted((TOP / "tests" / name).glob("**/test_*.py"))]
NO_BUS, NO_FILES = ["--ubus", "/nowhere"], ["--config-dir", "/nowhere"]
ARGUMENTS = dict.fromkeys(("help", "version"), [])  # with which a command ends as soon as it is loaded
ARGUMENTS.update(dict.fromkeys(("status", "refresh", "events", "metrics", "pause", "resume"), NO_BUS))
ARGUMENTS.update(dict.fromkeys(("run", "plan", "check", "block"), NO_FILES), include=["pbr", *NO_FILES])

ARGUMENTS["why"] = ["192.0.2.1", *NO_BUS]
ARGUMENTS["import"] = ["pbr", *NO_FILES]
ARGUMENTS["flush"] = ["now"]  # which it does not take: it would change the kernel of this machine

# How the files of agent/ begin that a command may load, or may not.
PARSING = (
    "nametrack/__",
    "nametrack/commands/__init__",
    "nametrack/commands/command_line",
    "nametrack/compat.py",
    "nametrack/daemon/__init__",
    "nametrack/daemon/log",
)
WORDS = [
    "nametrack/core/__init__",
    "nametrack/core/wording",
    "nametrack/core/telling/__init__",
    "nametrack/core/telling/tables",
]
WORDS += [f"nametrack/core/config/{name}" for name in ("__init__", "option_values", "punycode")]
ASKING = (
    "nametrack/commands/ask_agent",
    "nametrack/ip",
    *WORDS,
    "nametrack/wire/__init__",
    "nametrack/wire/json",
    "pyubus/",
)
ONLY = dict.fromkeys(("help", "version"), (*PARSING, "nametrack/commands/help_texts"))
ONLY.update(dict.fromkeys(("status", "why", "refresh", "events", "metrics", "pause", "resume"), (*PARSING, *ASKING)))
NEVER = {
    "run": (
        *(f"nametrack/commands/{name}" for name in ("one_pass", "ask_agent", "include", "help_texts")),
        *(f"nametrack/core/telling/{name}" for name in ("tables", "metrics")),
        "pyubus/client",
    ),
    "include": (
        "nametrack/daemon/program",
        "nametrack/daemon/loop",
        "nametrack/core/agent",
        "nametrack/core/telling/metrics",
        "pyubus/",
    ),
}


# What a run loads because of what is configured, and not else: /etc/config/network, and policies of nametrack's.
PEER = """
config interface 'wg0'
	option proto 'wireguard'

config wireguard_wg0 'home'
	option public_key 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA='
	option endpoint_host 'home.example.test'
"""
GLOBAL = """
config nametrack 'global'
	list nameserver '127.0.0.1#9'
	list fallback_nameserver 'none'
	option authoritative '0'
"""
SETS_POLICY = """
config policy 'work'
	list host '192.0.2.1'
	option target 'nftset'
	option set4 'inet nowhere nothing'
"""
OF_POLICIES = [
    f"nametrack/core/policies/{name}.py" for name in ("policy", "policy_host", "policies", "filling", "patterns")
]
OF_POLICIES += [f"nametrack/core/config/{name}.py" for name in ("policy_sections", "policy_options", "policy_values")]
OF_POLICIES += ["nametrack/core/sets/sets.py", "nametrack/core/sets/lives.py"]
OF_POLICIES += ["nametrack/adapters/services.py", "nametrack/wire/services.py"]
OF_SETS = [f"nametrack/core/sets/{name}.py" for name in ("kernel_set", "work", "contents", "reading", "wanted")]
OF_SETS += [f"nametrack/adapters/{name}.py" for name in ("sets", "set_listing", "set_changes", "netfilter", "nftables")]
OF_SETS += [f"nametrack/wire/{name}.py" for name in ("nft", "nftset", "nftchange", "ipset", "ipsetlink", "nfnetlink")]
OF_OTHERS = [
    f"nametrack/adapters/{name}.py"
    for name in ("tap", "exchanges", "echo", "flows", "inbound", "ways", "hold", "lists")
]
OF_OTHERS += [f"nametrack/wire/{name}.py" for name in ("bpf", "packets", "passing", "inbound", "echo", "conntrack")]
OF_OTHERS += ["nametrack/core/config/punycode.py", "nametrack/core/action_texts.py"]
OF_OTHERS += ["nametrack/wire/host_list.py", "nametrack/wire/wg_quick.py", "nametrack/daemon/any_linux.py"]
OF_OTHERS += ["nametrack/adapters/userspace_wireguard.py", "nametrack/wire/uapi.py"]
OF_ROUTES = [f"nametrack/core/routes/{name}.py" for name in ("routes", "installation", "ways", "plan", "way")]
OF_ROUTES += [f"nametrack/adapters/{name}.py" for name in ("routes", "routes_dump", "routes_notices", "reverse_path")]
OF_ROUTES += [f"nametrack/wire/{name}.py" for name in ("routes", "rules", "nexthops", "links")]
CONFIGURED = {"a peer": (PEER, ""), "a policy that fills sets": ("\n", SETS_POLICY)}
NEEDLESS = {
    "a peer": OF_POLICIES + OF_SETS + OF_ROUTES + OF_OTHERS,
    "a policy that fills sets": OF_ROUTES + OF_OTHERS,
}
MOST = {"a peer": 129, "a policy that fills sets": 162}  # modules; `plan` ends with the findings and their advice


def nesting(programs):
    """`(longest chain, all)` of each program: files, as tests/nesting.py says."""
    folders = [TOP / name for name in ("tests/micropython", "agent", "tests", "tests/core", "tests/pyubus")]
    environ = dict(os.environ, PYTHONPATH=":".join(map(str, folders)))
    command = [sys.executable, TOP / "tests/nesting.py"]
    text = subprocess.run(command, input=json.dumps(programs), env=environ, text=True, check=True, stdout=-1).stdout
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def commands():
    return dict(zip(ARGUMENTS, nesting([[f"{TOP}/agent/start.py", name, *ARGUMENTS[name]] for name in ARGUMENTS])))


@pytest.fixture(scope="module")
def configured(tmp_path_factory):
    programs = []
    for network, policies in CONFIGURED.values():
        folder = tmp_path_factory.mktemp("configured")
        (folder / "network").write_text(network)
        (folder / "nametrack").write_text(GLOBAL + policies)
        folders = ["--config-dir", f"{folder}", "--state-dir", f"{folder}", "--run-dir", f"{folder}"]
        programs.append([f"{TOP}/agent/start.py", "plan", *folders, "--ubus", "none"])
    return dict(zip(CONFIGURED, nesting(programs)))


@pytest.fixture(scope="module")
def tests():
    return dict(zip(TESTS, nesting([[str(path)] for path in TESTS])))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_imports_of_a_command_do_not_nest_deeply(commands, name):
    longest, _ = commands[name]
    assert 2 <= len(longest) <= DEEPEST, " > ".join(longest)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_imports_of_a_test_for_both_interpreters_do_not_nest_deeply(tests, path):
    longest, _ = tests[path]
    assert 2 <= len(longest) <= DEEPEST_OF_TESTS, " > ".join(longest)


@pytest.mark.parametrize("name", sorted(ONLY))
def test_a_command_that_needs_little_loads_little(commands, name):
    _, loaded = commands[name]
    assert not [path for path in loaded if not path.startswith(ONLY[name], len("agent/"))]


@pytest.mark.parametrize("name", sorted(NEVER))
def test_a_command_does_not_load_what_others_need(commands, name):
    _, loaded = commands[name]
    assert not [path for path in loaded if path.startswith(NEVER[name], len("agent/"))]


@pytest.mark.parametrize("name", sorted(CONFIGURED))
def test_a_run_loads_what_its_configuration_needs(configured, name):
    longest, loaded = configured[name]
    loaded = [path[len("agent/") :] for path in loaded]
    assert len(longest) <= DEEPEST
    assert "nametrack/core/agent.py" in loaded
    assert not sorted(set(loaded) & set(NEEDLESS[name]))
    assert len(loaded) <= MOST[name]


def test_what_no_peer_needs_is_loaded_for_a_policy(configured):
    """The lists above are not of modules that have other names by now."""
    loaded = configured["a policy that fills sets"][1]
    assert not [path for path in OF_POLICIES + OF_SETS if f"agent/{path}" not in loaded]
    assert not [path for path in OF_OTHERS if not (TOP / "agent" / path).exists()]
