"""OpenWrt's own `ubus` and pyubus meet on a bus. Needs that program, on PATH or named in UBUS."""

import json
import os
import shutil
import subprocess

import pytest

from bus.parties import Party

UBUS = os.environ.get("UBUS") or shutil.which("ubus")
if not UBUS:
    pytest.skip("no ubus, neither on PATH nor named in UBUS", allow_module_level=True)

SIGNATURES = """\
	"echo":{"a":"Array","b":"Boolean","d":"(unknown)","i":"Integer","l":"(unknown)","s":"String","t":"Table"}
	"fail":{"code":"Integer"}
	"nodata":{}
"""


@pytest.fixture
def ubus(bus):
    """Runs the program to its end; gives its exit code and what it printed."""

    def run(*arguments):
        done = subprocess.run([UBUS, "-s", bus.path, *arguments], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout

    return run


class Ubus:
    """The program while it runs; what it prints can be waited for."""

    def __init__(self, bus, *arguments):
        self._process = subprocess.Popen([UBUS, "-s", bus.path, *arguments], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.kill()
        self._process.wait()

    def next(self):
        return self._process.stdout.readline()


def normalized(line):
    """A line of `ubus -v list` with its arguments in order: under MicroPython a dict has none."""
    name, _, arguments = line.strip().partition(":")
    return name, json.loads(arguments)


def test_list(ubus, service):
    assert ubus("list") == (0, "test\n")
    first, *lines = ubus("-v", "list", "te*")[1].splitlines()
    assert first.startswith("'test' @")
    methods = dict(normalized(line) for line in lines)
    assert methods.items() >= dict(normalized(line) for line in SIGNATURES.splitlines()).items()
    assert ubus("list", "nosuch")[0] == 4


EVERYTHING = {
    "s": "hé", "i": -5, "b": True, "l": 5000000000, "d": 1.5, "a": [1, "x", False, [], {"k": None}],
    "t": {"n": {"m": 1}}, "other": None,
}  # fmt: skip


def test_call(ubus, service):
    code, text = ubus("call", "test", "echo", json.dumps(EVERYTHING))
    assert (code, json.loads(text)) == (0, EVERYTHING)
    assert ubus("call", "test", "nodata") == (0, "")
    code, text = ubus("-S", "call", "test", "multi")
    assert [json.loads(line) for line in text.splitlines()] == [{"n": 0}, {"n": 1}, {"n": 2}]
    for method, arguments, status in (
        ("nosuch", "{}", 3),
        ("echo", '{"i":"text"}', 2),
        ("fail", '{"code":9}', 9),
    ):
        assert ubus("call", "test", method, arguments) == (256 - status, "")
    assert ubus("-t", "1", "call", "test", "never") == (256 - 7, "")


def test_listen_and_send(bus, ubus, interpreter, service):
    with Ubus(bus, "listen", "test.*", "ubus.object.*") as listener, Party(interpreter, HEARING, bus) as hearing:
        hearing.expect("listening")
        ubus("wait_for", "heard")
        assert json.loads(listener.next())["ubus.object.add"]["path"] == "heard"
        assert ubus("call", "test", "event", '{"n":1}')[0] == 0
        assert json.loads(listener.next()) == {"test.event": {"n": 1}}
        assert ubus("send", "test.hello", '{"a":[1]}')[0] == 0
        assert json.loads(listener.next()) == {"test.hello": {"a": [1]}}
        hearing.expect("test.event {'n': 1}")
        assert hearing.finish() == ["test.hello {'a': [1]}"]
        assert json.loads(listener.next())["ubus.object.remove"]["path"] == "heard"


HEARING = """
    heard = []
    def hear(name, data):
        heard.append(name)
        print(name, data)
    with UbusClient(path) as bus:
        bus.listen(("test.*", hear))
        print("listening")
        bus.add("heard", {})
        while len(heard) < 2:
            bus.loop(0.1)
    """


def test_subscribe(bus, ubus, service):
    with Ubus(bus, "subscribe", "test") as subscriber:
        while json.loads(ubus("-S", "call", "test", "ask")[1]) != {"answers": [0]}:
            pass
        assert ubus("call", "test", "notify", '{"n":1}')[0] == 0
        line = subscriber.next()
        while "may" in line:
            line = subscriber.next()
        assert json.loads(line) == {"tick": {"n": 1}}


def test_monitor(bus, ubus, service):
    """Its output is only looked at for that it is there: what is copied, test_broker.py compares."""
    with Ubus(bus, "monitor") as monitor:
        seen = ""
        while "nodata" not in seen:
            assert ubus("call", "test", "nodata")[0] == 0
            seen += monitor.next()
        while '"status"' not in seen:
            seen += monitor.next()
