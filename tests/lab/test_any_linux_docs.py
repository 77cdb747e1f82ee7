"""docs/any-linux.md does what it says: its commands are run as they are written, on the Pi of the lab.

Stood in for: apt unpacks and removes the real package below a root of its own and starts what it brings; systemctl runs
what the real unit says; pipx puts what pyproject.toml names into an environment, as tests/package/test_deb.py sees the
real wheel do it: the lab has no network for pip. sudo does what it is told.
"""

import itertools
import os
import re
import signal
import sys
import time

import pytest

import deb
from lab import pi
from lab.doors import SocketDoor, settled
from lab.enter import RUN, TOP
from lab.host import wait_for
from lab.pi import PiWorld
from lab.watch import Pinger
from lab.world import HOME_LAN, HOME_NAME, HOME_PORT

COUNTER = itertools.count(1)
PAGE = TOP / "docs/any-linux.md"
UNITS = "usr/lib/systemd/system/nametrack.service"
SUDO = '[ "$1" != env ] || { shift; while case $1 in *=*) ;; *) false;; esac; do export "$1"; shift; done; }; exec "$@"'
MAKE = '[ "$*" = deb ]'  # it was built before, into the folder that the page names
APT = """
case $1 in
install) dpkg-deb -x "$2" ROOT && systemctl start nametrack ;;
remove) systemctl stop nametrack && rm -r ROOT/usr/sbin/nametrack ROOT/usr/lib/nametrack ROOT/UNITS ;;
esac
"""
SYSTEMCTL = """
case $2 in --now) set -- "$1" "$3";; esac
[ "$2" = nametrack ] || exit 1
for unit in ROOT/etc/systemd/system/nametrack.service ROOT/UNITS; do [ ! -e "$unit" ] || break; done
line() { sed -n "s/^$1=//p" "$unit"; }
case $1 in
start | enable)
	(eval "exec $(line ExecStart)") >LOG 2>&1 </dev/null &
	echo $! >ROOT/pid
	;;
reload) MAINPID=$(cat ROOT/pid) && export MAINPID && eval "$(line ExecReload)" ;;
stop | disable) kill "$(cat ROOT/pid)" && while [ -e "/proc/$(cat ROOT/pid)" ]; do sleep 0.1; done ;;
esac
"""
PIPX = """
[ "$PIPX_HOME" = /opt/pipx ] && [ "$PIPX_BIN_DIR" = /usr/local/bin ] || exit 1
venv=ROOT/opt/pipx/venvs/nametrack
case "$*" in
"install .") PYTHON ROOT/install.py TOP "$venv" || exit 1
	ln -s "$venv/bin/nametrack" ROOT/usr/local/bin/nametrack ;;
"uninstall nametrack") rm -r "$venv" ROOT/usr/local/bin/nametrack ;;
*) exit 1 ;;
esac
"""

INSTALL = """
import pathlib, shutil, sys, tomllib, venv
top, target = map(pathlib.Path, sys.argv[1:])
project = tomllib.loads((top / "pyproject.toml").read_text())
venv.create(target, symlinks=True)
(site,) = target.glob("lib/python*/site-packages")
for path in (top / project["tool"]["setuptools"]["packages"]["find"]["where"][0]).glob("*/__init__.py"):
    shutil.copytree(path.parent, site / path.parent.name)
for name, place in project["project"]["scripts"].items():
    module, _, function = place.partition(":")
    script = target / "bin" / name
    text = f"#!{target}/bin/python\\nimport sys\\nfrom {module} import {function}\\nsys.exit({function}())\\n"
    script.write_text(text)
    script.chmod(0o755)
for folder, names in project["tool"]["setuptools"]["data-files"].items():
    (target / folder).mkdir(parents=True)
    for name in names:
        shutil.copy(top / name, target / folder)
"""


def blocks(heading):
    """The shell blocks of a part of the page."""
    part = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", part, re.S)


