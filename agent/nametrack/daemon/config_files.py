"""The files that the configuration is read from: those of UCI, and the scheduled tasks beside them."""

from binascii import crc32
from collections import namedtuple

from .. import compat_files
from ..adapters import files
from ..core.config import configuration, network
from ..wire import uci

NAMETRACK, NETWORK = "/nametrack", "/network"
CRONTAB = "/../crontabs/root"  # beside /etc/config

# config: core.config.Config; faults: [text], what cannot be parsed in the files; cron: lines of the scheduled tasks;
# id: text, another one for other files; machine: core.machine.Machine, None for a router
Loaded = namedtuple("Loaded", ("config", "faults", "cron", "id", "machine"))


def read_config(folder):
    """`(Loaded, None)` of the files in `folder` and beside it; `(None, why)` where there is nothing to work with."""
    if not is_router(folder):
        from .any_linux import read_config as read_elsewhere

        return read_elsewhere(folder)
    text, problem = files.read_text(folder + NAMETRACK)
    if text is None:
        return None, "%s: %s" % (folder + NAMETRACK, problem)
    problems, faults = [], []
    sections = _sections(text, folder + NAMETRACK, None, problems, faults)
    network_text, problem = files.read_text(folder + NETWORK)
    others = []
    if network_text is None:
        problems.append("%s: %s; no peer is known from it" % (folder + NETWORK, problem))
    else:
        others = _sections(network_text, folder + NETWORK, network.wants, problems, faults)
    cron_text, _ = files.read_text(folder + CRONTAB)
    cron = [line for line in (cron_text or "").split("\n") if line and not line.startswith("#")]
    config = configuration.build(sections, others, problems)
    return Loaded(config, faults, cron, id_of((text, network_text, cron_text)), None), None


def read_id(folder):
    """The Loaded.id of the same files as they are now."""
    if not is_router(folder):
        from .any_linux import read_id as read_id_elsewhere

        return read_id_elsewhere(folder)
    return id_of([files.read_text(folder + name)[0] for name in (NAMETRACK, NETWORK, CRONTAB)])


def is_router(folder):
    """Whether the configuration folder is that of an OpenWrt router: netifd's configuration is there."""
    return compat_files.exists(folder + NETWORK)


def id_of(texts):
    """Text, another one for other texts; None is one that is missing."""
    number = 0
    for text in texts:
        number = crc32((text or "").encode(), number)
    return "%08x" % number


def _sections(text, path, keep, problems, faults):
    """The sections of a file; `problems` gets all that is wrong with it, `faults` what libuci refuses the file for."""
    sections, found = uci.parse(text, keep)
    for problem in found:
        words = "%s, line %d: %s" % (path, problem.line, problem.text)
        problems.append(words)
        if problem.fault:
            faults.append(words)
    return sections
