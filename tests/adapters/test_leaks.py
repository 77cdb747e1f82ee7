"""After however much work, what the parts of the agent hold is what they held after a little of it.

Each test plants a leak besides, one entry for each piece of work, and sees that it is noticed.
"""

import pathlib

import pytest

from both import ALONE, each_interpreter, run

SCRIPT = """
sys.path.append(%r)
from held import held
import socket

def highest(work, *parts):
    most = 0
    for i in range(CYCLE):
        work(i)
        most = max(most, held(*parts))
    return most

def grows(work, *parts):
    before = highest(work, *parts)  # whatever is bounded is full by then
    return highest(work, *parts) - before

def leaky(one, method):
    kept = one.kept = []
    whole = getattr(one, method)
    def leaking(*arguments):
        kept.append(arguments)
        return whole(*arguments)
    setattr(one, method, leaking)

CYCLE = 200
"""

HISTORY = """
from nametrack.core.telling.history import History
history = part = History()
CYCLE = 450  # it is emptied when it is twice as long as it is to be
def work(i):
    history.add(do.trouble("c", "a", "b"), i)
method, parts = "add", (history,)
"""

LOOP = """
from nametrack.daemon.loop import Loop, Poller
class Agent:
    def handle(self, event, now): return []
    def handle_timer(self, now): return []
    def next_timer(self): return None
class Log:
    debugging = False
    def write(self, level, text): pass
poller = Poller(compat.monotonic)
loop = part = Loop(Agent(), poller, compat.monotonic, {}, Log())
def work(i):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    poller.add(sock.fileno(), print)
    poller.call_at(("later", i), compat.monotonic() + 1000, print)
    poller.call_at(("now", i), compat.monotonic(), loop.stop)
    loop.emit(on.SetsDisturbed("why"))
    loop.stopped = False
    loop.run()
    poller.cancel(("later", i))
    poller.remove(sock.fileno())
    sock.close()
method, parts = "emit", (loop, poller)
"""

DNS = """
from nametrack.adapters.dns import Dns
events = []
dns = part = Dns(poller, lambda event: events.append(event))
def work(i):
    events.clear()
    dns.send(do.SendQuery(3 * i, "a.test", 1, "127.0.0.1#9", False, True, True))
    dns.send(do.SendQuery(3 * i + 1, "a.test", 1, "127.0.0.1#9", True, True, True))
    dns.send(do.SendQuery(3 * i + 2, "a.test", 1, "127.0.0.1#9", False, True, True))
    dns.cancel(3 * i + 2)
    until(lambda: len(events) >= 2)
    events.clear()
method, parts = "send", (dns, poller)
"""

BUS = """
from nametrack.adapters.bus import Bus
class Log:
    def write(self, level, text): pass
bus = part = Bus(poller, Log(), "/nowhere")
bus.serve("served", {}, print, lambda free: None, print)
ended = []
def work(i):
    bus.request(print, lambda status, replies: ended.append(status))
    bus.notify(do.trouble("c", "a", "b"))
    ended.clear()
method, parts = "request", (bus, poller)
"""

NFTABLES = """
from nametrack.adapters.nftables import Nftables
part = Nftables()
def work(i):
    part.changed()
    poller.wait(compat.monotonic())
method, parts = "changed", (part, poller)
"""

PARTS = {"history": HISTORY, "loop": LOOP, "dns": DNS, "bus": BUS, "nftables": NFTABLES}
MEASURE = """
print(grows(work, *parts))
leaky(part, method)
print(grows(work, *parts) > 150)
"""


@each_interpreter
@pytest.mark.parametrize("part", sorted(PARTS))
def test_nothing_is_kept_of_work_that_is_done(interpreter, tmp_path, part):
    script = SCRIPT % str(pathlib.Path(__file__).parent.parent) + PARTS[part] + MEASURE
    assert run(interpreter, tmp_path, script, within=ALONE) == ["0", "True"]
