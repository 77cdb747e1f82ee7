"""The configuration of a machine that is no OpenWrt router: /etc/nametrack.conf, and peers from wg-quick's files."""

from .. import compat_files
from ..adapters import files, kernel_interfaces
from ..adapters.machine import managers, timers
from ..core.config import configuration
from ..core.machine import Machine
from ..core.ordering import result
from ..wire import uci, wg_quick
from .config_files import NAMETRACK, Loaded, id_of

CONF = "/nametrack.conf"  # beside the folder of the configuration; as DIR/nametrack it is found as well
CRONTABS = ("/crontab", "/cron.d", "/../var/spool/cron/crontabs")  # the same
MAX_FILES = 256


def reading(folder):
    """Read the files for the configuration folder `folder`, a step at a time.

    A generator, whose value is `(Loaded, None)`, or `(None, why)` if there are none at all.
    """
    return _Reader(folder).reading()


def read_id(folder):
    """The Loaded.id of the same files as they are now."""
    reader = _Reader(folder)
    result(reader.reading())
    return reader.id()


class _Reader:
    """Reads the files of one configuration, and keeps their texts for its id."""

    def __init__(self, folder):
        self._folder = folder
        self._beside = folder.rstrip("/").rpartition("/")[0]
        self._texts = []
        self._problems = []  # with the configuration
        self._network_problems = []  # with wg-quick's files
        self._faults = []  # those of them that keep a running agent from taking the configuration
        self._network = []  # sections of the interfaces and peers

    def id(self):
        """Text, another one for other files."""
        return id_of([text.encode() for text in self._texts])

    def reading(self):
        """See above."""
        paths = (self._folder + NAMETRACK, self._beside + CONF)
        found = [path for path in paths if compat_files.exists(path)]
        sections = (yield from self._nametrack(found[0])) if found else []
        folder = configuration.wg_quick_folder(sections)
        names = [] if folder is None else [n for n in compat_files.names(folder) if n.endswith(".conf")]
        if not names and not found:
            return None, "neither %s nor %s is there, and %s has no file of wg-quick" % (paths + (folder,))
        for name in names[:MAX_FILES]:
            self._wg_quick("%s/%s" % (folder, name), name[: -len(".conf")])
        machine = self._machine()
        self._texts.extend(machine.nameservers)
        network, defaults = folder or "wg-quick's files", {"nameserver": machine.nameservers}
        origin = configuration.Origin((found or paths)[-1], network, defaults)
        config = yield from configuration.building(
            sections, self._network, self._problems, origin, self._network_problems
        )
        cron = self._cron()
        return Loaded(config, self._faults, cron, self.id(), machine, None), None

    def _nametrack(self, path):
        sections, problems = [], []
        yield from uci.parsing(self._text(path, self._problems), sections, problems)
        self._problems.extend(_lines(path, problems))
        self._faults = self._problems[:] if any([problem.fault for problem in problems]) else []
        return sections

    def _wg_quick(self, path, interface):
        sections, problems = wg_quick.parse(self._text(path, self._network_problems), interface)
        self._network_problems.extend(_lines(path, problems))
        self._network.extend(sections)

    def _machine(self):
        tunnels = [section for section in self._network if section.type == "interface"]
        return Machine(
            [section.name for section in tunnels if "saves" in section.options],
            {section.name: section.options["dns"] for section in tunnels if "dns" in section.options},
            kernel_interfaces.nameservers(),
            kernel_interfaces.learnt_nameservers(),
            timers(self._beside),
            managers(self._beside),
        )

    def _cron(self):
        lines = []
        for place in CRONTABS:
            path = self._beside + place
            for each in [path] + ["%s/%s" % (path, name) for name in compat_files.names(path)]:
                text, _ = files.read_text(each)
                lines.extend([line for line in (text or "").split("\n") if line and not line.startswith("#")])
        return lines

    def _text(self, path, problems):
        text, problem = files.read_text(path)
        if text is None:
            problems.append("%s: %s" % (path, problem))
        self._texts.append(text or "")
        return text or ""


def _lines(path, problems):
    return ["%s, line %d: %s" % (path, problem.line, problem.text) for problem in problems]
