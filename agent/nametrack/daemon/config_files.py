"""The files that the configuration is read from: those of UCI, and the scheduled tasks beside them."""

from binascii import crc32
from collections import namedtuple

from .. import compat, compat_files, compat_heap, ip
from ..adapters import files
from ..core.config import configuration, lists, network
from ..core.ordering import result
from ..wire import uci

NAMETRACK, NETWORK, FIREWALL = "/nametrack", "/network", "/firewall"
CRONTAB = "/../crontabs/root"  # beside /etc/config

# config: core.config.Config; faults: [text], what cannot be parsed in the files; cron: lines of the scheduled tasks;
# id: text, another one for other files; machine: core.machine.Machine, None for a router; firewall: the Firewall that
# its file describes, None if there is none
Loaded = namedtuple("Loaded", ("config", "faults", "cron", "id", "machine", "firewall"))


def read_config(folder):
    """`(Loaded, None)` of the files in `folder` and beside it; `(None, why)` if there is nothing to work with."""
    return result(reading(folder))


def reading(folder):
    """Do the same a step at a time: a generator, whose value it is."""
    if not is_router(folder):
        return (yield from _elsewhere().reading(folder))
    # bytes: in what encoding a file is, and where it is in none, is for its parser to say
    data, problem = files.read_bytes(folder + NAMETRACK)
    if data is None:
        return None, "%s: %s" % (folder + NAMETRACK, problem)
    problems, network_problems, faults = [], [], []
    sections = yield from _sections(data, folder + NAMETRACK, None, problems, faults)
    network_data, problem = files.read_bytes(folder + NETWORK)
    others = []
    if network_data is None:
        network_problems.append("%s: %s; no peer is known from it" % (folder + NETWORK, problem))
    else:
        others = yield from _sections(network_data, folder + NETWORK, network.wants, network_problems, faults)
    cron_data, _ = files.read_bytes(folder + CRONTAB)
    lines = compat.decode(cron_data or b"").split("\n")
    cron = [line for line in lines if line and not line.startswith("#")]
    origin = configuration.Origin(folder + NAMETRACK, folder + NETWORK, {})
    config = yield from configuration.building(sections, others, problems, origin, network_problems)
    wall_data, _ = files.read_bytes(folder + FIREWALL)
    wall = None if wall_data is None else _firewall(wall_data)
    number = id_of((data, network_data, cron_data, wall_data))
    return Loaded(config, faults, cron, number, None, wall), None


def with_files(config):
    """Return the Config with what the files of hosts list, read in one go: for commands that do nothing else."""
    paths = lists.files(config)
    if not paths:
        return config
    from ..adapters.lists import Lists
    from ..core.config.policy_values import listed_host

    found = Lists(None, listed_host, ip.is_element, None)
    found.read_all(paths)
    return lists.with_lists(config, found.contents)


def read_id(folder):
    """The Loaded.id of the same files as they are now."""
    if not is_router(folder):
        return _elsewhere().read_id(folder)
    return id_of([files.read_bytes(folder + name)[0] for name in (NAMETRACK, NETWORK, CRONTAB, FIREWALL)])


def is_router(folder):
    """Whether the configuration folder is that of an OpenWrt router, or this is the package for routers."""
    return compat_files.exists(folder + NETWORK) or _elsewhere() is None


def state_dir(command):
    """The folder for what outlives the power: the one that the command line says, else the usual one."""
    return command.state_dir or ("/etc/nametrack" if is_router(command.config_dir) else "/var/lib/nametrack")


def _elsewhere():
    """The module for machines that are no routers; the package for routers leaves it out: None."""
    try:
        from . import any_linux
    except ImportError:
        return None
    return any_linux


def _firewall(data):
    from ..core.config import firewall  # not every machine has such a file

    return firewall.read(uci.parse(data, firewall.wants)[0])


def id_of(contents):
    """Return a text, another one for other contents of files: bytes each, None for a file that is missing."""
    number = 0
    for data in contents:
        number = crc32(data or b"", number)
    return "%08x" % number


def _sections(data, path, keep, problems, faults):
    """The sections of a file; `problems` gets all that is wrong with it, `faults` what libuci refuses the file for."""
    compat_heap.read(len(data))
    sections, found = [], []
    yield from uci.parsing(data, sections, found, keep)
    for problem in found:
        words = "%s, line %d: %s" % (path, problem.line, problem.text)
        problems.append(words)
        if problem.fault:
            faults.append(words)
    return sections
