"""pbr and vpn-policy-routing as their files and procd describe them."""

import pytest

from both import each_interpreter, run

SERVICES = """
from nametrack.adapters.services import Services
class Bus:
    def __init__(self):
        self.asked = []  # (arguments, function that is called with the answer)
        self.heard = []
    def watch(self, watcher):
        self.watcher = watcher
    def request(self, make, done):
        self.done = done
        make(self)
    def call(self, path, method, arguments):
        self.asked.append(((path, method, arguments), self.done))
    def listen(self, pattern):
        self.heard.append(pattern)
bus = Bus()
services = Services(sys.argv[1] + "/etc/config", bus, emit)
services.read(do.ReadServices(("pbr", "vpn-policy-routing")))
def show(event):
    for name in sorted(event.services):
        one = event.services[name]
        print(name, one.enabled, one.includes, one.running, one.errors)
"""
PBR = "config pbr 'config'\n\toption enabled '1'\nconfig include\n\toption path '/usr/share/nametrack/pbr.include'\n"


def write(folder, path, content):
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode())


def shown(lines):
    return [line for line in lines if not line.startswith("ServicesRead")]


@each_interpreter
def test_nothing_is_installed(interpreter, tmp_path):
    assert run(interpreter, tmp_path, SERVICES + "print(bus.asked)", tmp_path) == ["ServicesRead {}", "[]"]


@each_interpreter
def test_the_files_at_once_and_procd_when_it_answers(interpreter, tmp_path):
    write(tmp_path, "etc/config/pbr", PBR)
    write(tmp_path, "etc/config/vpn-policy-routing", "config vpn-policy-routing 'config'\n")
    script = """
show(events[0])
for (path, method, arguments), done in bus.asked:
    assert (path, method) == ("service", "list")
    done(0, [{"pbr": {"instances": {"main": {"data": {"status": "x"}}}}} if arguments["name"] == "pbr" else {}])
show(events[2])
"""
    assert shown(run(interpreter, tmp_path, SERVICES + script, tmp_path)) == [
        "pbr True True None []",
        "vpn-policy-routing False True None []",
        "pbr True True True []",
        "vpn-policy-routing False True False []",
    ]


@each_interpreter
def test_a_configuration_that_cannot_be_read_is_one_without_options(interpreter, tmp_path):
    write(tmp_path, "etc/config/pbr", b"\xff\xfe\0config 'x")
    script = "show(events[0])"
    assert shown(run(interpreter, tmp_path, SERVICES + script, tmp_path)) == ["pbr False False None []"]


@each_interpreter
def test_without_an_answer_nothing_is_said_again(interpreter, tmp_path):
    write(tmp_path, "etc/config/pbr", PBR)
    script = """
for arguments, done in bus.asked:
    done(7, [])
print(len(events))
"""
    assert shown(run(interpreter, tmp_path, SERVICES + script, tmp_path)) == ["1"]


@each_interpreter
def test_a_service_that_starts_or_stops_may_have_changed_sets(interpreter, tmp_path):
    script = """
bus.watcher.connected(False)
print(bus.heard)
bus.watcher.connected(True)
print(bus.heard)
for name, data in (("service.start", {"service": "pbr"}), ("service.stop", {"service": "firewall"}),
    ("service.start", {"service": "dnsmasq"}), ("service.start", {}), ("network.interface", {"service": "pbr"})):
    bus.watcher.event(name, data)
bus.watcher.notified("x", "y", {})
"""
    assert shown(run(interpreter, tmp_path, SERVICES + script, tmp_path)) == [
        "[]",
        "['service.start', 'service.stop']",
        "SetsDisturbed service.start of pbr",
        "SetsDisturbed service.stop of firewall",
    ]


@each_interpreter
@pytest.mark.parametrize(
    "there, expected",
    [
        ("init.d/pbr rc.d/S20pbr", ["pbr True True None []"]),
        ("init.d/pbr rc.d/K20pbr rc.d/S95done", ["pbr False True None []"]),  # /etc/init.d/pbr disable
        ("init.d/done rc.d/S95done", []),  # removed; a package's configuration stays
    ],
)
def test_one_that_is_removed_or_does_not_start_at_boot_makes_no_sets(interpreter, tmp_path, there, expected):
    write(tmp_path, "etc/config/pbr", PBR)
    for path in there.split():
        write(tmp_path, f"etc/{path}", "")
    assert shown(run(interpreter, tmp_path, SERVICES + "show(events[0])", tmp_path)) == expected
