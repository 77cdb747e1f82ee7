"""Sizes stay such that a file, a class and a function can be read at once; each exception has a reason in one line."""

import ast
import pathlib

import pytest

AGENT = pathlib.Path(__file__).resolve().parent.parent / "agent"
FILES = sorted(AGENT.glob("**/*.py"))
LINES = 300  # of a file
ATTRIBUTES = 12  # that the methods of a class assign to self
PARAMETERS = 5  # of a function, self aside

# what is larger -> why it is better so
FIELDS = "a parameter for each field of the message"
EXCEPTIONS = {
    "adapters/bus: Bus": "the connection and the object on it come and go together",
    "adapters/hold: Hold": "when to subscribe depends on all of what dnsmasq, the bus and the loop did lately",
    "commands/command_line: Command": "an attribute for each option of the command line",
    "core/agent: Agent": "an attribute for each room of the core",
    "core/names/zone_lookup: Authority": "one walk through a zone: what it was asked, and what it found so far",
    "core/names/zone_lookup: Authority.__init__()": "one walk through a zone: what it is asked, and by which means",
    "core/names/zone_lookup: Authority._step()": "the Lookup of the step and what follows it",
    "core/telling/status: _add_addresses()": "the room that is left, and two clocks",
    "daemon/bus_object: Service.__init__()": "what it answers with is handed in, so that it runs without a machine",
    "daemon/program: Program": "an attribute for each adapter: it is the place where they are made and joined",
    "wire/ipsetlink: _request()": FIELDS,
    "wire/ipsetlink: change()": FIELDS,
    "wire/ipsetlink: Dump": "what the headers of a set say, and the elements that arrived",
    "wire/netlink: generic_message()": FIELDS,
    "wire/nfnetlink: message()": FIELDS,
    "wire/nftchange: requests()": FIELDS,
    "wire/nftset: _request()": FIELDS,
    "wire/wireguard: set_endpoint()": FIELDS,
}


def name_of(path):
    return str(path.relative_to(AGENT).with_suffix("")).replace("nametrack/", "", 1)


def within(node, name=""):
    """Yield (name, node) of every class and function below a node, named as Python does."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef)):
            below = f"{name}.{child.name}".lstrip(".")
            yield below, child
            yield from within(child, below)
        else:
            yield from within(child, name)


def attributes(node):
    """The names of what a class assigns to self."""
    owned = ast.walk(node)
    return {
        target.attr
        for target in owned
        if isinstance(target, ast.Attribute)
        and isinstance(target.ctx, ast.Store)
        and isinstance(target.value, ast.Name)
        and target.value.id == "self"
    }


def parameters(node):
    """The names of what a function takes, self aside."""
    given = node.args
    names = [each.arg for each in given.posonlyargs + given.args + given.kwonlyargs]
    names += [each.arg for each in (given.vararg, given.kwarg) if each is not None]
    return [name for name in names if name not in ("self", "cls")]


def sizes():
    """Yield (what, how large, limit) of every file, class and function."""
    for path in FILES:
        text = path.read_text()
        yield name_of(path), len(text.splitlines()), LINES
        for name, node in within(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                yield f"{name_of(path)}: {name}", len(attributes(node)), ATTRIBUTES
            else:
                yield f"{name_of(path)}: {name}()", len(parameters(node)), PARAMETERS


SIZES = {what: (size, limit) for what, size, limit in sizes()}
LARGE = {what: size for what, (size, limit) in SIZES.items() if size > limit}


def test_files_classes_and_functions_stay_small():
    found = [f"{what}: {size}, at most {SIZES[what][1]}" for what, size in LARGE.items() if what not in EXCEPTIONS]
    assert not found, "find the noun that is missing, or give a reason in EXCEPTIONS: " + "; ".join(found)


@pytest.mark.parametrize("what", EXCEPTIONS)
def test_an_exception_is_still_needed_and_has_its_reason(what):
    assert what in LARGE, "it is small enough now: take it out of EXCEPTIONS"
    assert EXCEPTIONS[what] and "\n" not in EXCEPTIONS[what]
