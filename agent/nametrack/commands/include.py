"""`nametrack include`: the elements that sets should have now, printed for services that make their sets anew.

It is no part of the agent and asks nobody: it works from files while the agent is down, and waits for nothing. What it
costs is its own start, so it leaves most of the agent out.
"""

import sys

from .. import compat, compat_heap
from ..adapters import files, netfilter, services
from ..core.sets.targets import SERVICES
from ..core.telling.user_include import contents, supports
from ..daemon.config_files import read_config
from ..element import ElementList
from ..wire import ipset, nft, uci
from ..wire.sets import MARK

# Seen from /etc/config: what pbr is about to load, up to version 1.2.2, while it runs the user files; and what is there
# while version 1.2.4 runs one, and that file is an old one.
PBR_FILE = "/../../var/run/pbr.nft"
PBR_WRAPPER = "/../../var/run/pbr.user_wrapper.sh"


def include(command, log):
    """Prints the lines; returns the exit code. Whatever goes wrong is no trouble of the service's."""
    try:
        for line in lines(command):
            sys.stdout.write(line + "\n")
        compat.flush(sys.stdout)
    except MemoryError:
        compat_heap.grow()  # what was printed already may be printed twice
        sys.stderr.write("nametrack: include: out of memory\n")
    except Exception as error:  # pbr and vpn-policy-routing take a failing user file for an error of their own
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
    copy, file = files.LastGood(command.run_dir), files.LastGood(command.state_dir)
    found = services.installed(command.config_dir, SERVICES)
    entries = files.remembered(copy, file, compat.wall())
    if compat_heap.shortage():
        compat_heap.grow()
    for set_name, keys in contents(kind, loaded.config, entries, found, _makes(kind, command.config_dir, found)):
        elements = ElementList(keys)
        name = set_name.partition(" ")[2]
        if set_name.startswith("nft "):
            for line in nft.add_text(nft.parse_name(name), elements):
                yield "%s # %s" % (line, MARK)
        else:
            for line in ipset.add_text(name, elements, MARK if netfilter.takes_comments(name) else None):
                yield line


def _makes(kind, config_dir, found):
    """Function that says whether there is a set, or is about to be; see core.include."""
    if kind != "pbr":
        return lambda interface, family, set_name: netfilter.has_set(set_name)
    pbr, rules = found.get("pbr"), files.read_text(config_dir + PBR_FILE)[0]
    if pbr is None:
        return lambda interface, family, set_name: False
    if files.read_text(config_dir + PBR_WRAPPER)[0] is not None:
        interfaces = _interfaces(config_dir)
        return lambda interface, family, set_name: (
            (family == 4 or pbr.ipv6) and supports(pbr, interface, interfaces.get(interface))
        )
    if rules is not None:
        return lambda interface, family, set_name: "add set %s " % set_name[4:] in rules
    # the oldest versions have made their sets already, and take each line by itself
    return lambda interface, family, set_name: netfilter.has_set(set_name)


def _interfaces(config_dir):
    """{name: options} of the interfaces in /etc/config/network."""
    text, _ = files.read_text(config_dir + "/network")
    sections, _ = uci.parse(text or "", lambda kind: kind == "interface")
    return {section.name: section.options for section in sections}
