"""Joins the three: what is readable becomes events, events become actions, actions go to the adapters.

One `select.poll`, no thread; with nothing due it sleeps. The adapters see it as their poller: they add file
descriptors and time limits, and hand in events by `emit`.
"""

import select

from .. import compat_heap
from ..core import actions as do
from ..core.histogram import Histogram
from ..core.timers import Timers

LONG = 0.05  # seconds in which nothing is heard: those who wait for the agent wait for as long
AT_ONCE = 16  # descriptors that are served between two looks at which are ready: what comes of them takes milliseconds
SHARE = 0.01  # seconds after which no other one is served then
PACE = 16  # events between two looks at how much memory is in use
LAGS = (0.01, 0.05, 0.25, 1, 5)  # seconds


class Poller:
    """File descriptors and time limits with what to call; descriptors are ints, as both interpreters poll them."""

    def __init__(self, clock):
        self._clock = clock  # function: monotonic seconds
        self._poll = select.poll()
        self._callbacks = {}  # fd -> (callback(mask), the round in which it was added or called last)
        self._round = 0
        self._timers = Timers()
        self._calls = {}  # timer key -> callback()
        self._woke = None  # when the last wait ended
        self._away = None  # function(seconds)

    def when_away(self, callback):
        """Calls `callback(seconds)` after each time of more than LONG seconds between two waits."""
        self._away = callback

    def add(self, fd, callback, write=False):
        """Calls `callback(mask)` when `fd` is readable, or writable with `write`, or broken."""
        self._callbacks[fd] = (callback, self._round)
        self._poll.register(fd, select.POLLOUT if write else select.POLLIN)

    def also_write(self, fd, wanted):
        """Waits for `fd` to be readable, and with `wanted` for it to be writable too."""
        self._poll.modify(fd, select.POLLIN | select.POLLOUT if wanted else select.POLLIN)

    def remove(self, fd):
        """Forgets `fd`; to be called before it is closed."""
        if self._callbacks.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def call_at(self, key, at, callback):
        """Calls `callback()` once at monotonic `at`; the same key again replaces it."""
        self._calls[key] = callback
        self._timers.set(key, at)

    def cancel(self, key):
        """Forgets a call that was to be made."""
        self._calls.pop(key, None)
        self._timers.cancel(key)

    def wait(self, deadline):
        """Sleeps until something happens, `deadline` (monotonic seconds, None for none) at the latest; calls back."""
        own, now = self._timers.next(), self._clock()
        if own is not None and (deadline is None or own < deadline):
            deadline = own
        if deadline is None:
            timeout = -1
        else:
            # Rounded up: a millisecond too early would find nothing due and spin until it is.
            timeout = int((deadline - now) * 1000) + 1 if deadline > now else 0
        if self._away is not None and self._woke is not None and now - self._woke > LONG:
            self._away(now - self._woke)
        ready = self._poll.poll(timeout)
        self._woke = self._clock()
        self._round += 1
        for entry in ready if len(ready) == 1 else self._longest_waiting(ready):
            # An earlier callback of this round may have closed the descriptor, and another taken its number since.
            callback, since = self._callbacks.get(entry[0], (None, self._round))
            if since < self._round:
                self._callbacks[entry[0]] = (callback, self._round)
                callback(entry[1])
                if self._clock() - self._woke > SHARE:
                    break
        for key in self._timers.each_due(self._woke):
            callback = self._calls.pop(key, None)
            if callback is not None:
                callback()

    def _longest_waiting(self, ready):
        """Return those of some `(fd, mask)` that were not called for the longest time; the others stay ready."""
        return sorted(ready, key=lambda entry: self._callbacks[entry[0]][1])[:AT_ONCE]


class Loop:
    """Runs one agent. `perform`: {action type: function(action)}; `log`: log.Log."""

    def __init__(self, agent, poller, clock, perform, log):
        self._agent = agent
        self._poller = poller
        self._clock = clock
        self._perform = perform
        self._log = log
        self._events = []
        self.lag = Histogram(LAGS)  # how late what was due was done
        self.stopped = False
        self.short = None  # why it stopped, in words, if memory ran short
        self._handled = 0  # events since memory was looked at

    def emit(self, event):
        """Hands in an event; it is handled before the loop sleeps again."""
        self._events.append(event)

    def run(self, done=None):
        """Runs until `stop`, or until `done()` says so between two rounds."""
        while not self.stopped:
            due = self._handle_all()
            if self.stopped or (done is not None and not self._events and done()):
                break
            self._poller.wait(due)

    def stop(self):
        """Ends `run` after the round that is under way."""
        self.stopped = True

    def finish(self, actions):
        """Carries out the last actions of all and what comes of them at once; nothing that is due begins any more."""
        self._events = []
        self.order(actions)
        events, self._events = self._events, []
        for event in events:
            self.order(self._agent.handle(event, self._clock()))

    def order(self, actions):
        """Carries out actions."""
        for action in actions:
            if type(action) is do.Log:
                self._log.write(action.level, action.text)
                continue
            if type(action) is do.Notify:
                self._log.write("warning" if action.kind == "trouble" else "info", do.line(action))
            if self._log.debugging:
                self._log.write("debug", "> " + do.text(action))
            self._perform[type(action)](action)

    def _handle_all(self):
        """Handle what has happened and what is due, and what comes of it; what is due then has to wait for the poll.

        Return when something is due next, None for never.
        """
        timed = False
        while True:
            events, self._events = self._events, []
            for event in events:
                if self._log.debugging:
                    self._log.write("debug", "< " + type(event).__name__)
                self.order(self._agent.handle(event, self._clock()))
            self._handled += len(events)
            if self._handled >= PACE or compat_heap.is_short():
                self._handled = 0
                compat_heap.pace()
                self.short = compat_heap.shortage()
                if self.short:
                    self.stop()
                    return None
            due = self._agent.next_timer()
            now = None if due is None or timed else self._clock()
            if now is not None and due <= now:
                timed = True
                self.lag.observe(now - due)
                self.order(self._agent.handle_timer(now))
            elif not self._events:
                return due
