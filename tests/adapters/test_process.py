"""Programs run one after the other, with bounds; nothing hangs the loop."""

import os
import time

import pytest

from both import each_interpreter, run

RUNNER = """
from nametrack.adapters import process
runner = process.Runner(poller)
results = []
def done(code, output):
    results.append((code, compat.decode(output)))
"""


def script(text):
    import textwrap

    return RUNNER + textwrap.dedent(text)


@each_interpreter
def test_a_program_gets_its_stdin_and_gives_output_and_exit_code(interpreter, tmp_path):
    text = """
        runner.run(["sh", "-c", "cat; echo problem >&2; exit 3"], [b"one ", b"two "], done)
        print(runner.busy(), results)
        until(lambda: not runner.busy())
        print(results)
        """
    lines = run(interpreter, tmp_path, script(text))
    assert lines == ["True []", "[(3, 'one two problem\\n')]"]


@each_interpreter
def test_no_argument_meets_a_shell(interpreter, tmp_path):
    text = """
        runner.run(["printf", "%s\\n", "$HOME; `id`", "a b", "*"], None, done)
        until(lambda: results)
        print(results[0][1])
        """
    assert run(interpreter, tmp_path, script(text))[:3] == ["$HOME; `id`", "a b", "*"]


@each_interpreter
def test_programs_run_in_order_one_at_a_time(interpreter, tmp_path):
    text = """
        def next(code, output):
            done(code, output)
            runner.run(["echo", "last"], None, done)
        runner.run(["sh", "-c", "sleep 0.2; echo first"], None, next)
        runner.run(["echo", "second"], None, done)
        until(lambda: not runner.busy())
        print(results)
        """
    assert run(interpreter, tmp_path, script(text)) == ["[(0, 'first\\n'), (0, 'second\\n'), (0, 'last\\n')]"]


@each_interpreter
def test_a_missing_program_is_said_and_the_next_one_runs(interpreter, tmp_path):
    text = """
        runner.run(["no-such-program"], [b"text"], done)
        runner.run(["echo", "fine"], None, done)
        print(results)
        until(lambda: not runner.busy())
        print(results)
        """
    lines = run(interpreter, tmp_path, script(text))
    assert lines == ["[]", "[(127, 'no-such-program: not installed'), (0, 'fine\\n')]"]


@each_interpreter
def test_a_program_that_hangs_is_killed(interpreter, tmp_path):
    text = """
        a = compat.monotonic()
        runner.run(["sh", "-c", "echo a lock; echo $$ > %s/pid; exec sleep 60" % sys.argv[1]], None, done, 0.5)
        runner.run(["echo", "fine"], None, done)
        until(lambda: not runner.busy())
        print(results, 0.4 < compat.monotonic() - a < 5)
        seconds(1.5)
        """
    lines = run(interpreter, tmp_path, script(text), tmp_path)
    assert lines == ["[(None, 'sh: killed after 0 s: a lock'), (0, 'fine\\n')] True"]
    assert not os.path.exists("/proc/%s" % (tmp_path / "pid").read_text().strip())


@each_interpreter
def test_a_program_that_closes_its_output_and_hangs_is_killed(interpreter, tmp_path):
    text = """
        runner.run(["sh", "-c", "exec >/dev/null 2>&1; exec sleep 60"], None, done, 0.5)
        until(lambda: not runner.busy())
        print(results)
        """
    assert run(interpreter, tmp_path, script(text)) == ["[(None, 'sh: killed after 0 s')]"]


@each_interpreter
def test_a_grandchild_that_keeps_the_output_open_does_not_keep_us(interpreter, tmp_path):
    text = """
        runner.run(["sh", "-c", "sleep 3 & exit 0"], None, done, 0.5)
        until(lambda: not runner.busy())
        print(results)
        """
    assert run(interpreter, tmp_path, script(text)) == ["[(None, 'sh: killed after 0 s')]"]


@each_interpreter
def test_output_of_five_megabytes(interpreter, tmp_path):
    text = """
        runner.run(["sh", "-c", "yes 123456789 | head -c 5000000"], None, done)
        until(lambda: not runner.busy())
        print(results[0][0], len(results[0][1]), results[0][1].count("123456789\\n"))
        """
    assert run(interpreter, tmp_path, script(text)) == ["0 5000000 500000"]


@each_interpreter
def test_output_beyond_the_bound_ends_the_program(interpreter, tmp_path):
    text = """
        process.OUTPUT_LIMIT = 1 << 20
        runner.run(["yes"], None, done)
        until(lambda: not runner.busy())
        print(results)
        """
    assert run(interpreter, tmp_path, script(text)) == ["[(None, 'yes: more than 1 MiB of output: y')]"]


