"""Runs every test of the modules named on the command line under this interpreter.

Prints a line a test: `RESULT <module> <function> <case> pass|fail|skip`, and after it what it raised, each line
indented by a tab. tests/conftest.py reads that.
"""

import sys


def load(path):
    slash = path.rfind("/")
    sys.path.insert(0, path[:slash])
    name = path[slash + 1 : -3]
    return __import__(name)


def report(path, name, index, verdict, error=None):
    print("RESULT %s %s %d %s" % (path, name, index, verdict))
    if error is not None:
        for line in traceback(error).split("\n"):
            print("\t" + line)


def traceback(error):
    if not hasattr(sys, "print_exception"):  # CPython, which tests/machines runs these tests under as well
        from traceback import format_exception

        return "".join(format_exception(type(error), error, error.__traceback__))
    import io

    out = io.StringIO()
    sys.print_exception(error, out)
    return out.getvalue()


def main(paths):
    import pytest

    if sys.implementation.name == "micropython":
        import gc

        gc.threshold(
            100000
        )  # as agent/start.py: else what lives lies all over the heap, and nothing large fits into it

    for path in paths:
        module = load(path)
        for name in sorted(dir(module)):
            test = getattr(module, name)
            if not name.startswith("test_"):
                continue
            cases = [()]
            if isinstance(test, pytest.Parametrized):
                cases = test.cases
                test = test.function
            for index, case in enumerate(cases):
                try:
                    test(*case)
                except pytest.Skipped as skipped:
                    report(path, name, index, "skip", skipped)
                except Exception as error:  # whatever a test raises is its failure, and the next one runs
                    report(path, name, index, "fail", error)
                else:
                    report(path, name, index, "pass")


main(sys.argv[1:])
