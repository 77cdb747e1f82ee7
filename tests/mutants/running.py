"""The tests of core and wire under CPython, in a process for each mutant, the nearest and the fastest tests first.

They are plain functions, so they run without pytest, with the few words of it in tests/micropython/pytest.py. A
function that a test did not call cannot make it fail: which tests call which functions is recorded once, and each
mutant meets those alone that call what changed.
"""

import hashlib
import importlib
import importlib.machinery
import json
import os
import pathlib
import random
import resource
import signal
import sys
import time
import traceback
from collections import namedtuple

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
AGENT = TOP / "agent/nametrack"
KEPT = TOP / "build/mutants.json"
FOLDERS = ("tests/micropython", "agent", "tests", "tests/core", "tests/wire")
# seconds, as recorded: tests that take longer are left out, and so are the last ones for a mutant that many can notice
SLOW, BUDGET = 5, 40
MEMORY = 3 << 30  # bytes for a process: a mutant may collect without end
# It holds interpreters against each other by a number that any change of behaviour changes: no promise of the product.
NO_PROMISE = "test_the_same_events_give_the_same_actions_on_every_interpreter"

Test = namedtuple("Test", ("path", "name", "case"))
# ran: how many tests; test: the text of the one that failed, None if all passed; why: its error in a line
Outcome = namedtuple("Outcome", ("ran", "test", "why"))


def test_files():
    return sorted([*TOP.glob("tests/core/**/test_*.py"), *TOP.glob("tests/wire/test_*.py")])


class Sources:
    """The compiled files of the agent and of its tests, so that no process compiles them again; one may be replaced."""

    def __init__(self):
        self.codes = {}
        for folder in FOLDERS:
            for path in (TOP / folder).glob("*.py" if folder == "tests" else "**/*.py"):
                self.codes.setdefault(str(path), None)

    def compile(self):
        for path in self.codes:
            self.codes[path] = compile(pathlib.Path(path).read_text(), path, "exec")

    def digest(self, test):
        """Return what changes with a file of tests, and with everything that it may import."""
        files = [path for path in sorted(self.codes) if path == test or not pathlib.Path(path).name.startswith("test_")]
        return hashlib.sha256(b"".join([pathlib.Path(path).read_bytes() for path in files])).hexdigest()

    def install(self):
        """Have this process import them, whatever is in __pycache__."""
        loader, plain = importlib.machinery.SourceFileLoader, importlib.machinery.SourceFileLoader.get_code
        loader.get_code = lambda it, name: self.codes.get(it.path) or plain(it, name)
        sys.path[:0] = [str(TOP / folder) for folder in FOLDERS]
        sys.path[:0] = sorted({str(path.parent) for path in test_files()})


def cases(module):
    """Yield `(name, case, function, arguments)` of each test of a module."""
    for name in sorted(dir(module)):
        test = getattr(module, name)
        if not name.startswith("test_") or name == NO_PROMISE:
            continue
        if hasattr(test, "cases"):
            for case, arguments in enumerate(test.cases):
                yield name, case, test.function, arguments
        else:
            yield name, 0, test, ()


