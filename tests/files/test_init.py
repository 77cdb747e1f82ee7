"""etc/init.d/nametrack: what procd is told, and when."""

import json
import re

import pytest

from nametrack.core.config import options, policy_options
from scratch import FILES, Router

START = """\
procd_open_instance
procd_set_param command /usr/sbin/nametrack run
procd_set_param respawn 3600 5 0
procd_set_param stdout 1
procd_set_param stderr 1
procd_set_param file /usr/lib/nametrack/nametrack/__init__.py
"""
RIGHTS = """\
procd_add_jail nametrack
procd_set_param capabilities /usr/share/nametrack/capabilities.json
procd_set_param no_new_privs 1
"""


@pytest.fixture
def router(tmp_path):
    router = Router(tmp_path)
    router.install("/etc/init.d/nametrack")
    router.write("/sbin/ujail", "bounding effective inheritable permitted ambient")
    router.write("/usr/lib/nametrack/nametrack/__init__.py")
    return router


def called(router, function, **environ):
    """What `function` of the init script called."""
    assert router.run("/etc/init.d/nametrack " + function, **environ) == ""
    return "".join(line + "\n" for line in router.calls())


def test_procd_starts_the_agent_and_never_gives_it_up(router):
    assert called(router, "start_service") == START + RIGHTS + "procd_close_instance\n"


@pytest.mark.parametrize("ending", ["py", "mpy"])
def test_the_file_that_restarts_it_after_an_upgrade_is_the_one_that_holds_the_version(router, ending):
    router.path("/usr/lib/nametrack/nametrack/__init__.py").rename(
        router.path(f"/usr/lib/nametrack/nametrack/__init__.{ending}")
    )
    (path,) = re.findall(r"procd_set_param file (\S+)", called(router, "start_service"))
    assert path == f"/usr/lib/nametrack/nametrack/__init__.{ending}"
    assert 'VERSION = "' in (FILES.parent / "agent/nametrack/__init__.py").read_text()


def test_without_ujail_it_starts_all_the_same(router):
    router.path("/sbin/ujail").unlink()
    assert called(router, "start_service") == START + "procd_close_instance\n"


def test_a_ujail_that_cannot_read_the_capabilities_is_not_used(router):
    router.write("/sbin/ujail", "cap.keep cap.drop")  # 19.07
    assert called(router, "start_service") == START + "procd_close_instance\n"


def test_disabled_there_is_no_process(router):
    assert called(router, "start_service", option_enabled="0") == ""


def test_disabled_its_rules_and_routes_go_once_it_has_ended(router):
    router.write("/usr/sbin/nametrack", '#!/bin/sh\necho "nametrack $*" >>"$CALLS"\n', mode=0o755)
    router.write("/tmp/running")
    router.stand_in("sleep", "rm /tmp/running")
    assert called(router, "service_started") == ""
    running = "procd_running nametrack\n"
    expected = running + "sleep 1\n" + running + "nametrack flush\n"
    assert called(router, "service_started", option_enabled="0") == expected


def test_an_agent_that_does_not_end_holds_nothing_up(router):
    router.write("/usr/sbin/nametrack", '#!/bin/sh\necho "nametrack $*" >>"$CALLS"\n', mode=0o755)
    router.write("/tmp/running")
    router.stand_in("sleep")
    assert called(router, "service_started", option_enabled="0").count("sleep") == 10


def test_reload_lets_procd_compare_and_then_tells_the_agent(router):
    router.stand_in("ubus")
    assert called(router, "reload_service") == "start\nubus -t 5 call nametrack reload\n"


def test_reload_of_an_agent_that_does_not_answer_is_no_error(router):
    router.stand_in("ubus", "echo 'Command failed: Not found' >&2; exit 4")
    assert called(router, "reload_service").startswith("start\n")


def test_a_commit_of_what_it_reads_reloads_it(router):
    assert called(router, "service_triggers").startswith("procd_add_reload_trigger nametrack network firewall pbr vpn-")


def schema(router):
    """[(section type, option, datatype, default or None)], as procd is told."""
    lines = called(router, "service_triggers").splitlines()
    told = [line.split(" ", 2)[1:] for line in lines if line.startswith("option ")]
    return [(kind, *(tuple.split(":") + [None])[:3]) for kind, tuple in told]


def text(default):
    """A default of the agent's own table as UCI would write it."""
    if isinstance(default, bool):
        return str(int(default))
    if default in (None, [], options.REQUIRED):
        return None
    if isinstance(default, list):
        return text(default[0])
    return default[1] if isinstance(default, tuple) else str(default)


def test_procd_knows_the_options_of_the_agent_and_their_defaults(router):
    sets = policy_options.POLICY_SETS["nftset"]
    tables = {
        "nametrack": options.GLOBAL,
        "peer": options.PEER_IDENTITY + options.PEER,
        "policy": policy_options.POLICY + sets + policy_options.POLICY_ROUTE,
    }
    ours = {(kind, o.name, text(o.default)) for kind, table in tables.items() for o in table}
    assert {(kind, name, default) for kind, name, _, default in schema(router)} == ours


def test_procd_knows_the_ranges_and_the_choices_of_the_agent(router):
    policy = policy_options.POLICY + policy_options.POLICY_ROUTE
    tables = {"nametrack": options.GLOBAL, "peer": options.PEER, "policy": policy}
    for kind, name, datatype, _ in schema(router):
        parsers = [o.parse for o in tables[kind] if o.name == name]
        if datatype.startswith("range("):
            least, most = (int(n) for n in datatype[6:-1].split(","))
            good, bad = [least, most], [least - 1, most + 1]
        elif datatype.startswith("or("):
            good, bad = [word.strip('"') for word in datatype[3:-1].split(",")], ["other"]
        else:
            continue
        assert all(parsers[0](str(value))[1] is None for value in good), (kind, name)
        assert all(parsers[0](str(value))[1] for value in bad), (kind, name)


def test_the_capabilities_are_those_it_uses_and_no_others():
    # What it does with them: DAC_OVERRIDE files of /etc/config whose owner is not root; NET_ADMIN WireGuard, sets,
    # conntrack; NET_RAW questions through one device before Linux 5.7.
    allowed = json.loads((FILES / "usr/share/nametrack/capabilities.json").read_text())
    kept = ["CAP_DAC_OVERRIDE", "CAP_NET_ADMIN", "CAP_NET_RAW"]
    assert allowed == {"bounding": kept, "effective": kept, "permitted": kept, "inheritable": [], "ambient": []}


def test_a_chosen_restore_is_kept_ready(router):
    router.write("/usr/share/nametrack/restore", '#!/bin/sh\necho "restore $*" >>"$CALLS"\n', 0o755)
    assert called(router, "start_service", option_restore="1").startswith("restore keep\nprocd_open_instance\n")


def test_a_restore_that_is_no_longer_chosen_is_forgotten(router):
    router.write("/usr/share/nametrack/restore", '#!/bin/sh\necho "restore $*" >>"$CALLS"\n', 0o755)
    router.write("/etc/init.d/nametrack-restore")
    assert called(router, "start_service").startswith("restore forget\nprocd_open_instance\n")
