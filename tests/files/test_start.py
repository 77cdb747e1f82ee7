"""usr/sbin/nametrack: what it starts the agent with."""

import subprocess
import sys

import pytest

from scratch import FILES, TOP

# Some builds of ash export the PATH that they begin with, others and dash do not.
SHELLS = (["busybox", "ash"], ["dash"])


def path_of_the_agent(shell, tmp_path, environ):
    """PATH as the interpreter is handed it, by a launcher that is itself started with `environ`."""
    interpreter = tmp_path / "micropython"
    interpreter.write_text(f"#!{sys.executable}\nimport os\nprint(os.environ.get('PATH', ''))\n")
    interpreter.chmod(0o755)
    command = [*shell, str(FILES / "usr/sbin/nametrack"), "run"]
    environ = {"NAMETRACK_PYTHON": str(interpreter), **environ}
    return subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True).stdout.strip()


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_agent_finds_nft_if_its_starter_says_nothing_of_programs(shell, tmp_path):
    # ujail hands on no environment, and the C library's own default has no sbin
    assert "/usr/sbin" in path_of_the_agent(shell, tmp_path, {}).split(":")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_path_that_is_given_stays(shell, tmp_path):
    assert path_of_the_agent(shell, tmp_path, {"PATH": "/opt/bin:/bin"}) == "/opt/bin:/bin"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_too_little_address_space_is_said(shell, tmp_path):
    """MicroPython itself ends by SIGSEGV without a word if its heap cannot be mapped."""
    launcher = str(FILES / "usr/sbin/nametrack")
    environ = {"NAMETRACK_PYTHON": "/bin/micropython"}
    command = [*shell, "-c", f"ulimit -v 8192; . {launcher}"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert done.returncode == 2 and "ulimit -v leaves it 8192 KiB" in done.stderr


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_standard_descriptor_that_is_closed_becomes_that_of_no_socket(shell, tmp_path):
    """The log would go into it."""
    interpreter, seen = tmp_path / "micropython", tmp_path / "seen"
    script = f"open({str(seen)!r}, 'w').write(' '.join(os.path.realpath('/proc/self/fd/%d' % fd) for fd in range(3)))"
    interpreter.write_text(f"#!{sys.executable}\nimport os\n{script}\n")
    interpreter.chmod(0o755)
    launcher = str(FILES / "usr/sbin/nametrack")
    command = [*shell, "-c", f"exec {' '.join(shell)} {launcher} run <&- >&- 2>&-"]
    done = subprocess.run(command, env={"NAMETRACK_PYTHON": str(interpreter), "PATH": "/usr/bin:/bin"})
    assert (done.returncode, seen.read_text()) == (0, "/dev/null /dev/null /dev/null")


@pytest.mark.parametrize("interpreter", [sys.executable, str(TOP / "build/bin/micropython")])
def test_an_answer_that_does_not_fit_on_the_disk_is_said_in_one_line(interpreter):
    environ = {"NAMETRACK_PYTHON": interpreter, "NAMETRACK_LIB": str(TOP / "agent"), "PATH": "/usr/bin:/bin"}
    command = [FILES / "usr/sbin/nametrack", "version"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, env=environ, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (1, b"nametrack: no space left\n")
