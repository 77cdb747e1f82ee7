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

MODULES = {"binascii", "collections", "errno", "hashlib", "json", "os", "select", "socket", "struct", "sys", "time"}
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
NAMES = {"vars", "slice", "breakpoint", "ascii", "format", "aiter", "anext", "ExceptionGroup", "BaseExceptionGroup"}
# What sockets, errors and functions have in CPython only.
ATTRIBUTES = {
    "sendall", "recv_into", "recvfrom_into", "shutdown", "getsockopt", "getsockname", "getpeername", "connect_ex",
    "strerror", "winerror", "__doc__", "__init_subclass__", "__subclasses__", "__mro__", "__annotations__",
}  # fmt: skip
# All that MicroPython 1.18 has of these modules and CPython has as well.
KNOWN_OF = {
    "os": {"remove", "rename", "mkdir", "rmdir", "stat", "statvfs", "getenv", "system", "urandom"},
    "time": {"sleep", "time", "time_ns", "localtime", "gmtime", "mktime"},
    "select": {"poll", "POLLIN", "POLLOUT", "POLLERR", "POLLHUP"},
    "errno": {
        "ENOENT", "EAGAIN", "ECONNREFUSED", "EINPROGRESS", "EACCES", "EEXIST", "EINVAL", "EIO", "EBADF", "ENOMEM",
        "EPERM", "EISDIR", "ENODEV", "EOPNOTSUPP", "EADDRINUSE", "ECONNABORTED", "ECONNRESET", "ENOBUFS", "ENOTCONN",
        "ETIMEDOUT", "EHOSTUNREACH", "EALREADY",
    },
    "hashlib": {"sha256"},
    "json": {"loads", "dumps", "load", "dump"},
    "struct": {"pack", "unpack", "pack_into", "unpack_from", "calcsize"},
    "sys": {"argv", "byteorder", "exit", "implementation", "maxsize", "modules", "path", "platform", "stderr", "stdin",
            "stdout", "version", "version_info", "exc_info"},
}  # fmt: skip
JSON_KEYWORDS = {"separators"}


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
        return None if isinstance(getattr(node, "ctx", None), ast.Store) else "unpacking in a display"
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
    if isinstance(node, ast.Attribute) and node.attr in STR_METHODS | ATTRIBUTES:
        return f".{node.attr} does not exist under MicroPython"
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = node.value.id
        if module in KNOWN_OF and node.attr not in KNOWN_OF[module]:
            return f"{module}.{node.attr} does not exist under MicroPython"
    if isinstance(node, ast.Call):
        return call_problem(node)
    return None


def call_problem(node):
    keywords = {k.arg for k in node.keywords}
    if len([a for a in node.args if isinstance(a, ast.Starred)]) > 1 or [k.arg for k in node.keywords].count(None) > 1:
        return "several * or ** in a call"
    if any(isinstance(a, ast.Starred) for a in node.args[:-1]):
        return "an argument after * in a call"
    if isinstance(node.func, ast.Name) and node.func.id == "next" and len(node.args) > 1:
        return "next with a default"
    if isinstance(node.func, ast.Attribute):
        method = node.func.attr
        if method in ("startswith", "endswith") and node.args and isinstance(node.args[0], ast.Tuple):
            return f"{method} with a tuple"
        if method == "endswith" and len(node.args) > 1:
            return "endswith from a place on"
        if named(node.func, "json") and keywords - JSON_KEYWORDS:
            return "json with a keyword that MicroPython does not know"
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
        if node.func.id == "namedtuple" and len(node.args) > 1 and not getattr(node.args[1], "elts", True):
            return "a namedtuple without fields, which ends MicroPython 1.18 by a segmentation fault"
        if node.func.id == "deque" and len(node.args) < 2:
            return "deque without its length"
        if node.func.id == "iter" and len(node.args) > 1:
            return "iter until a value comes"
        if node.func.id == "str" and len(node.args) > 2:
            return "decode with an error handler"
        if node.func.id == "open" and not opens_a_descriptor(node):
            return (
                "open() of a path, after whose failure MicroPython 1.20 to 1.22 close descriptor 0: open_file does it"
            )
    return None


def opens_a_descriptor(call):
    return bool(call.args) and isinstance(call.args[0], ast.Name) and call.args[0].id == "fd"


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
def test_a_path_is_opened_by_open_file_only(path):
    """Also not by another name for `open`: each of its uses is a call with the descriptor `fd`."""
    uses = [node for node in ast.walk(ast.parse(path.read_text())) if getattr(node, "id", None) == "open"]
    assert not uses or path.name == "compat_files.py", path.name
    assert "fdopen" not in path.read_text()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(AGENT)))
def test_a_module_that_is_asked_for_its_names_lists_them(path):
    """MicroPython asks a module's __getattr__ for __all__ since 1.26, when all of its names are imported."""
    tree = ast.parse(path.read_text())
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    names = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert "__getattr__" not in functions or "__all__" in names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(AGENT)))
def test_only_modules_that_both_interpreters_have(path):
    allowed = COMPAT_MODULES if path.name.startswith("compat") else MODULES
    used = modules(ast.parse(path.read_text()))
    assert used <= allowed, used - allowed


