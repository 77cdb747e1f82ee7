"""adapters/bus.py before a bus: what is served, and what happens when memory, or the bus itself, is gone."""

import threading
import time

import pytest

from bus import Bus as Ubusd
from nametrack import compat
from nametrack.adapters.bus import Bus
from nametrack.core.actions import Reply
from nametrack.daemon.loop import Poller
from pyubus import UBUS_STATUS_NO_MEMORY, UbusClient, UbusError


class Log:
    def __init__(self):
        self.lines = []

    def write(self, level, text):
        self.lines.append(text)


class Served:
    """An object on the bus whose methods are functions; `turn` is one round of the loop that it lives in."""

    def __init__(self, path, **methods):
        self.log, self.arrivals = Log(), []
        self.poller = Poller(compat.monotonic)
        self.bus = Bus(self.poller, self.log, path)
        signatures = {name: {} for name in methods}
        answer = lambda method, arguments: methods[method]()  # noqa: E731
        self.bus.serve("served", signatures, answer, lambda free: None, lambda: self.arrivals.append(1))

    def until(self, done):
        end = time.monotonic() + 20
        while not done():
            assert time.monotonic() < end, self.log.lines
            self.poller.wait(compat.monotonic() + 0.1)

    def called(self, path, method):
        """The answer to a call, or the code that it is refused with."""
        found = []

        def call():
            with UbusClient(path, 10) as client:
                try:
                    found.append(client.call("served", method))
                except UbusError as error:
                    found.append(error.code)

        caller = threading.Thread(target=call)
        caller.start()
        self.until(lambda: found)
        caller.join()
        return found[0]


def exhausted():
    raise MemoryError


class Greedy(dict):
    """Values whose encoding takes more memory than there is."""

    def items(self):
        raise MemoryError


@pytest.mark.parametrize("answer", [exhausted, lambda: (0, Greedy())])
def test_a_call_that_memory_does_not_suffice_for_ends_nothing(tmp_path, answer):
    with Ubusd(tmp_path) as ubusd:
        served = Served(ubusd.path, large=answer, small=lambda: (0, {"well": True}))
        served.until(lambda: served.arrivals)
        assert served.called(ubusd.path, "large") == UBUS_STATUS_NO_MEMORY
        assert served.log.lines == ["bus: a call is not answered: out of memory"]
        assert served.called(ubusd.path, "small") == {"well": True}


def test_a_call_that_is_answered_later_and_does_not_fit_into_the_memory_ends_nothing(tmp_path):
    def later():
        served.poller.call_at("later", 0, lambda: served.bus.reply(Reply(7, None)))
        return None, 7

    with Ubusd(tmp_path) as ubusd:
        served = Served(ubusd.path, large=later, small=lambda: (0, {"well": True}))
        served.until(lambda: served.arrivals)
        assert served.called(ubusd.path, "large") == UBUS_STATUS_NO_MEMORY
        assert served.log.lines == ["bus: a call is not answered: out of memory"]
        assert served.called(ubusd.path, "small") == {"well": True}


def test_each_time_that_the_object_is_on_the_bus_is_told(tmp_path):
    with Ubusd(tmp_path) as ubusd:
        served = Served(ubusd.path, small=lambda: (0, {}))
        served.until(lambda: served.arrivals)
        ubusd.stop()
        served.until(lambda: served.log.lines)
        assert len(served.arrivals) == 1
        ubusd.start()
        served.until(lambda: len(served.arrivals) == 2)
        assert served.called(ubusd.path, "small") == {}


class Watcher:
    def __init__(self):
        self.heard = []

    def connected(self, serving):
        self.heard.append(serving)


def test_who_begins_to_watch_later_hears_at_once_that_the_bus_is_there(tmp_path):
    with Ubusd(tmp_path) as ubusd:
        served, early, late = Served(ubusd.path), Watcher(), Watcher()
        served.bus.watch(early)
        assert early.heard == []  # not yet
        served.until(lambda: served.arrivals)
        served.bus.watch(late)
        assert early.heard == late.heard == [True]
