"""nft sets and ipsets, by their own tools: the stable interface, and only used on a change."""

from .. import compat
from ..core import actions as do
from ..core import events as on
from ..wire import ipset, nft

_LINES = 250  # of a script, in one write

# What a script is read from. `-f -` would be /dev/stdin to nft, which not every router has.
_STDIN = "/proc/self/fd/0"


class Sets:
    """Carries out ListSet, AddElements, DeleteElements and ReplaceElements, in the order they are given."""

    def __init__(self, runner, emit):
        """`runner`: process.Runner; `emit`: function that takes SetListed and ActionFailed."""
        self._runner = runner
        self._emit = emit

    def list(self, action):
        """Carries out ListSet."""
        tool = _tool(action.set)
        if tool is None:
            return self._emit(on.ActionFailed(action, "not the name of a set"))
        self._runner.run(tool.list_command(), None, lambda code, output: self._listed(action, tool, code, output))

    def change(self, action):
        """Carries out one of the other three."""
        tool = _tool(action.set)
        if tool is None:
            return self._emit(on.ActionFailed(action, "not the name of a set"))
        try:
            chunks = list(_chunks(_lines(tool, action)))
        except (nft.NftError, ipset.IpsetError) as error:
            return self._emit(on.ActionFailed(action, str(error)))
        except MemoryError:
            return self._emit(on.ActionFailed(action, "the elements do not fit into memory"))
        self._runner.run(tool.COMMAND, chunks, lambda code, output: self._changed(action, code, output))

    def script(self, action):
        """The lines that `change` would feed to the tool: a list of text."""
        tool = _tool(action.set)
        if tool is None:
            return ["# not the name of a set: %s" % action.set]
        try:
            return list(_lines(tool, action))
        except (nft.NftError, ipset.IpsetError) as error:
            return ["# %s: %s" % (action.set, error)]

    def _listed(self, action, tool, code, output):
        if code != 0:
            if code is not None and tool.language.is_missing(compat.decode(output)):
                return self._emit(on.SetListed(action.set, None))
            return self._emit(on.ActionFailed(action, _complaint(code, output)))
        try:
            listing = tool.language.parse_listing(output)
        except (nft.NftError, ipset.IpsetError) as error:
            return self._emit(on.ActionFailed(action, str(error)))
        except MemoryError:
            return self._emit(on.ActionFailed(action, "the set does not fit into memory"))
        self._emit(on.SetListed(action.set, listing))

    def _changed(self, action, code, output):
        if code != 0:
            self._emit(on.ActionFailed(action, _complaint(code, output)))


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

    def list_command(self):
        return ["ipset", "save", self.name]


def _tool(set_name):
    """The tool for `nft FAMILY TABLE NAME` or `ipset NAME`; None for what is no such name."""
    kind, _, name = set_name.partition(" ")
    if kind == "nft":
        name = nft.parse_name(name)
        return None if name is None else _Nft(name)
    if kind == "ipset" and ipset.valid_name(name):
        return _Ipset(name)
    return None


def _lines(tool, action):
    if isinstance(action, do.ReplaceElements):
        return tool.language.replace_text(tool.name, action.old, action.new)
    if isinstance(action, do.DeleteElements):
        return tool.language.delete_text(tool.name, action.elements)
    return tool.language.add_text(tool.name, action.elements)


def _chunks(lines):
    """Lines as bytes, many in one: each piece is a write."""
    waiting = []
    for line in lines:
        waiting.append(line)
        if len(waiting) == _LINES:
            yield ("\n".join(waiting) + "\n").encode()
            waiting = []
    if waiting:
        yield ("\n".join(waiting) + "\n").encode()


def _complaint(code, output):
    """The first line of what a tool said: nft goes on with the script itself and carets below it."""
    for line in compat.decode(output[:4000]).split("\n"):
        line = line.strip()
        if line and not line.startswith("#"):  # nft's warnings about the tables of iptables-nft
            return line[:300]
    return "exit code %s" % code
