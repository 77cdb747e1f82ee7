"""etc/hotplug.d/iface/90-nametrack: what netifd did to an interface, handed on."""

import json
import time

import pytest

from scratch import Router

SCRIPT = "/etc/hotplug.d/iface/90-nametrack"
# as /sbin/hotplug-call does it: sourced in a subshell, after one script and before another
HOTPLUG_CALL = f"( . {SCRIPT} ); echo next"


@pytest.fixture
def router(tmp_path):
    router = Router(tmp_path)
    router.install(SCRIPT)
    return router


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.mark.parametrize("action", ["ifup", "ifdown", "ifupdate", "reload"])
def test_the_agent_is_told_in_one_call(router, action):
    router.stand_in("ubus")
    assert router.run(HOTPLUG_CALL, ACTION=action, INTERFACE="wan_6", DEVICE="pppoe-wan.7") == "next\n"
    wait_for(router.calls)
    call = router.calls()[0]
    assert call.startswith("ubus -t 2 call nametrack interface {")
    assert json.loads(call[call.index("{") :]) == {"action": action, "interface": "wan_6", "device": "pppoe-wan.7"}


def test_ifdown_carries_no_device(router):
    router.stand_in("ubus")
    router.run(HOTPLUG_CALL, ACTION="ifdown", INTERFACE="wan")
    wait_for(router.calls)
    call = router.calls()[0]
    assert json.loads(call[call.index("{") :]) == {"action": "ifdown", "interface": "wan", "device": ""}


def test_it_does_not_wait_for_an_agent_that_hangs(router):
    router.stand_in("ubus", 'until [ -e /tmp/gate ]; do sleep 0.02; done; echo answered >>"$CALLS"')
    assert router.run(HOTPLUG_CALL, ACTION="ifup", INTERFACE="wan", DEVICE="eth1") == "next\n"
    wait_for(router.calls)
    assert "answered" not in router.calls()
    router.write("/tmp/gate")
    wait_for(lambda: "answered" in router.calls())


def test_an_agent_that_does_not_run_is_no_error(router):
    router.stand_in("ubus", "echo 'Command failed: Not found' >&2; exit 4")
    assert router.run(HOTPLUG_CALL, ACTION="ifup", INTERFACE="wan", DEVICE="eth1") == "next\n"
    wait_for(router.calls)


@pytest.mark.parametrize("action", ["", "ifup-failed", "iflink", "free", "create", "ifup;reboot"])
def test_what_changes_nothing_for_the_agent_starts_no_process(router, action):
    router.stand_in("ubus")
    assert router.run(HOTPLUG_CALL + "; wait", ACTION=action, INTERFACE="wan") == "next\n"
    assert router.calls() == []


@pytest.mark.parametrize(
    "name", ['x","action":"ifdown', "a b", "a\nb", "$(reboot)", "`reboot`", "a\\u0041", "ü", "a'b"]
)
def test_a_name_that_is_no_plain_name_is_not_handed_on(router, name):
    router.stand_in("ubus")
    router.stand_in("reboot")
    router.run(HOTPLUG_CALL, ACTION="ifup", INTERFACE=name, DEVICE="eth1")
    router.run(HOTPLUG_CALL, ACTION="ifup", INTERFACE="wan", DEVICE=name)
    router.run(HOTPLUG_CALL, ACTION="ifup", INTERFACE="wan", DEVICE="last")
    wait_for(router.calls)
    assert [c[c.index("{") :] for c in router.calls()] == ['{"action":"ifup","interface":"wan","device":"last"}']
