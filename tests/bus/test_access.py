"""What root's objects and events are to another user: the same from the stand-in and from a real ubusd."""

import json
import os
import subprocess

import pytest

from bus.parties import COMMANDS_OF_OTHERS, TOP, Party

# The service is root's; what others may do with it is in here.
RULES = {
    "user": "nobody",
    "access": {"test": {"methods": ["nodata", "echo"]}},
    "publish": ["of_nobody*"],
    "subscribe": ["test"],
    "listen": ["heard*"],
    "send": ["sent"],
}

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be two users")


@pytest.fixture
def nobody(bus, interpreter):
    """Runs a script as the user nobody."""
    command = COMMANDS_OF_OTHERS[interpreter] + ["-c", f"open({str(TOP / 'agent/pyubus/__init__.py')!r}).read()"]
    try:
        subprocess.run(command, user="nobody", check=True, capture_output=True, cwd="/")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"the user nobody cannot run pyubus here: {error}")

    def run(script):
        with Party(interpreter, script, bus, "nobody") as party:
            return party.finish()

    return run


@pytest.fixture
def ruled(bus):
    """RULES, which ubusd reads when it starts; gives their file."""
    bus.stop()
    file = bus.acl / "nobody.json"
    file.write_text(json.dumps(RULES))
    bus.start()
    return file


def test_what_is_allowed(ruled, service, nobody):
    lines = nobody(
        """
        with UbusClient(path) as bus:
            print(sorted(bus.list()["test"]))
            print(bus.call("test", "nodata"), bus.call("test", "echo", {"i": 1}))
            bus.add("of_nobody.1", {})
            bus.subscribe("test", print)
            bus.listen(("heard", print), ("heard.*", print))
            bus.send("sent")
        """
    )
    assert lines == ["['echo', 'nodata']", "{} {'i': 1}"]


def test_what_is_denied(ruled, service, nobody):
    lines = nobody(
        """
        with UbusClient(path) as bus:
            print(code(bus.call, "test", "who"), code(bus.add, "other", {}))
            print(code(bus.listen, ("*", print)), code(bus.listen, ("other", print)))
            print(code(bus.send, "sent.more"), code(bus.send, "heard"))
        """
    )
    assert lines == ["6 2", "6 6", "6 6"]


HIDDEN = """
    with UbusClient(path) as bus:
        print(bus.list(), code(bus.list, "test"), code(bus.call, "test", "nodata"))
        print(code(bus.subscribe, "test", print))
    """


def test_without_a_rule_an_object_is_hidden(service, nobody):
    assert nobody(HIDDEN) == ["{} 6 6", "6"]


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o755])
def test_a_rule_that_others_could_have_written_is_none(bus, ruled, service, nobody, mode):
    bus.stop()
    ruled.chmod(mode)
    bus.start()
    service.expect("lost: ubusd closed the connection")
    service.expect("back")
    assert nobody(HIDDEN) == ["{} 6 6", "6"]
