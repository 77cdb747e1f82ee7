"""What the scripts of these tests have at hand, under both interpreters: a poller, and the events that came."""

import sys

from nametrack import compat
from nametrack.core import actions as do
from nametrack.core import events as on
from nametrack.daemon.loop import Poller

__all__ = ("sys", "compat", "do", "on", "poller", "events", "emit", "until", "seconds")

poller = Poller(compat.monotonic)
events = []


def emit(event):
    """Keeps an event and prints it: its name and its first two or three values."""
    events.append(event)
    print(type(event).__name__, *event)


def until(condition, limit=20):
    """Lets the poller work until `condition()` holds."""
    end = compat.monotonic() + limit
    while not condition():
        if compat.monotonic() > end:
            print("it never came")
            sys.exit(1)
        poller.wait(compat.monotonic() + 0.05)


def seconds(limit):
    """Lets the poller work for a while."""
    end = compat.monotonic() + limit
    while compat.monotonic() < end:
        poller.wait(end)
