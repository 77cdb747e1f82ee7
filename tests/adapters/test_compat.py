"""The few things that differ between the interpreters, as the rest of the agent sees them: alike."""

import os
import signal
import subprocess
import sys
import time

import pytest

from both import each_interpreter, run, start
from nametrack import compat

TURN = 1 << 30  # MicroPython's ticks_ms on a 32-bit machine


class Counter:
    def __init__(self, value):
        self.value = value

    def ticks(self):
        return self.value % TURN

    @staticmethod
    def difference(later, earlier):
        return (later - earlier + TURN // 2) % TURN - TURN // 2


def test_the_clock_survives_the_wrap_of_its_counter():
    counter = Counter(TURN - 500)
    clock = compat.Clock(counter.ticks, counter.difference)
    counter.value += 1500
    assert clock.seconds() == 1.5
    for _ in range(10):  # ten turns in steps of half a day
        for _ in range(25):
            counter.value += TURN // 25
            clock.seconds()
    assert clock.seconds() == pytest.approx(1.5 + 10 * 25 * (TURN // 25) / 1000)


def test_the_clock_never_goes_back():
    counter = Counter(5000)
    clock = compat.Clock(counter.ticks, counter.difference)
    counter.value = 6000
    assert clock.seconds() == 1
    counter.value = 5500
    assert clock.seconds() == 1
    counter.value = 6500
    assert clock.seconds() == 1.5


@each_interpreter
def test_the_interpreter_names_itself(interpreter, tmp_path):
    lines = run(interpreter, tmp_path, "print(compat.INTERPRETER)")
    assert lines[0].split(" ")[0] == {"cpython": "python"}.get(interpreter, interpreter)
    assert len(lines[0].split(" ")[1].split(".")) == 3


@each_interpreter
def test_clocks_and_chance(interpreter, tmp_path):
    lines = run(
        interpreter,
        tmp_path,
        """
        a = compat.monotonic()
        seconds(0.2)
        print(0.19 < compat.monotonic() - a < 2, isinstance(compat.wall(), int))
        print(compat.wall())
        numbers = [compat.urandom16() for i in range(200)]
        print(len(set(numbers)) > 150, max(numbers) < 65536, 0 <= compat.random_fraction() < 1)
        compat.collect_early()
        """,
    )
    assert lines[0] == "True True" and lines[2] == "True True True"
    assert abs(int(lines[1]) - time.time()) < 5


@each_interpreter
def test_bytes_that_are_not_utf8_are_latin1(interpreter, tmp_path):
    lines = run(
        interpreter, tmp_path, 'print(compat.decode(b"caf\\xc3\\xa9") == compat.decode(b"caf\\xe9") == "caf\\u00e9")'
    )
    assert lines == ["True"]


@each_interpreter
def test_errors_have_the_same_words(interpreter, tmp_path):
    lines = run(
        interpreter,
        tmp_path,
        """
        import socket
        from nametrack import compat_files
        for path in ("/nowhere/file", "/etc"):
            try:
                compat_files.read_file(path)
            except OSError as error:
                print(compat.error_text(error))
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM | compat.CLOEXEC)
        try:
            s.connect(compat.sockaddr("127.0.0.1", 1))
        except OSError as error:
            print(compat.error_text(error), error.errno == compat.ECONNREFUSED)
        print(compat.error_text(OSError("strange")), compat.errno_text(9999))
        """,
    )
    assert lines[:2] == ["no such file", "is a directory"]
    assert lines[-2:] == ["connection refused True", "strange error 9999"]


def test_error_numbers_are_the_kernels():
    import errno

    for name in dir(compat):
        if name.startswith("E") and name.isupper():
            assert getattr(compat, name) == getattr(errno, name), name
            assert compat.errno_text(getattr(errno, name)) != "error %d" % getattr(errno, name), name


@each_interpreter
@pytest.mark.parametrize("name", ["TERM", "INT", "HUP"])
def test_a_signal_is_something_to_read(interpreter, name, tmp_path):
    script = """
        from nametrack import compat_signals

        signals = compat_signals.Signals()
        got = []
        poller.add(signals.fileno(), lambda mask: got.extend(signals.read()))
        print("ready")
        until(lambda: got)
        print(got[0])
        """
    process = start(interpreter, tmp_path, script)
    try:
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, getattr(signal, "SIG" + name))
        assert process.communicate(timeout=20)[0] == name + "\n"
        assert process.returncode == 0
    finally:
        process.kill()


def test_the_time_goes_on_while_the_machine_sleeps():
    """Else nothing shows that it woke up, and what was to be done meanwhile is as far away as before."""
    agent = os.path.dirname(os.path.dirname(compat.__file__))
    script = f"import sys; sys.path.insert(0, {agent!r}); from nametrack.compat import monotonic; print(monotonic())"
    words = ["unshare", "--map-root-user", "--time", "--boottime", "1000000", sys.executable, "-c", script]
    told = subprocess.run(words, capture_output=True, text=True)
    if "unshare" in told.stderr:
        pytest.skip(told.stderr)
    assert float(told.stdout) > 1000000
