"""Runs programs one after the other in this CPython and says how their imports nest.

Reads a JSON list of them, each a path with its arguments. Prints a line of JSON for each: the longest chain of files
that were run one within the other, the outermost first, and all files that were run; those below agent/ and tests/,
the program itself aside where it is agent/start.py.
"""

import contextlib
import io
import json
import pathlib
import runpy
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
OURS = (f"{TOP}/agent/", f"{TOP}/tests/")
NOT_IMPORTED = (f"{TOP}/agent/start.py", __file__)


def is_ours(code):
    """Whether this is what a file of ours does when it is imported."""
    name = code.co_filename
    return code.co_name == "<module>" and name.startswith(OURS) and name not in NOT_IMPORTED


class Watch:
    """Hears of every module that is run."""

    def __init__(self):
        self.longest, self.loaded = [], []
        sys.addaudithook(self._heard)

    def _heard(self, event, arguments):
        if event != "exec" or not is_ours(arguments[0]):
            return
        self.loaded.append(arguments[0].co_filename)
        chain, frame = self.loaded[-1:], sys._getframe()
        while frame is not None:
            if is_ours(frame.f_code):
                chain.insert(0, frame.f_code.co_filename)
            frame = frame.f_back
        self.longest = max(self.longest, chain, key=len)

    def run(self, path, *arguments):
        """Runs a program that knows no module of ours yet: its longest chain, and all files."""
        for name in list(sys.modules):
            if (getattr(sys.modules[name], "__file__", None) or "").startswith(OURS) and name != "__main__":
                del sys.modules[name]
        self.longest, self.loaded = [], []
        sys.argv = [path, *arguments]
        sys.path.insert(0, str(pathlib.Path(path).parent))
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
            runpy.run_path(path, run_name="__main__" if path in NOT_IMPORTED else "imported")
        del sys.path[0]
        return [[name[len(f"{TOP}/") :] for name in names] for names in (self.longest, self.loaded)]


watch = Watch()
for program in json.load(sys.stdin):
    print(json.dumps(watch.run(*program)))
