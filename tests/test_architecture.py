"""The layers decide, speak, touch; imports between them, and between the rooms of the core, go one way."""

import ast
import pathlib

import pytest

AGENT = pathlib.Path(__file__).resolve().parent.parent / "agent"
PACKAGE = AGENT / "nametrack"
FILES = sorted(AGENT.glob("*/**/*.py"))

# Modules of the interpreter that speak without touching anything.
PURE = {"struct", "binascii", "sys", "collections", "json", "hashlib"}

# layer -> (layers it may import, modules of the interpreter it may import; None: any). ip.py and element.py are the
# vocabulary that every layer shares: addresses as canonical text, large tables of them, what is in sets, and rules and
# routes.
RULES = {
    "core": ({"core", "ip", "destination", "element", "routing", "key_table"}, {"collections"}),
    "wire": ({"wire", "ip", "destination", "element", "routing", "key_table"}, PURE),
    "adapters": (
        {"adapters", "wire", "compat", "PROTOCOL", "core.events", "core.actions", "core.last_good"}
        | {"ip", "destination", "element", "routing", "key_table"},
        None,
    ),
    "ip": (set(), set()),
    "destination": ({"ip"}, set()),
    "element": ({"ip"}, {"collections"}),
    "key_table": (set(), set()),
    "routing": ({"ip", "PROTOCOL"}, {"collections"}),
    "compat": ({"compat"}, None),
    "daemon": ({"core", "wire", "adapters", "compat", "daemon", "ip", "element", "NAME", "VERSION"}, None),
    "commands": (
        {"core", "wire", "adapters", "compat", "daemon", "commands", "element", "routing", "NAME", "VERSION"},
        {"pyubus", "sys"},
    ),
    "__init__": (set(), set()),
    "__main__": ({"compat", "commands", "daemon"}, {"sys"}),
}
# room of the core -> rooms it may import. Every room may import the ground: the files in core/ itself, except agent.py,
# which imports all.
ROOMS = {
    "config": set(),
    "names": set(),
    "sets": set(),
    "peers": {"names"},
    "routes": {"peers"},
    "policies": {"names", "sets", "routes"},
    "telling": {"config", "names", "sets", "peers", "routes", "policies"},
}
# The same for pyubus, file by file: it imports nothing of nametrack, and only three of its files touch anything.
TOUCHING = {"compat", "connection", "client", "__init__"}
SPEAKING = {path.stem for path in (AGENT / "pyubus").glob("*.py")} - TOUCHING
PYUBUS_RULES = {name: (SPEAKING, {"struct", "collections"}) for name in SPEAKING}
PYUBUS_RULES["compat"] = (set(), None)
PYUBUS_RULES["connection"] = (SPEAKING | {"compat"}, set())
PYUBUS_RULES["client"] = (SPEAKING | {"compat", "connection"}, {"select"})
PYUBUS_RULES["__init__"] = (SPEAKING | {"compat", "connection", "client"}, set())


def package_of(path):
    return AGENT / path.relative_to(AGENT).parts[0]


def layer(path):
    parts = path.relative_to(package_of(path)).parts
    name = parts[0] if len(parts) > 1 else path.stem
    return "compat" if name.startswith("compat") else name


def imports(path):
    """(inside, outside): dotted names below the file's own package, and all others."""
    inside, outside = set(), set()
    root = package_of(path)
    package = (root.name,) + path.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            outside.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            outside.add(node.module)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] + tuple((node.module or "").split("."))
            base = [part for part in base[1:] if part]
            if node.module is None or not (root.joinpath(*base).with_suffix(".py")).exists():
                inside.update(".".join(base + [alias.name]) for alias in node.names)
            else:
                inside.add(".".join(base))
    return inside, outside


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(AGENT)))
def test_imports_go_one_way(path):
    root = package_of(path)
    layers, modules = (RULES if root == PACKAGE else PYUBUS_RULES)[layer(path)]
    inside, outside = imports(path)
    if layers is not None:
        for name in inside:
            allowed = name in layers or name.split(".")[0] in layers or layer(root / name.split(".")[0]) in layers
            assert allowed, f"{path.name} imports {root.name}.{name}"
    if modules is not None:
        assert outside <= modules, f"{path.name} imports {outside - modules}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").glob("**/*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_of_the_core_import_one_way(path):
    room = path.parent.name
    for name in imports(path)[0]:
        parts = name.split(".")
        if parts[0] != "core":
            continue
        assert parts[1] != "agent", f"{path.name} imports the agent"
        if parts[1] in ROOMS and path.name != "agent.py":
            assert room != "core" and parts[1] in ROOMS[room] | {room}, f"{path.name} imports {name}"


def test_every_room_says_what_it_is_for_and_what_enters_and_leaves_it():
    for folder in sorted((PACKAGE / "core").iterdir()):
        if (folder / "__init__.py").exists():
            assert folder.name in ROOMS
            text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
            assert "In: " in text and "Out: " in text and len(text.splitlines()) <= 8


def test_only_compat_knows_which_interpreter_runs():
    for path in FILES:
        if layer(path) != "compat":
            text = path.read_text()
            for word in ("sys.implementation", "ticks_ms", "import ffi", "import subprocess", "MICROPYTHON"):
                assert word not in text, f"{path.name} asks for the interpreter: {word}"


def test_the_core_has_no_clock_and_opens_nothing():
    for path in (PACKAGE / "core").glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("open", "print", "input", "__import__", "exec", "eval"), path.name


def test_no_value_passes_through_a_shell():
    for path in FILES:
        text = path.read_text()
        for word in ("os.system", "os.popen", "popen(", "shell=True", '"sh"', "'sh'", "/bin/sh"):
            assert word not in text, f"{path.name} uses {word}"