def test_output_that_does_not_fit_into_memory_ends_the_program_only(tmp_path):
    """A listing larger than MicroPython's heap: the agent lives on."""
    text = """
        runner.run(["yes", "0123456789abcdef" * 64], None, done)
        until(lambda: not runner.busy())
        print(results[0][0], results[0][1])
        runner.run(["echo", "alive"], None, done)
        until(lambda: not runner.busy())
        print(results[1])
        """
    lines = run("micropython", tmp_path, script(text))
    assert lines == ["None yes: its output does not fit into memory", "(0, 'alive\\n')"]


@each_interpreter
def test_a_long_stdin_is_no_deadlock(interpreter, tmp_path):
    text = """
        def chunks():
            for i in range(1000):
                yield b"0123456789abcdef" * 256
        runner.run(["wc", "-c"], chunks(), done)
        until(lambda: not runner.busy())
        print(results[0][1].strip())
        """
    assert run(interpreter, tmp_path, script(text)) == [str(1000 * 4096)]


@each_interpreter
def test_a_program_hears_every_signal_though_the_agent_does_not(interpreter, tmp_path):
    text = """
        signals = compat.Signals()
        runner.run(["sh", "-c", "kill -15 $$; echo survived"], None, done)
        runner.run(["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"], None, done)
        until(lambda: not runner.busy())
        print(results[0])
        print(results[1][1].replace("\\n", " "))
        """
    ended, status = run(interpreter, tmp_path, script(text))
    assert ended == "(143, '')"
    _, blocked, _, ignored = status.split()
    assert int(blocked, 16) == 0
    # INT, PIPE and TERM; what else is ignored was so before the agent began
    assert int(ignored, 16) & (1 << 1 | 1 << 12 | 1 << 14) == 0


@each_interpreter
def test_no_descriptor_is_left_or_inherited(interpreter, tmp_path):
    text = """
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | compat.CLOEXEC)
        signals = compat.Signals()
        argv = ["sh", "-c", "ls /proc/%d/fd; echo; ls /proc/self/fd" % int(sys.argv[1] or 0)]
        for i in range(20):
            runner.run(["cat"], [b"x"], done)
            runner.run(["no-such-program"], [b"x"], done)
        until(lambda: not runner.busy())
        runner.run(["sh", "-c", "ls /proc/$PPID/fd | wc -l; ls /proc/$$/fd | wc -l"], None, done)
        until(lambda: not runner.busy())
        print(results[-1][1])
        """
    lines = run(interpreter, tmp_path, script(text), 0)
    ours, childs = int(lines[0]), int(lines[1])
    inherited = len(os.listdir("/proc/self/fd"))  # what was there before
    assert ours < inherited + 8
    assert childs <= 4 + inherited


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_stdin_without_memfd(interpreter, tmp_path):
    """CPython 3.7 has no memfd_create."""
    text = """
        import os
        del os.memfd_create
        runner.run(["cat"], [b"text"], done)
        until(lambda: results)
        print(results, os.listdir("/tmp").count(".nametrack"))
        """
    assert run(interpreter, tmp_path, script(text)) == ["[(0, 'text')] 0"]


@each_interpreter
def test_waiting_for_a_program_costs_no_time_of_the_processor(interpreter, tmp_path):
    text = """
        runner.run(["sleep", "1"], None, done)
        rounds = [0]
        while runner.busy():
            poller.wait(None)
            rounds[0] += 1
        print(rounds[0] < 20)
        """
    started = time.monotonic()
    assert run(interpreter, tmp_path, script(text)) == ["True"]
    assert time.monotonic() - started < 5


@each_interpreter
@pytest.mark.parametrize("command", ["exit 0", "sleep 0.3", "trap '' PIPE; while :; do echo x; done", "sleep 60"])
def test_before_another_program_takes_our_place_what_runs_ends_and_nothing_else_begins(interpreter, command, tmp_path):
    """Whoever comes knows no child of ours: nobody would ever take note of its end."""
    text = """
        pids = []
        def is_there():
            try:
                open("/proc/%%d/stat" %% pids[0]).close()
                return True
            except OSError:
                return False
        runner.run(["sh", "-c", %r], None, done, started=pids.append)
        runner.run(["sh", "-c", "exit 1"], None, done, started=pids.append)
        print(is_there())
        runner.leave()
        print(is_there(), len(pids), results)
        """
    assert run(interpreter, tmp_path, script(text % command)) == ["True", "False 1 []"]
