"""The last good addresses in their file, and in the copy of it that is lost with the power.

Both are read and written a slice at a time: 65,536 addresses take a second and more.
"""

from .. import compat, compat_files, compat_heap
from ..core import events as on
from ..core.last_good import SLICE, Endpoints, Known, Owned, Saved
from ..wire import last_good as wire

NAME = "/last-good.json"
MAX_SIZE = 16 << 20  # bytes that are read of either

_WRITE = 0.01  # seconds that are written in a row


class LastGood:
    """Hands in LastGoodRead, and carries out SaveLastGood, ShareLastGood and Remember."""

    def __init__(self, poller, emit, state_dir, run_dir):
        self._poller = poller
        self._emit = emit
        self._folder = state_dir
        self._copy_folder = run_dir
        self._copy = run_dir + NAME
        self._added = None  # the copy, open for what is added to it
        self._jobs = {}  # path -> the _Job that writes it

    # -- reading --

    def load(self, untouched=False):
        """Read what is remembered, the first slice at once. `untouched`: the copy is not made if there is none."""
        path = self._folder + NAME
        if untouched:
            source = self._copy if _exists(self._copy) else path
        else:
            source = self._copy if self._make_copy(path) else path
        self._read(read(source, compat.wall()))

    def _make_copy(self, path):
        """Make the copy of the file, unless there is one, and return whether there is one."""
        try:
            if not _exists(self._copy):
                compat_files.make_folder(self._copy_folder)
                compat_files.replace_file(self._copy, compat_files.blocks(path) if _exists(path) else ())
            return True
        except OSError:
            return False

    def _read(self, slices):
        compat_heap.pace()
        try:
            records, problem, more = next(slices)
        except StopIteration:
            return  # the memory is too small for it, and the program starts again with more
        self._emit(on.LastGoodRead(records, more, problem))
        if more:
            self._poller.call_at(("last good",), compat.monotonic(), lambda: self._read(slices))

    # -- writing --

    def save(self, action):
        """Carry out SaveLastGood."""
        wall = compat.wall()

        def lines():
            yield wire.head()
            for known in action.records():
                for line in _lines(known, wall):
                    yield line + b",\n"
            yield wire.tail(action.essence)

        self._begin(_Job(self._folder, lines(), True), action, lambda: self._add([wire.saved_line(action.essence)]))

    def share(self, action):
        """Carry out ShareLastGood."""
        wall = compat.wall()

        def lines():
            for record in action.records():
                for line in _lines(record, wall):
                    yield line + b"\n"

        self._begin(_Job(self._copy_folder, lines(), False), action, self._close)

    def remember(self, action):
        """Carry out Remember. A copy that cannot be added to is removed: old news are worse than none."""
        wall = compat.wall()
        error = self._add([line for record in action.records for line in _lines(record, wall)])
        if error is not None:
            self._emit(on.ActionFailed(action, error))

    def _add(self, lines):
        """Add lines to the copy; return None, or why that cannot be done."""
        data = b"\n".join(lines) + b"\n"
        try:
            if self._added is None:
                if not _exists(self._copy):
                    return compat.errno_text(compat.ENOENT)  # alone these lines would pass for all that is known
                self._added = compat_files.open_file(self._copy, "ab")
                data = b"\n" + data  # the last line may have been cut off
            self._added.write(data)
            compat.flush(self._added)
            job = self._jobs.get(self._copy)
            if job is not None:
                job.add(data)
        except OSError as error:
            self._close()
            compat_files.remove_file(self._copy)
            return compat.error_text(error)
        return None

    def _close(self):
        if self._added is not None:
            _close(self._added)
            self._added = None

    def _begin(self, job, action, done):
        if job.path in self._jobs:
            self._jobs[job.path].abandon()
        self._jobs[job.path] = job
        self._go_on(job, action, done)

    def _go_on(self, job, action, done):
        if self._jobs.get(job.path) is not job:
            return
        try:
            ended = job.write(compat.monotonic() + _WRITE)
        except OSError as error:
            del self._jobs[job.path]
            job.abandon()
            return self._emit(on.ActionFailed(action, compat.error_text(error)))
        if ended:
            del self._jobs[job.path]
            return done()
        job.again = lambda: self._go_on(job, action, done)
        self._poller.call_at(("last good", job.path), compat.monotonic(), job.again)

    def finish(self):
        """Write to its end what is being written."""
        while self._jobs:
            self._jobs[sorted(self._jobs)[0]].again()

    def busy(self):
        """Return whether something is being written."""
        return bool(self._jobs)