def modules(tree):
    """The names of the modules that are imported, ours aside."""
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            used.update(alias.name for alias in node.names if alias.name not in OURS)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module.split(".")[0] not in OURS:
            used.add(node.module)
    return used


# MicroPython's unix port has none of them, or in some versions only, or as another module of the same name.
REFUSED_MODULES = [
    "__future__", "typing", "dataclasses", "enum", "abc", "functools", "itertools", "contextlib", "copy", "logging",
    "argparse", "signal", "subprocess", "fcntl", "ipaddress", "base64", "string", "stat", "traceback", "threading",
    "os.path", "weakref", "asyncio", "random", "re", "io", "math", "types", "inspect", "datetime", "queue",
]  # fmt: skip


@pytest.mark.parametrize("module", REFUSED_MODULES)
def test_a_module_that_one_of_them_lacks_is_refused(module):
    for source in (f"import {module}", f"from {module} import x"):
        assert not modules(ast.parse(source)) <= MODULES


REFUSED = [
    "match x:\n  case 1: pass", "def f(a, /): pass", "x = [*a]", "x = {**a}", "x = a[::-1]", 'x = f"{a!r}"',
    "raise A from b", "class A(B, C): pass", "class A(metaclass=M): pass", "assert a", "del a[:1]",
    "try: pass\nexcept: pass", "try: pass\nexcept TimeoutError: pass", "a.removeprefix(b)", "struct.error",
    "a.startswith((b, c))", "a.split(b, maxsplit=1)", "int.from_bytes(a, byteorder='big')",
    "a.decode('utf-8', 'replace')",
    "struct.pack('=H', 1)", "struct.unpack('<Hx', a)", "print(a, flush=True)", "if (n := 1): pass", "bytes.fromhex(a)",
    # the table of what MicroPython's versions lack, entry by entry
    "def f(*a): return *a, 1", "x = {*a}", "f(*a, *b)", "f(*a, b)", "f(**a, **b)", "async def f(): yield 1",
    "try: pass\nexcept* A: pass", "try: pass\nexcept ExceptionGroup: pass", "class A(E, KeyError): pass",
    "f.__doc__", "class A:\n  def f(self): return self.__init_subclass__", "a.removesuffix(b)", "a.zfill(2)",
    "a.ljust(2)", "a.rjust(2)", "a.isalnum()", "a.isascii()", "a.capitalize()", "a.casefold()", "a.translate(b)",
    "a.expandtabs()", "a.splitlines()", "a.endswith((b, c))", "a.endswith(b, 1)", "a.rsplit(b, maxsplit=1)",
    "x = a[::2]", "a.hex()", "str(a, 'utf-8', 'replace')", "a.tobytes()", "a.cast('B')", "struct.pack('?', 1)",
    "struct.Struct('<H')", "struct.iter_unpack('<H', a)", "a.to_bytes(2, 'big', signed=True)", "a.bit_length()",
    "a.strerror", "errno.EINTR", "errno.EPIPE", "errno.ENETUNREACH", "raise A from None", "vars()", "slice(1, 2)",
    "iter(f, None)",
    "next(a, None)", "json.loads(a, object_pairs_hook=b)", "json.dumps(a, sort_keys=True)", "json.dumps(a, indent=1)",
    "json.JSONDecodeError", "time.monotonic()", "time.strftime(a)", "time.perf_counter()", "os.listdir(a)",
    "os.unlink(a)", "os.getpid()", "os.environ", "os.path.join(a, b)", "os.chmod(a, 1)", "os.replace(a, b)",
    "deque()", "deque([])",
    "open(a)", "open('/etc/config')", "open(a, 'rb')", "a.sendall(b)", "a.recv_into(b)", "a.shutdown(1)",
    "a.getsockopt(1, 2)", "a.getsockname()", "a.connect_ex(b)", "select.select(a, b, c)", "select.epoll()",
    "try: pass\nexcept BlockingIOError: pass", "try: pass\nexcept RecursionError: pass", "a._replace(b=1)",
    "a._asdict()", "a.appendleft(b)", "sys.getsizeof(a)", "assert a, b", "namedtuple('A', ())",
    "match a:\n  case _: pass",
]  # fmt: skip


@pytest.mark.parametrize("source", REFUSED)
def test_the_subset_refuses(source):
    assert problems(ast.parse(source))


ACCEPTED = [
    "f(*a)", "f(a, *b)", "f(*a, b=1)",
    "x = f'{a:03d}'", "x = a[1:]", "a.split(b, 1)", "int.from_bytes(a, 'big')", "struct.pack('<HI', 1, 2)",
    "a, *b = c", "class A(B): pass", "a.decode()", "b[:n] = b''", "print(a, file=b)", "json.dumps(a, separators=b)",
    "deque((), 5)", "namedtuple('A', ('b',))",
    "os.rename(a, b)", "open(fd, 'rb')", "a.startswith(b)", "errno.EAGAIN", "time.time()", "a | b",
    "x: list[int] = 1", "def f(a, *, b=1): yield a", "x = [i for i in a]",
]  # fmt: skip


@pytest.mark.parametrize("source", ACCEPTED)
def test_the_subset_accepts(source):
    assert not problems(ast.parse(source))
