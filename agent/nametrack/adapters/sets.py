"""nft sets and ipsets, changed by their own tools, which are the stable interface; ipsets are read without theirs."""

from .. import compat, compat_heap
from ..core import actions as do
from ..core import events as on
from ..wire import ipset, nft
from ..wire.netlink import NetlinkError
from ..wire.sets import MARK
from . import netfilter
from .netlink import Refused

_WRITE = 16384  # characters of a script, in one write at least

# What a script is read from. `-f -` would be /dev/stdin to nft, which not every router has.
_STDIN = "/proc/self/fd/0"


class Sets:
    """Carries out ListSet, GlanceSet and what changes sets, in the order they are given."""

    def __init__(self, runner, emit, notices=None):
        """`runner`: process.Runner; `emit`: function that takes events; `notices`: a notices.Notices that is told which
        sets matter and which changes are ours.
        """
        self._runner = runner
        self._emit = emit
        self._notices = notices
        self._commented = set()  # names of the ipsets whose entries take comments

    def list(self, action):
        """Carries out ListSet."""
        tool = _tool(action.set)
        if tool is None:
            return self._emit(on.ActionFailed(action, "not the name of a set"))
        if self._notices is not None:
            self._notices.watch(action.set)
        if tool.language is ipset:
            return self._runner.call(lambda: self._read(action, tool.name))
        self._runner.run(tool.list_command(), None, lambda code, output: self._listed(action, tool, code, output))

    def glance(self, action):
        """Carries out GlanceSet, of an ipset."""
        tool = _tool(action.set)
        if tool is None:
            return self._emit(on.ActionFailed(action, "not the name of a set"))
        self._runner.call(lambda: self._count(action, tool.name))

    def change(self, action):
        """Carries out AddElements, DeleteElements, ReplaceElements or RefillSet."""
        tool = _tool(action.set)
        if tool is None:
            return self._emit(on.ActionFailed(action, "not the name of a set"))
        try:
            chunks = list(_chunks(self._lines(tool, action)))
        except (nft.NftError, ipset.IpsetError) as error:
            return self._emit(on.ActionFailed(action, str(error)))
        except MemoryError:
            return self._emit(on.ActionFailed(action, _short("what is to be written")))
        started = None if self._notices is None else self._notices.own
        done = lambda code, output: self._changed(action, tool, code, output)  # noqa: E731
        self._runner.run(tool.COMMAND, chunks, done, started=started)

    def script(self, action):
        """The lines that `change` would feed to the tool: a list of text."""
        tool = _tool(action.set)
        if tool is None:
            return ["# not the name of a set: %s" % action.set]
        try:
            return "\n".join(self._lines(tool, action)).split("\n")
        except (nft.NftError, ipset.IpsetError) as error:
            return ["# %s: %s" % (action.set, error)]

    def _lines(self, tool, action):
        if isinstance(action, do.RefillSet):
            return nft.refill_text(tool.name, action.elements)
        if tool.language is ipset:
            return _ipset_lines(tool.name, action, MARK if action.set in self._commented else None)
        if isinstance(action, do.ReplaceElements):
            return nft.replace_text(tool.name, action.old, action.new)
        if isinstance(action, do.DeleteElements):
            return nft.delete_text(tool.name, action.elements)
        return nft.add_text(tool.name, action.elements)

    def _listed(self, action, tool, code, output):
        if code != 0:
            if code is not None and tool.language.is_missing(compat.decode(output)):
                return self._emit(on.SetListed(action.set, None))
            return self._emit(on.ActionFailed(action, _complaint(code, output)))
        try:
            listing = tool.language.parse_listing(output)
        except nft.NftError as error:
            return self._emit(on.ActionFailed(action, str(error)))
        except MemoryError:
            return self._emit(on.ActionFailed(action, _short("the set")))
        self._emit(on.SetListed(action.set, listing))

    def _read(self, action, name):
        dump = self._ask(action, name, False)
        if dump is None:
            return
        listing = dump.listing() if dump else None
        self._commented.discard(action.set)
        if listing is not None and listing.marked is not None:
            self._commented.add(action.set)
        self._emit(on.SetListed(action.set, listing))

    def _count(self, action, name):
        dump = self._ask(action, name, True)
        if dump is not None:
            self._emit(on.SetGlanced(action.set, dump.size if dump else None))

    def _ask(self, action, name, header_only):
        """The ipset's Dump, False where there is none, None where that failed and was said."""
        try:
            return netfilter.ipset(name, header_only) or False
        except OSError as error:
            self._emit(on.ActionFailed(action, compat.error_text(error)))
        except (NetlinkError, Refused) as error:
            self._emit(on.ActionFailed(action, str(error)))
        except MemoryError:
            self._emit(on.ActionFailed(action, _short("the set")))
        return None

    def _changed(self, action, tool, code, output):
        if self._notices is not None:
            self._notices.own_ended(None if code is None else int(code == 0 and tool.language is nft))
        if code != 0:
            return self._emit(on.ActionFailed(action, _complaint(code, output)))
        self._emit(on.SetChanged(action))


class _Nft:
    COMMAND = ["nft", "-f", _STDIN]
    language = nft

    def __init__(self, name):
        self.name = name

    def list_command(self):
        return ["nft", "-n", "list", "set", self.name.family, self.name.table, self.name.name]


class _Ipset:
    COMMAND = ["ipset", "restore"]
    language = ipset

    def __init__(self, name):
        self.name = name


def _tool(set_name):
    """The tool for `nft FAMILY TABLE NAME` or `ipset NAME`; None for what is no such name."""
    kind, _, name = set_name.partition(" ")
    if kind == "nft":
        name = nft.parse_name(name)
        return None if name is None else _Nft(name)
    if kind == "ipset" and ipset.valid_name(name):
        return _Ipset(name)
    return None


def _short(what):
    """Why something failed for want of memory, in words."""
    compat_heap.ran_short("%s did not fit" % what)
    return "%s does not fit into memory" % what


def _ipset_lines(name, action, comment):
    if isinstance(action, do.ReplaceElements):
        return ipset.replace_text(name, action.old, action.new, comment)
    if isinstance(action, do.DeleteElements):
        return ipset.delete_text(name, action.elements)
    return ipset.add_text(name, action.elements, comment)


def _chunks(lines):
    """Lines as bytes, many in one: each piece is a write."""
    waiting, size = [], 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _WRITE:
            yield ("\n".join(waiting) + "\n").encode()
            waiting, size = [], 0
    if waiting:
        yield ("\n".join(waiting) + "\n").encode()


def _complaint(code, output):
    """The first line of what a tool said: nft goes on with the script itself and carets below it."""
    for line in compat.decode(output[:4000]).split("\n"):
        line = line.strip()
        if line and not line.startswith("#"):  # nft's warnings about the tables of iptables-nft
            return line[:300]
    return "exit code %s" % code
