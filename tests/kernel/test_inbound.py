"""The table that marks connections from outside, in the real kernel, in a network of its own, beside what nft shows."""

import subprocess

import pytest

from both import ALONE, each_interpreter, run

MARK = """
from nametrack.adapters.inbound import Inbound
inbound = Inbound(emit)
def mark(devices, bit):
    inbound.mark(do.MarkInbound(devices, bit))
"""
AND_SHOW = ["sh", "-c", '"$@"; nft list tables; nft -n list table inet nametrack 2>/dev/null; exit 0', "sh"]


def works(*command):
    return subprocess.run([*ALONE, *command], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not works("nft", "add", "table", "inet", "t"), reason="no nft in a namespace here")


def after(interpreter, tmp_path, code):
    return "\n".join(run(interpreter, tmp_path, MARK + code, within=[*ALONE, *AND_SHOW]))


@each_interpreter
def test_nft_reads_what_was_written(interpreter, tmp_path):
    said = after(interpreter, tmp_path, 'mark(["wan", "wanb"], 0x1000000)')
    assert "type filter hook prerouting priority -150; policy accept;" in said
    assert "type route hook output priority -150; policy accept;" in said
    assert "meta mark 0x00000000 ct mark & 0x01000000 == 0x01000000 meta mark set meta mark | 0x01000000" in said
    assert said.count("ct state 0x8 ct mark set ct mark | 0x01000000") == 2 and 'iifname "wanb"' in said
    assert "ct mark & 0x01000000 == 0x01000000 meta mark set meta mark | 0x01000000" in said


@each_interpreter
def test_what_is_so_already_is_not_written_again_and_what_differs_is(interpreter, tmp_path):
    code = """
from nametrack.adapters.netfilter import last_change
from nametrack.adapters.netlink import Kernel
from nametrack.wire import nfnetlink
def generation():
    kernel = Kernel(nfnetlink.PROTOCOL)
    found = last_change(kernel)
    kernel.close()
    return found
mark(["wan"], 1)
before = generation()
mark(["wan"], 1)
print(before == generation())
mark(["wanb"], 1)
"""
    said = after(interpreter, tmp_path, code)
    assert said.startswith("True") and 'iifname "wanb"' in said and 'iifname "wan"' not in said


@each_interpreter
def test_the_table_goes_and_those_of_others_stay(interpreter, tmp_path):
    code = 'mark(["wan"], 1)\nmark([], 0)\nmark([], 0)\n'
    assert "nametrack" not in after(interpreter, tmp_path, code)


@each_interpreter
def test_plan_prints_a_table_only_if_it_differs(interpreter, tmp_path):
    code = """
from nametrack.daemon.planner import Planner
def planned(devices, bit):
    planner = Planner(emit, None)
    planner.performers()[do.MarkInbound](do.MarkInbound(devices, bit))
    print(len(planner.lines) > 0)
mark(["wan"], 1)
planned(["wan"], 1)
planned(["wan"], 2)
planned([], 0)
mark([], 0)
planned([], 0)
"""
    said = after(interpreter, tmp_path, code)
    assert said.splitlines()[:4] == ["False", "True", "True", "False"], said


@each_interpreter
def test_plan_prints_what_nft_takes(interpreter, tmp_path):
    code = """
from nametrack.wire.inbound import inbound_lines
print("\\n".join(inbound_lines(["wan"], 0x1000000)))
"""
    text = "\n".join(run(interpreter, tmp_path, code))
    said = subprocess.run([*ALONE, "sh", "-c", "nft -f - && nft -n list table inet nametrack"], input=text, text=True,
                          capture_output=True, check=True).stdout  # fmt: skip
    assert "ct state 0x8 ct mark set ct mark | 0x01000000" in said or "ct mark or 0x01000000" in said
