"""`nametrack include`: the elements that ipsets should have now, printed for services that make their sets anew.

The command works from files while the agent is down, asks no other program and waits for nothing. Its only cost is its
own start, so it leaves most of the agent out.
"""

import sys

from .. import compat, compat_heap
from ..adapters import last_good, netfilter, services
from ..core.last_good import Remembered
from ..core.sets.targets import SERVICES
from ..core.telling.user_include import contents
from ..daemon.config_files import read_config, state_dir, with_files
from ..element import ElementList
from ..wire import ipset


def include(command, log):
    """Prints the lines; returns the exit code. Whatever goes wrong is no trouble of the service's."""
    try:
        for line in lines(command):
            sys.stdout.write(line + "\n")
        compat.flush(sys.stdout)
    except MemoryError:
        compat_heap.grow()  # what was printed already may be printed twice
        sys.stderr.write("nametrack: include: out of memory\n")
    except Exception as error:  # vpn-policy-routing takes a failing user file for an error of its own
        kind = type(error).__name__
        sys.stderr.write("nametrack: include: %s: %s\n" % (kind, error))
    return 0


def lines(command):
    """The commands for the kind of include that was asked for."""
    kind = command.names[0]
    loaded, problem = read_config(command.config_dir)
    if loaded is None:
        sys.stderr.write("nametrack: %s\n" % problem)
        return
    found = services.installed(command.config_dir, SERVICES)
    remembered = Remembered(last_good.read_all(state_dir(command), command.run_dir, compat.wall()))
    if compat_heap.shortage():
        compat_heap.grow()
    for name, keys in contents(kind, with_files(loaded.config), remembered, found, netfilter.has_set):
        for text in ipset.change_text(name, netfilter.takes_comments(name), ElementList(), ElementList(keys)):
            yield text
