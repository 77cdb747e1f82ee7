"""The collectors for OpenWrt's exporters and for collectd, each run by what runs it on a router.

What the agent answers is real, by metrics.many; the exporters, collectd and LuCI around it are a few lines here, made
by what they are known to do.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
from py_mini_racer import MiniRacer

from metrics.many import call

FILES = pathlib.Path(__file__).resolve().parents[2] / "openwrt/nametrack-collectors/files"
LUA = FILES / "usr/lib/lua/prometheus-collectors/nametrack.lua"
UCODE = FILES / "usr/share/ucode/node-exporter/lib/nametrack.uc"
COLLECTD = FILES / "usr/libexec/collectd/nametrack"
GRAPHS = FILES / "www/luci-static/resources/statistics/rrdtool/definitions/nametrack.js"

# ubus as Lua sees it: nil where the object is not there. `how` is what the exporter offers to write with.
LUA_EXPORTER = """
local path, collector, how = arg[1], arg[2], arg[3]
package.preload["ubus"] = function()
  return { connect = function()
    return {
      call = function(self, object, method, arguments)
        assert(object == "nametrack" and method == "metrics" and arguments.format == "prometheus")
        local file = io.open(path)
        return file and { text = file:read("*a") }
      end,
      close = function() end,
    }
  end }
end
if how == "out" then out = io.output() else output = print end
local done, trouble = pcall(dofile(collector).scrape)
if not done then io.stderr:write(trouble, "\\n") os.exit(1) end
"""
UCODE_EXPORTER = """
const fs = require("fs");
const scope = {
	ubus: { call: (object, method, arguments) => {
		assert(object == "nametrack" && method == "metrics" && arguments.format == "prometheus");
		const text = fs.readfile(ARGV[0]);
		return text == null ? null : { text };
	} },
};
const collector = loadfile(ARGV[1], { strict_declarations: true, raw_mode: true });
if (ARGV[2] == "uhttpd")
	global.uhttpd = { send: (...s) => print(...s) };
exit(call(collector, null, scope) != false ? 0 : 1);
"""


@pytest.fixture(scope="module")
def text():
    return call("metrics", format="prometheus")["text"]


@pytest.fixture
def recorded(tmp_path, text):
    path = tmp_path / "metrics.txt"
    path.write_text(text)
    return path


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("how", ["out", "output"])
def test_lua(recorded, text, tmp_path, how):
    (tmp_path / "exporter.lua").write_text(LUA_EXPORTER)
    done = run("lua5.1", tmp_path / "exporter.lua", recorded, LUA, how)
    assert (done.returncode, done.stdout, done.stderr) == (0, text, "")


def test_lua_fails_where_no_agent_runs(tmp_path):
    """An error is what the exporter turns into node_scrape_collector_success 0."""
    (tmp_path / "exporter.lua").write_text(LUA_EXPORTER)
    done = run("lua5.1", tmp_path / "exporter.lua", tmp_path / "none", LUA, "out")
    assert (done.returncode, done.stdout) == (1, "") and "nametrack is not running" in done.stderr


def ucode():
    found = os.environ.get("UCODE") or shutil.which("ucode")
    if not found:
        pytest.skip("no ucode, neither on PATH nor named in UCODE")
    return found


@pytest.mark.parametrize("how", ["uhttpd", "terminal"])
def test_ucode(recorded, text, tmp_path, how):
    (tmp_path / "exporter.uc").write_text(UCODE_EXPORTER)
    done = run(ucode(), "-R", tmp_path / "exporter.uc", recorded, UCODE, how)
    assert (done.returncode, done.stdout, done.stderr) == (0, text, "")


def test_ucode_fails_where_no_agent_runs(tmp_path):
    (tmp_path / "exporter.uc").write_text(UCODE_EXPORTER)
    done = run(ucode(), "-R", tmp_path / "exporter.uc", tmp_path / "none", UCODE, "uhttpd")
    assert (done.returncode, done.stdout) == (1, "")


# -- collectd ------------------------------------------------------------------------------------------------------

PUTVAL = re.compile(r'PUTVAL "beach/nametrack-([a-z]+)/([a-z]+)-([a-z_]+)" interval=0\.05 N:(\d+)')


@pytest.fixture
def collectd(recorded, tmp_path):
    """Starts the script as collectd does: its parent, whose end it must notice."""
    (tmp_path / "nametrack").write_text(f'#!/bin/sh\n[ "$*" = "metrics --format prometheus" ] && cat {recorded}\n')
    (tmp_path / "nametrack").chmod(0o755)
    environ = {**os.environ, "COLLECTD_HOSTNAME": "beach", "COLLECTD_INTERVAL": "0.05"}
    environ["PATH"] = f"{tmp_path}:{environ['PATH']}"
    # busybox's own awk and sleep, as on a router
    for tool in ("awk", "sleep"):
        (tmp_path / tool).symlink_to(shutil.which("busybox"))
    script = f"trap '' PIPE; busybox ash {COLLECTD} & wait"
    process = subprocess.Popen(["sh", "-c", script], env=environ, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.stdout.close()
    process.wait()


def values(process, count):
    """The values of the next lines: {(instance, type, type instance): value}."""
    found = {}
    for _ in range(count):
        line = process.stdout.readline().rstrip("\n")
        match = PUTVAL.fullmatch(line)
        assert match, line
        found[match.groups()[:3]] = int(match[4])
    return found


LINES = 23  # of one round


def test_collectd_gets_every_state_and_count(collectd):
    found = values(collectd, LINES)
    assert len(found) == LINES
    assert found["peers", "gauge", "current"] == 20 and found["peers", "gauge", "stalled"] == 0
    assert found["names", "gauge", "failing"] == 1
    assert found["policies", "gauge", "disabled"] == 1
    assert found["dns", "derive", "queries"] == 200
    assert found["agent", "memory", "resident"] == 2 << 20
    assert values(collectd, LINES) == found, "the next round"


def test_it_ends_with_collectd(collectd):
    values(collectd, LINES)
    os.kill(collectd.pid, signal.SIGKILL)
    collectd.wait()
    for _ in collectd.stdout:  # until its end, or the test never ends
        pass


def test_collectds_user_may_ask_for_the_metrics_and_nothing_else():
    rights = json.loads((FILES / "usr/share/acl.d/nametrack-collectd.json").read_text())
    assert rights == {"user": "nobody", "access": {"nametrack": {"methods": ["metrics"]}}}


@pytest.fixture
def graphs():
    """A function: what the definition gives for one plugin instance, as a dict. Around it is what LuCI gives to it."""
    with MiniRacer() as engine:
        engine.eval("const baseclass = { extend: given => given }; const _ = text => text;")
        engine.eval(f"const definition = (function() {{ {GRAPHS.read_text()} }})();")
        asked = "JSON.stringify(definition.rrdargs(null, 'beach', 'nametrack', '%s'))"
        yield lambda instance: json.loads(engine.eval(asked % instance))


def test_there_is_a_graph_with_a_title_and_colour_for_every_value(collectd, graphs):
    drawn = set()
    for instance, kind, name in values(collectd, LINES):
        data = graphs(instance)["data"]
        assert name in data["instances"][kind]
        assert re.fullmatch("[0-9a-f]{6}", data["options"][f"{kind}_{name}"]["color"])
        drawn.add((instance, kind, name))
    for instance in {each[0] for each in drawn}:
        for kind, names in graphs(instance)["data"]["instances"].items():
            assert {(instance, kind, name) for name in names} <= drawn, "a graph of what nobody measures"