class _Job:
    """A file that is written beside its place and then put there, whole or not at all."""

    def __init__(self, folder, lines, durable):
        """`lines`: iterator of bytes; `durable`: whether the disk must have it before it is put in its place."""
        self.path = folder + NAME
        self.again = None  # function that goes on
        self._folder = folder
        self._lines = lines
        self._durable = durable
        self._file = None

    def write(self, until):
        """Write for a while, until monotonic `until`; return whether it is at its end. Raises OSError."""
        if self._file is None:
            compat_files.make_folder(self._folder)
            self._file = compat_files.open_file(self.path + ".new", "wb")
        waiting = []
        for line in self._lines:
            waiting.append(line)
            if len(waiting) >= 16:
                self._file.write(b"".join(waiting))
                waiting = []
                if compat.monotonic() >= until:
                    return False
        self._file.write(b"".join(waiting))
        if self._durable:
            compat_files.sync(self._file)
        self._file.close()
        compat_files.rename(self.path + ".new", self.path)
        return True

    def add(self, data):
        """Write something in between. Raises OSError."""
        if self._file is not None:
            self._file.write(data)

    def abandon(self):
        """Leave the file that was there."""
        if self._file is not None:
            _close(self._file)
            compat_files.remove_file(self.path + ".new")


def read(path, wall):
    """Yield `(records, problem, more)` for a slice of the file after the other; the last has the problem, or None.

    `wall`: Unix time. No file is no problem.
    """
    reader = wire.Reader(wall, (Known, Endpoints, Owned, Saved))
    found, keys, bad, problem = [], 0, 0, None
    if (compat_files.size(path) or 0) > MAX_SIZE:
        problem = "%s: only the first %d MiB are used" % (path, MAX_SIZE >> 20)
    try:
        for line in compat_files.lines(path, wire.MAX_LINE, MAX_SIZE):
            try:
                records = [] if line is None else reader.records(line)
                bad += line is None
            except wire.LastGoodError as error:
                records = error.args[0]
                bad += 1
            found.extend(records)
            keys += sum([len(record[1]) if len(record) > 1 else 0 for record in records])
            if keys >= SLICE:
                yield found, None, True
                found, keys = [], 0
    except OSError as error:
        if error.errno != compat.ENOENT:
            problem = "%s: %s" % (path, compat.error_text(error))
    except MemoryError:
        compat_heap.ran_short("%s did not fit" % path)
        if compat_heap.can_grow():
            yield found, None, True
            return
        problem = "%s: too large for the memory, only a part of it is used" % path
    if bad and problem is None:
        problem = "%s: %d lines skipped that hold no last good addresses" % (path, bad)
    yield found, problem, False


def read_all(state_dir, run_dir, wall):
    """Yield every record of the copy, or of the file if there is no copy."""
    for records, _, _ in read((run_dir if _exists(run_dir + NAME) else state_dir) + NAME, wall):
        for record in records:
            yield record


def _lines(record, wall):
    if isinstance(record, Known):
        return wire.host_lines(record, wall)
    return [wire.endpoints_line(record)] if isinstance(record, Endpoints) else wire.set_lines(record)


def _close(file):
    try:
        file.close()
    except OSError:
        pass  # CPython tries once more to write what could not be written


def _exists(path):
    return compat_files.size(path) is not None
