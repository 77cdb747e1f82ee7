"""Programs that are run one after the other, with bounds on time and output."""

import time

from .. import compat, compat_heap, compat_process

LIMIT = 30  # seconds
OUTPUT_LIMIT = 64 << 20  # bytes
NOT_FOUND = 127  # the exit code that shells have for it

_REAP_FIRST = 0.002  # seconds until a program that closed its output is looked at again; doubles
_REAP_MAX = 0.25
_LEAVE = 2  # seconds that a program has to end by itself where nobody listens any more


class Runner:
    """A queue of programs; one of them runs at a time."""

    def __init__(self, poller):
        self._poller = poller
        self._waiting = []
        self._run = None

    def run(self, argv, chunks, done, limit=LIMIT, started=None):
        """Runs `argv` with the pieces of bytes `chunks` as its stdin (None: nothing), when its turn comes.

        Then `done(exit_code, output)` is called, never from within `run`. `output` is bytes, stdout and stderr in one:
        a long listing would fill the memory once more as text. The exit code is None where the program was not run to
        its end, and `output` is then the reason in words, as for the code NOT_FOUND. `started(pid)` is called as soon
        as it runs, before anything else is heard of it.
        """
        self._waiting.append((argv, chunks, done, limit, started))
        if self._run is None:
            self._next()

    def call(self, callback):
        """Calls `callback()` when its turn comes, never from within `call`."""
        self.run(None, None, callback)

    def busy(self):
        """Whether a program runs or waits."""
        return self._run is not None

    def leave(self):
        """Has no program of ours run on: what waits is not run, what runs has a moment to end. Nobody is told."""
        self._waiting = []
        if isinstance(self._run, _Run):
            self._run.leave()

    def _next(self):
        self._run = None
        if self._waiting:
            argv, chunks, done, limit, started = self._waiting.pop(0)
            if argv is None:
                self._run = done
                self._poller.call_at(("process", id(self)), compat.monotonic(), lambda: self._called(done))
                return
            self._run = _Run(self._poller, argv, done, limit, self._next)
            self._run.start(chunks, started)

    def _called(self, callback):
        callback()
        self._next()


class _Run:
    def __init__(self, poller, argv, done, limit, ended):
        self._poller = poller
        self._argv = argv
        self._done = done
        self._limit = limit
        self._ended = ended  # function, called before `done`: what that orders goes into a queue that goes on
        self._child = None
        self._output = []
        self._size = 0
        self._wait = _REAP_FIRST

    def start(self, chunks, started):
        try:
            self._child = compat_process.spawn(self._argv, chunks)
        except OSError as error:
            code, text = None, "%s: %s" % (self._argv[0], compat.error_text(error))
            if error.errno == compat.ENOENT:
                code, text = NOT_FOUND, "%s: not installed" % self._argv[0]
            self._call_at(compat.monotonic(), lambda: self._end(code, text))
            return
        if started is not None:
            started(self._child.pid)
        self._poller.add(self._child.fd, self._readable)
        self._call_at(compat.monotonic() + self._limit, self._too_late)

    def leave(self):
        child = self._child
        if child is None:
            return
        if child.fd is not None:
            self._close()
        _await(child, _LEAVE)
        child.kill()
        _await(child, 1)  # one that hangs in the kernel does not even notice

    def _call_at(self, at, callback):
        self._poller.call_at(("process", id(self)), at, callback)

    def _readable(self, mask):
        try:
            data = self._child.read()
            self._size += len(data)
            if data:
                self._output.append(data)
            if self._size > OUTPUT_LIMIT:
                return self._kill("more than %d MiB of output" % (OUTPUT_LIMIT >> 20))
        except OSError as error:
            return self._kill(compat.error_text(error))
        except MemoryError:
            self._output = []  # room for what follows
            compat_heap.ran_short("the output of %s did not fit" % self._argv[0])
            return self._kill("its output does not fit into memory")
        if not data:
            self._close()
            self._reap()

    def _close(self):
        self._poller.remove(self._child.fd)
        self._child.close()

    def _reap(self):
        """Its output is at an end, and so is the program, most likely."""
        code = self._child.wait(True)
        if code is not None:
            return self._end(code, None)
        key = ("reap", id(self))
        self._poller.call_at(key, compat.monotonic() + self._wait, self._reap)
        self._wait = min(2 * self._wait, _REAP_MAX)

    def _too_late(self):
        self._kill("killed after %d s" % self._limit)

    def _kill(self, why):
        self._poller.cancel(("reap", id(self)))
        if self._child.fd is not None:
            self._close()
        self._child.kill()
        text = "%s: %s%s" % (self._argv[0], why, self._first_words())
        # Not waited for before the next one: a process that hangs in the kernel does not even notice.
        _bury(self._poller, self._child)
        self._end(None, text)

    def _first_words(self):
        """What it said first, where it said anything: most likely why it hangs."""
        said = compat.decode(self._output[0][:200]).strip().split("\n")[0] if self._output else ""
        return ": " + said if said else ""

    def _end(self, code, reason):
        """`reason`: text that stands for the output, None: the output itself."""
        self._poller.cancel(("process", id(self)))
        pieces, self._output = self._output, []
        if reason is None:
            try:
                output = b"".join(pieces)
            except MemoryError:
                compat_heap.ran_short("the output of %s did not fit" % self._argv[0])
                code, reason = None, "%s: its output does not fit into memory" % self._argv[0]
        if reason is not None:
            output = reason.encode()
        pieces = None  # the output is in memory once from here on
        self._ended()
        self._done(code, output)


def _await(child, limit):
    """Waits for the end of a child, `limit` seconds at most."""
    until = compat.monotonic() + limit
    while child.wait(True) is None and compat.monotonic() < until:
        time.sleep(_REAP_FIRST)


def _bury(poller, child):
    """Takes note of the end of a child that was killed, whenever that is."""
    if child.wait(True) is None:
        poller.call_at(("bury", child.pid), compat.monotonic() + 1, lambda: _bury(poller, child))
