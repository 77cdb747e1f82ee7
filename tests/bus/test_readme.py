"""The example of the README does what it says."""

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