class Pi:
    """The Pi's own file system as far as the page touches it, below a folder of the lab's."""

    def __init__(self, world):
        self.world = world
        self.root = RUN / f"root-{next(COUNTER)}"
        self.run_dir = self.root / "run"
        self.run = self.run_dir
        self.log = RUN / "nametrack.log"
        for name in ("bin", "usr/local/bin", "etc/systemd/system", "build/packages"):
            (self.root / name).mkdir(parents=True)
        (self.root / "install.py").write_text(INSTALL)
        self.program("sudo", SUDO)
        self.program("make", MAKE)
        self.program("apt", APT)
        self.program("systemctl", SYSTEMCTL)
        self.program("pipx", PIPX)
        # the package and the wheel find their files where they are on a real machine: here, below the root
        options = f"--run-dir {self.run_dir}"
        local = f"--config-dir {self.root}/etc/config --state-dir {self.root}/state"
        script = f"""
name=ROOT/usr/local/bin/nametrack
[ -e "$name" ] || name=ROOT/usr/sbin/nametrack
case $1 in run | check | plan) set -- "$@" {local};; esac
[ "$1" = flush ] || set -- "$@" {options}
NAMETRACK_LIB=ROOT/usr/lib/nametrack exec "$name" "$@"
"""
        self.program("nametrack", script)

    def program(self, name, script):
        words = {"ROOT": self.root, "UNITS": UNITS, "LOG": self.log, "PYTHON": sys.executable, "TOP": TOP}
        for word, value in words.items():
            script = re.sub(rf"\b{word}\b", str(value), script)
        (self.root / "bin" / name).write_text("#!/bin/sh\n" + script)
        (self.root / "bin" / name).chmod(0o755)

    def sh(self, script, pause=0.0):
        """What a block printed; each of its commands must end well."""
        for path in ("/etc/systemd/system/", "/opt/pipx/venvs/"):
            script = script.replace(path, f"{self.root}{path}")
        environ = {**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"}
        said = ""
        for line in script.splitlines():
            command = pi.on_the_pi("sh", "-ec", f"cd {self.root}; {line}")
            done = self.world.beach.run(command, check=False, timeout=120, env=environ)
            assert done.returncode == 0, (line, done.stdout, done.stderr, self.tail())
            said += done.stdout
            if "systemctl" in line or "apt" in line:
                time.sleep(pause)
        return said

    def end(self):
        """Ends an agent that a failed test left."""
        try:
            os.kill(int((self.root / "pid").read_text()), signal.SIGKILL)
        except (OSError, ValueError):
            pass

    def tail(self):
        return self.log.read_text() if self.log.exists() else ""


@pytest.fixture
def house():
    with PiWorld() as world:
        house = Pi(world)
        try:
            yield house
        finally:
            house.end()


def moves(house, address):
    """Home moves while there is traffic, and is followed."""
    with Pinger(house.world.beach, HOME_LAN):
        house.world.move_home(address)
        house.world.announce_home()

        def followed():
            return house.world.home_endpoint() == f"{address}:{HOME_PORT}"

        wait_for(followed, 60, lambda: house.sh("nametrack status"))


def test_the_package_is_installed_reloaded_and_removed(house):
    deb.build(house.root / "build/packages")
    (install, _), (remove, _) = blocks("Install it"), blocks("Remove it")
    lines = install.splitlines()
    house.sh("\n".join(lines[:2]))
    house.sh("systemctl reload nametrack")  # which comes before the agent has a handler for the signal
    settled(SocketDoor().reach(house))
    said = house.sh("\n".join(lines[2:]))
    assert "nothing found" in said and f"{HOME_NAME} -> 198.51.100.10:{HOME_PORT}" in said
    moves(house, "198.51.100.11")
    (reload,) = blocks("What it follows")
    house.world.zone.set("new.dyn.test", "A", [house.world.home_address], 5)
    house.world.write_tunnel(endpoint=f"new.dyn.test:{HOME_PORT}")
    house.sh(reload)
    wait_for(lambda: "new.dyn.test" in house.sh("nametrack status"), 20, house.tail)
    house.sh(remove)
    left = [str(p.relative_to(house.root)) for p in house.root.rglob("*nametrack*") if "doc" not in p.parts]
    assert sorted(left) == ["bin/nametrack", "build/packages/" + next(house.root.glob("build/packages/*")).name] + [
        "etc/nametrack.conf"
    ]


def test_the_wheel_is_installed_and_removed(house):
    (_, install), (_, remove) = blocks("Install it"), blocks("Remove it")
    *lines, status = install.splitlines()
    house.sh("\n".join(lines))
    settled(SocketDoor().reach(house))
    assert HOME_NAME in house.sh(status)
    moves(house, "198.51.100.11")
    house.world.beach.run(["ip", "rule", "add", "pref", "100", "lookup", "900", "protocol", "190"])  # as a policy's
    house.sh(remove)
    assert not (house.root / "opt/pipx/venvs/nametrack").exists()
    assert "lookup 900" not in house.world.beach.run(["ip", "rule"]).stdout, "nothing is left that could take it away"


def test_the_configurations_of_the_page_are_right():
    from nametrack.core.config import configuration
    from nametrack.wire import uci

    for text in re.findall(r"```\n(config .*?)```", PAGE.read_text(), re.S):
        sections, problems = uci.parse(text)
        assert problems == [] and configuration.build(sections, [], []).errors == []
