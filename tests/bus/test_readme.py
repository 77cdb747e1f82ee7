"""The examples of the README and of docs/pyubus.md do what they say."""

import re
import textwrap

from bus.parties import TOP, Party

BOARD = """
    with UbusClient(path) as bus:
        bus.add("system", {"board": {"method": lambda handler, data: handler.reply({"model": "A router"})}})
        print("ready")
        while True:
            bus.loop(0.05)
            bus.send("network.interface", {"interface": "wan", "action": "ifup"})
    """


def example():
    section = (TOP / "README.md").read_text().split("## pyubus", 1)[1].split("\n## ", 1)[0]
    return textwrap.dedent("".join(line + "\n" for line in section.splitlines() if line.startswith("    ") or not line))


def test_the_example_in_the_readme(bus, interpreter):
    elsewhere = f"from pyubus import connection\nconnection.SOCKET_PATHS = ({bus.path!r},)\n"
    with Party(interpreter, BOARD, bus) as board:
        board.expect("ready")
        with Party(interpreter, elsewhere + example(), bus) as party:
            party.expect("A router")
            assert party.next() in [
                "network.interface {'interface': 'wan', 'action': 'ifup'}",
                "network.interface {'action': 'ifup', 'interface': 'wan'}",
            ]


def test_the_example_has_five_lines():
    assert len([line for line in example().splitlines() if line]) == 5


ROUTER = """
    with UbusClient(path) as bus:
        bus.add("network.interface.wan", {"up": {"method": lambda handler, data: None}})
        bus.add("system", {"board": {"method": lambda handler, data: handler.reply({"model": "A router"})}})
        bus.add("nametrack", {"status": {"method": lambda handler, data: None}})
        print("ready")
        while True:
            bus.loop(0.05)
            bus.notify("nametrack", "recovered", {"subject": "home"})
    """


def test_the_examples_of_the_page(bus, interpreter):
    asks, serves = re.findall(r"```python\n(.*?)```", (TOP / "docs/pyubus.md").read_text(), re.S)
    elsewhere = f"from pyubus import connection\nconnection.SOCKET_PATHS = ({bus.path!r},)\n"
    with Party(interpreter, ROUTER, bus) as router:
        router.expect("ready")
        with Party(interpreter, elsewhere + asks, bus) as party:
            assert "network.interface.wan" in party.next()
            party.expect("A router")
            party.expect("3 system nothing: method not found")
            party.expect("recovered {'subject': 'home'}")
    ready = serves.replace("    bus.loop()", "    print('ready')\n    bus.loop()")
    with Party(interpreter, elsewhere + ready, bus) as greeter:
        greeter.expect("ready")
        asked = 'with UbusClient(path) as bus:\n    print(bus.call("greeter", "greet", {"name": "you"})["text"])'
        with Party(interpreter, asked, bus) as party:
            party.expect("hello you")
