"""The few words of pytest that the tests for both interpreters use, for MicroPython.

Such a test is a plain function `test_…`, at most once parametrised; no fixtures. `raises` compares `match` as a
plain piece of text: MicroPython's `re` knows too little, and a piece of text says what is meant.
"""


class Skipped(Exception):
    pass


def skip(reason):
    raise Skipped(reason)


def fail(reason):
    raise AssertionError(reason)


class raises:
    def __init__(self, expected, match=None):
        self.expected = expected
        self.match = match
        self.value = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            raise AssertionError("did not raise %s" % self.expected)
        if not issubclass(kind, self.expected):
            return False
        self.value = value
        if self.match is not None and self.match not in str(value):
            raise AssertionError("%r not in %r" % (self.match, str(value)))
        return True


class Parametrized:
    """A test function with its cases: MicroPython's functions take no attributes."""

    def __init__(self, function, cases):
        self.function = function
        self.cases = cases


class Mark:
    def parametrize(self, names, values, ids=None):
        count = len(names.split(",")) if isinstance(names, str) else len(names)
        cases = [tuple(v) if count > 1 else (v,) for v in values]
        return lambda function: Parametrized(function, cases)


mark = Mark()
