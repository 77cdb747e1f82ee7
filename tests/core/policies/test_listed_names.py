"""Names that a file lists, beyond those that are looked up: followed from the moment on at which a client asks."""

from nametrack.core.names.resolver import KEPT, MAX_IN_FLIGHT
from transcript import Transcript

CONFIG = """
-- config --
config nametrack 'global'
	option family 'ipv4'

config policy 'work'
	option target 'nftset'
	option set4 'inet fw4 mine4'
	list host '@/etc/nametrack/list.txt'
"""
BEFORE = "A test.\n\n-- before --\n< set nft inet fw4 mine4\n"
NAMES = ["n%d.example.net" % i for i in range(300)]


def run(*parts):
    """The `>` lines that come out, and what the kernel holds at the end."""
    document = Transcript("\n".join((BEFORE,) + parts + ("-- kernel --",))).run()
    lines = document.split("\n")
    return [line for line in lines if line.startswith("> ")], lines[-2 if lines[-1] == "" else -1]


def file(names):
    return "-- file /etc/nametrack/list.txt --\n" + "\n".join(names) + "\n"


def test_the_first_names_are_looked_up_and_the_others_are_followed_when_a_client_asks():
    out, held = run(
        file(NAMES), CONFIG, "-- at 0 --", "< observed n299.example.net 198.51.100.1 ttl=20",
        "< observed n300.example.net 198.51.100.2 ttl=20", "-- at 1 --",
    )  # fmt: skip
    assert len([line for line in out if line.startswith("> query")]) == MAX_IN_FLIGHT - KEPT
    assert [line for line in out if line.startswith("> observe")][0].endswith(" @300")
    assert held == "nft inet fw4 mine4: 198.51.100.1"


def test_a_short_file_is_looked_up_and_nothing_is_observed():
    out, _ = run(file(NAMES[:2]), CONFIG, "-- at 0 --")
    assert [line for line in out if "observe" in line] == []
    assert len([line for line in out if line.startswith("> query")]) == 2


def test_a_followed_name_outlives_a_restart():
    good = "-- last good --\nn299.example.net 198.51.100.5 3000 nft inet fw4 mine4\n"
    good += "n300.example.net 198.51.100.6 3000 nft inet fw4 mine4\n"
    _, held = run(good, file(NAMES), CONFIG, "-- at 1 --")
    assert held == "nft inet fw4 mine4: 198.51.100.5"


def test_a_name_that_is_pushed_behind_the_first_ones_keeps_its_addresses():
    good = "-- last good --\nn0.example.net 198.51.100.5 3000 nft inet fw4 mine4\n"
    _, held = run(
        good,
        file(NAMES),
        CONFIG,
        "-- at 1 --",
        file(["m%d.test" % i for i in range(256)] + NAMES),
        CONFIG,
        "-- at 2 --",
    )
    assert held == "nft inet fw4 mine4: 198.51.100.5"


def test_what_a_file_does_not_list_any_more_goes():
    good = "-- last good --\nn0.example.net 198.51.100.5 3000 nft inet fw4 mine4\n"
    _, held = run(good, file(NAMES), CONFIG, "-- at 1 --", file(NAMES[1:]), CONFIG, "-- at 2 --")
    assert held == "nft inet fw4 mine4: "
