"""agent/ keeps to what MicroPython 1.18 and CPython 3.7 both know: checked on the syntax tree.

MicroPython accepts much of this in one version and not in another, or accepts it and does something else; so the
subset is a list of what is not to be used, each with what happens where it is.
"""

import ast
import pathlib

import pytest

AGENT = pathlib.Path(__file__).resolve().parent.parent / "agent"
FILES = sorted(AGENT.rglob("*.py"))
OURS = ("nametrack", "pyubus")  # who may import which of them, test_architecture.py says

MODULES = {"binascii", "collections", "errno", "json", "os", "select", "socket", "struct", "sys", "time"}
# what only compat*.py may import, each with its own way for the other interpreter
COMPAT_MODULES = MODULES | {"os", "ffi", "gc", "signal", "subprocess", "uctypes", "array", "random", "fcntl"}

STR_METHODS = {
    "removeprefix", "removesuffix", "zfill", "ljust", "rjust", "isalnum", "isascii", "isidentifier", "capitalize",
    "casefold", "translate", "expandtabs", "title", "swapcase", "maketrans", "format_map", "splitlines", "fromhex",
    "hex", "bit_length", "tobytes", "cast", "_replace", "_asdict", "appendleft", "as_integer_ratio", "isdecimal",
}  # fmt: skip
EXCEPTIONS = {
    "FileNotFoundError", "FileExistsError", "BlockingIOError", "TimeoutError", "BrokenPipeError", "ConnectionError",
    "ConnectionRefusedError", "ConnectionResetError", "PermissionError", "InterruptedError", "ProcessLookupError",
    "IsADirectoryError", "NotADirectoryError", "RecursionError", "UnicodeDecodeError", "UnicodeEncodeError",
}  # fmt: skip
NAMES = {"enumerate_", "vars", "breakpoint", "ascii", "format", "aiter", "anext"}


def problems(tree):
    found = []
    for node in ast.walk(tree):
        said = problem(node)
        if said:
            found.append((getattr(node, "lineno", 0), said))
    return found


def problem(node):
    kind = type(node).__name__
    if kind in ("Match", "AsyncFunctionDef", "TryStar", "TypeAlias", "NamedExpr", "AsyncFor", "AsyncWith", "Await"):
        return f"{kind}: not in CPython 3.7 or not in MicroPython"
    if isinstance(node, ast.arguments) and node.posonlyargs:
        return "positional-only parameters"
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)) and any(isinstance(e, ast.Starred) for e in node.elts):
        return "unpacking in a display" if isinstance(node.ctx if hasattr(node, "ctx") else None, ast.Load) else None
    if isinstance(node, ast.Dict) and None in node.keys:
        return "** in a display"
    if isinstance(node, ast.Slice) and node.step is not None:
        return "a slice with a step"
    if isinstance(node, ast.FormattedValue) and node.conversion != -1:
        return "!r in an f-string"
    if isinstance(node, ast.Raise) and node.cause is not None:
        return "raise … from"
    if isinstance(node, ast.ClassDef) and (node.keywords or len(node.bases) > 1):
        return "a metaclass or several bases"
    if isinstance(node, ast.Assert):
        return "assert: outside input is checked, not asserted"
    if isinstance(node, ast.Delete) and any(
        isinstance(t, ast.Subscript) and isinstance(t.slice, ast.Slice) for t in node.targets
    ):
        return "del of a slice"
    if isinstance(node, ast.ExceptHandler) and node.type is None:
        return "a bare except"
    if isinstance(node, ast.Name) and node.id in EXCEPTIONS | NAMES:
        return f"{node.id} does not exist under MicroPython"
    if isinstance(node, ast.Attribute) and node.attr in STR_METHODS:
        return f".{node.attr} does not exist under MicroPython"
    if isinstance(node, ast.Attribute) and node.attr in ("error", "Struct", "iter_unpack") and named(node, "struct"):
        return f"struct.{node.attr} does not exist under MicroPython"
    if isinstance(node, ast.Call):
        return call_problem(node)
    return None


def call_problem(node):
    keywords = {k.arg for k in node.keywords}
    if isinstance(node.func, ast.Attribute):
        method = node.func.attr
        if method in ("startswith", "endswith") and node.args and isinstance(node.args[0], ast.Tuple):
            return f"{method} with a tuple"
        if method in ("split", "rsplit") and keywords:
            return f"{method} with keywords"
        if method in ("to_bytes", "from_bytes") and keywords:
            return f"{method} with keywords"
        if method == "decode" and len(node.args) + len(node.keywords) > 1:
            return "decode with an error handler"
        if named(node.func, "struct") and node.args and isinstance(node.args[0], ast.Constant):
            if any(c in str(node.args[0].value) for c in "=?x@"):
                return "a struct format that MicroPython does not know"
    elif isinstance(node.func, ast.Name):
        if node.func.id == "print" and keywords - {"file", "sep", "end"}:
            return "print with flush"
        if node.func.id in ("deque",) and len(node.args) < 2:
            return "deque without its length"
    return None


def named(attribute, module):
    return isinstance(attribute.value, ast.Name) and attribute.value.id == module


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(AGENT)))
def test_grammar_of_cpython_3_7(path):
    ast.parse(path.read_text(), feature_version=(3, 7))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(AGENT)))
def test_nothing_outside_the_subset(path):
    found = problems(ast.parse(path.read_text()))
    if path.name.startswith("compat"):
        found = [f for f in found if "does not exist under" not in f[1]]
    assert not found, f"{path.name}: {found}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(AGENT)))
def test_only_modules_that_both_interpreters_have(path):
    allowed = COMPAT_MODULES if path.name.startswith("compat") else MODULES
    used = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            used.update(alias.name for alias in node.names if alias.name not in OURS)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module.split(".")[0] not in OURS:
            used.add(node.module)
    assert used <= allowed, used - allowed


REFUSED = [
    "match x:\n  case 1: pass", "def f(a, /): pass", "x = [*a]", "x = {**a}", "x = a[::-1]", 'x = f"{a!r}"',
    "raise A from b", "class A(B, C): pass", "class A(metaclass=M): pass", "assert a", "del a[:1]",
    "try: pass\nexcept: pass", "try: pass\nexcept TimeoutError: pass", "a.removeprefix(b)", "struct.error",
    "a.startswith((b, c))", "a.split(b, maxsplit=1)", "int.from_bytes(a, byteorder='big')",
    "a.decode('utf-8', 'replace')",
    "struct.pack('=H', 1)", "struct.unpack('<Hx', a)", "print(a, flush=True)", "if (n := 1): pass", "bytes.fromhex(a)",
]  # fmt: skip


@pytest.mark.parametrize("source", REFUSED)
def test_the_subset_refuses(source):
    assert problems(ast.parse(source))


ACCEPTED = [
    "x = f'{a:03d}'", "f(*a)", "x = a[1:]", "a.split(b, 1)", "int.from_bytes(a, 'big')", "struct.pack('<HI', 1, 2)",
    "a, *b = c", "class A(B): pass", "a.decode()", "b[:n] = b''", "print(a, file=b)",
]  # fmt: skip


@pytest.mark.parametrize("source", ACCEPTED)
def test_the_subset_accepts(source):
    assert not problems(ast.parse(source))
