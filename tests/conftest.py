"""Every test below BOTH runs twice: under this CPython, and, as an item `…[micropython]`, under MicroPython.

A module runs once in a MicroPython process of its own; each of its tests is then an item of this pytest run. See
tests/micropython/ for the few words of pytest that such tests may use.
"""

import os
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent
MICROPYTHON = os.environ.get("MICROPYTHON", str(TOP / "build/bin/micropython"))
# Where modules of tests under MicroPython are found.
FOLDERS = ("tests/micropython", "agent", "tests", "tests/core")
BOTH = [TOP / "tests/core", TOP / "tests/wire", TOP / "tests/pyubus"]

for folder in (
    "scripts",
    "scripts/sdk",
    "tests/package",
    "tests/files",
    "tests/adapters",
    "tests/core",
    "tests",
    "agent",
):
    sys.path.insert(0, str(TOP / folder))


class MicroPythonRun:
    """What one test module printed under MicroPython, kept so that it runs once however many tests it has."""

    def __init__(self):
        self.results = {}

    def of(self, path):
        if path not in self.results:
            self.results[path] = self.run(path)
        return self.results[path]

    def run(self, path):
        environ = dict(os.environ, MICROPYPATH=":".join([f"{TOP}/{name}" for name in FOLDERS] + [".frozen"]))
        environ.setdefault("DAYS", "0.1")  # test_month.py would take minutes
        command = [MICROPYTHON, "-X", "heapsize=20M", f"{TOP}/tests/micropython/run.py", str(path)]
        # The same seconds for every module: a test that hangs under MicroPython fails here and says which module.
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600, cwd=TOP)
        results, current = {}, None
        for line in done.stdout.splitlines():
            if line.startswith("RESULT "):
                _, _, name, index, verdict = line.split(" ")
                current = [verdict, []]
                results[name, int(index)] = current
            elif current is not None and line.startswith("\t"):
                current[1].append(line[1:])
        results["end"] = f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return results


class MicroPythonError(Exception):
    pass


class MicroPythonItem(pytest.Item):
    @classmethod
    def beside(cls, item, run):
        self = cls.from_parent(item.parent, name=f"{item.name}[micropython]")
        self.test = item.originalname
        indices = item.callspec.indices if hasattr(item, "callspec") else {}
        self.index = next(iter(indices.values()), 0)
        self.run = run
        self.line = item.reportinfo()[1]
        return self

    def runtest(self):
        results = self.run.of(self.path)
        verdict, text = results.get((self.test, self.index), ("missing", [results["end"]]))
        if verdict == "skip":
            pytest.skip("\n".join(text))
        if verdict != "pass":
            raise MicroPythonError("\n".join(text))

    def repr_failure(self, info):
        if isinstance(info.value, MicroPythonError):
            return f"under MicroPython:\n{info.value}"
        return super().repr_failure(info)

    def reportinfo(self):
        return self.path, self.line, self.name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    run = MicroPythonRun()
    doubled = []
    for item in items:
        doubled.append(item)
        if isinstance(item, pytest.Function) and any(folder in item.path.parents for folder in BOTH):
            doubled.append(MicroPythonItem.beside(item, run))
    items[:] = doubled