def in_a_process(work, *arguments):
    """Return what `work` returns in a child of this process, and how the child ended as of os.waitpid."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        os.environ.setdefault("DAYS", "0.1")
        with os.fdopen(writer, "w") as told:
            for value in work(*arguments):
                print(json.dumps(value), file=told, flush=True)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        values = [json.loads(line) for line in said]
    return values, os.waitpid(pid, 0)[1]


# -- which test calls what ---------------------------------------------------------------------------------------------


def record(sources, paths):
    """Yield [path, name, case, seconds, [[file, line of the function], …]] of each test of some files.

    The empty name stands for the import of a file of tests.
    """
    sources.install()
    codes = {}

    def trace(frame, event, argument):
        codes[id(frame.f_code)] = frame.f_code

    def called():
        inside = [code for code in codes.values() if code.co_filename.startswith(str(AGENT))]
        return sorted({(code.co_filename, code.co_firstlineno) for code in inside})

    every = []
    for path in paths:
        codes.clear()
        sys.settrace(trace)
        module = importlib.import_module(pathlib.Path(path).stem)
        sys.settrace(None)
        yield path, "", 0, 0, called()
        every.extend([(path, *test) for test in cases(module)])
    random.Random(1).shuffle(every)  # a test that needs another one before it would fail here
    import pytest

    for path, name, case, function, arguments in every:
        codes.clear()
        began = time.process_time()  # what else the machine does leaves no test out
        sys.settrace(trace)
        try:
            function(*arguments)
        except pytest.Skipped:
            continue
        except BaseException:
            yield path, name, case, None, []
            return
        finally:
            sys.settrace(None)
        yield path, name, case, time.process_time() - began, called()


class Calls:
    """Which tests call which functions, and how long each test takes; kept for files that did not change since."""

    def __init__(self, sources):
        kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        keys = {str(path): sources.digest(str(path)) for path in test_files()}
        missing = [path for path, key in keys.items() if key not in kept]
        said, status = in_a_process(record, sources, missing)
        if status or said and said[-1][3] is None:
            raise SystemExit("mutants: a test fails although nothing was changed: %s" % (said or [missing])[-1][:3])
        kept = {key: kept.get(key, []) for key in keys.values()}
        for path, *told in said:
            kept[keys[path]].append(told)
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(kept))

        self.callers, self.seconds, self.imported = {}, {}, set()
        for path, key in keys.items():
            for name, case, seconds, called in kept[key]:
                if name == "":
                    self.imported.update([(file, line) for file, line in called])
                    continue
                test = Test(path, name, case)
                if seconds > SLOW:
                    continue
                self.seconds[test] = seconds
                for file, line in called:
                    self.callers.setdefault((file, line), []).append(test)

    def tests(self, mutant):
        """Return the Tests that can notice a Mutant, the nearest first, then the fastest."""
        changed = (str(mutant.path), mutant.function)
        callers = self.callers.get(changed, [])
        if mutant.function == 0 or changed in self.imported:
            callers = list(self.seconds)
        found, left = [], BUDGET
        for test in sorted(callers, key=lambda test: (not near(mutant.path, test.path), self.seconds[test])):
            left -= self.seconds[test]
            if left < 0:
                break
            found.append(test)
        return found


def near(path, test):
    """Whether a file of tests stands beside a file of the agent: tests/core/names/… beside core/names/…"""
    beside = TOP / "tests" / path.relative_to(AGENT).parent
    named = pathlib.Path(test).stem.startswith("test_" + path.stem)
    return pathlib.Path(test).parent == beside and (named or path.parent.parent.name == "core")


# -- a mutant ----------------------------------------------------------------------------------------------------------


def meet(sources, mutant, tests, seconds):
    """Yield the index of each of the Tests before it runs, and at last [index, error] if one fails."""
    sources.codes[str(mutant.path)] = compile(mutant.text, str(mutant.path), "exec")
    sources.install()
    import pytest

    known = {}
    for i, test in enumerate(tests):
        yield i
        # A test that hangs ends the process; imports take their time under load.
        signal.setitimer(signal.ITIMER_REAL, 20 + 10 * seconds[test])
        try:
            if test.path not in known:
                module = importlib.import_module(pathlib.Path(test.path).stem)
                known[test.path] = {each[:2]: each[2:] for each in cases(module)}
            function, arguments = known[test.path][test.name, test.case]
            function(*arguments)
        except pytest.Skipped:
            pass
        except BaseException as error:  # whatever it is, the test noticed
            yield i, traceback.format_exception_only(type(error), error)[-1].strip()[:200]
            return
    yield len(tests), None


def outcome(sources, mutant, calls):
    """Return the Outcome of a Mutant."""
    tests = calls.tests(mutant)
    said, status = in_a_process(meet, sources, mutant, tests, calls.seconds)
    at, why = said[-1] if isinstance(said[-1], list) else (said[-1], "hung")
    if status and why != "hung" or status and os.WTERMSIG(status) != signal.SIGALRM:
        why = "ended with status %d" % status
    if why is None:
        return Outcome(at, None, None)
    test = tests[at]
    return Outcome(at, "%s::%s[%d]" % (pathlib.Path(test.path).relative_to(TOP), test.name, test.case), why)
