"""Takes the configuration in: the files are read in slices, and what they say is handed to the core as one event."""

from .. import compat_heap
from ..adapters.slices import Slices
from ..core import events as on
from ..core.config import configuration
from ..core.config.lists import errors_of, files, joining
from .config_files import read_config, read_id, reading
from .later import Later, new_lists

SLICE = 0.005  # seconds: a small configuration is taken in at once
NO_MEMORY = "the configuration does not fit into the memory"


def _whatever(errors):
    pass


class Intake:
    """`taken`: function(Loaded) that is called with a configuration that is to be in force from now on.

    folder: of the configuration; emit: function that hands an event to the core; log: log.Log.
    """

    def __init__(self, poller, folder, emit, log, taken):
        self.loaded = None  # Loaded, of the files that are in force
        self._seen = None  # Loaded.id of the files as they were read last, in force or refused
        self._folder = folder
        self._emit = emit
        self._log = log
        self._taken = taken
        self._lists = Later(lambda: new_lists(poller, self._configure))
        self._reading = Slices(poller, ("intake", "read"), SLICE)
        self._joining = Slices(poller, ("intake", "join"), SLICE)
        self._askers = []  # functions that are called with what is wrong, [text], once the files are read

    def load(self):
        """Read what is in the configuration's own files in one go.

        Return why there is no configuration to work with; None if there is one.
        """
        loaded, problem = read_config(self._folder)
        if loaded is None:
            return problem
        # before the files of hosts are read: else they are read twice
        paths = files(loaded.config)
        _make_room(loaded.config, self._lists.made().count(paths) if paths else {}, {})
        self._take(loaded)
        return None

    def _listed(self):
        """What the files of hosts list, as lists.with_lists has it."""
        return self._lists.made().contents if self._lists.is_made() else {}

    def follow(self):
        """Hand what was loaded to the core, with what files of hosts list, and read these again when they change."""
        self._follow_lists(self._begin)

    def _follow_lists(self, done):
        """Follow the files of hosts, and call `done` once they are read."""
        paths = files(self.loaded.config)
        if paths or self._lists.is_made():
            self._lists.made().follow(paths, done)
        else:
            done()

    def reload(self, answer=_whatever):
        """Read the files again; call `answer` with what is wrong with them, [text]: at once if that is quick.

        Files that cannot be read or parsed change nothing: half a configuration would stop what the other half is for.
        Another call before the end has the reading begin anew.
        """
        self._askers.append(answer)
        self._reading.begin(_within_memory(reading(self._folder)), self._read)

    def reload_changes(self):
        """Read the files again if they changed: a reload that was called while the bus was away did not arrive."""
        if read_id(self._folder) != self._seen:
            self.reload()

    def busy(self):
        """Return whether something is not read, or not handed to the core yet."""
        return self._lists.busy() or self._reading.busy() or self._joining.busy()

    def _read(self, found):
        loaded, problem = found
        faults = [problem] if loaded is None else loaded.faults
        self._seen = read_id(self._folder) if loaded is None else loaded.id
        if faults:
            self._emit(on.ConfigRefused(faults))
            return self._answer(faults)
        self._log.write("info", "configuration read again")
        self._take(loaded)
        self._follow_lists(self._configure)
        self._answer(loaded.config.errors + errors_of(loaded.config, self._listed()))

    def _answer(self, errors):
        askers, self._askers = self._askers, []
        for answer in askers:
            answer(errors)

    def _take(self, loaded):
        self.loaded, self._seen = loaded, loaded.id
        self._taken(loaded)

    def _begin(self):
        """The files of hosts were read for the first time."""
        found = {path: each for path, (each, _) in self._listed().items() if each is not None}
        _make_room(self.loaded.config, {path: len(found[path].elements) for path in found}, found)
        self._configure()

    def _configure(self):
        """Hand the configuration to the core, with what its files of hosts list."""
        self._joining.begin(joining(self.loaded.config, self._listed()), self._hand_over)

    def _hand_over(self, config):
        if not config.enabled:
            self._log.write("info", "disabled in the configuration (option enabled)")
            config = configuration.build([], [], config.errors, config.origin)
        self._emit(on.CronRead(self.loaded.cron))
        self._emit(on.FirewallRead(self.loaded.firewall))
        if self.loaded.machine is not None:
            self._emit(on.MachineRead(self.loaded.machine))
        self._emit(on.ConfigLoaded(config))


def _make_room(config, elements, lists):
    """Start the program anew with a larger heap if a configuration needs one.

    elements: {path of a file of hosts: how many addresses and prefixes it lists}; lists: {path: HostList} of those that
    were read.
    """
    paths = [path for policy in config.policies for path in policy.files]
    read = [lists[path] for path in paths if path in lists]
    names = sum([len(each.hosts) for each in config.policies + read]) + len(config.peers)
    addresses = sum([len(policy.literals) for policy in config.policies] + [elements.get(path, 0) for path in paths])
    compat_heap.expect(names, len(config.peers), addresses, sum([len(each) for each in read]))
    if compat_heap.shortage():
        compat_heap.grow()


def _within_memory(steps):
    """The same generator; its value says so if the memory does not suffice."""
    try:
        return (yield from steps)
    except MemoryError:
        compat_heap.ran_short(NO_MEMORY)
        return None, NO_MEMORY
