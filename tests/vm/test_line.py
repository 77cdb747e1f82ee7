"""Nothing is lost on the way to a machine, whatever the line loses, and nothing is carried out twice."""

import shutil
import socket
import subprocess

import pytest

import image
from line import Line, LineError

SHELL = ["busybox", "sh"] if shutil.which("busybox") else ["sh"]


class Lossy:
    """A socket that damages what is sent or received, once."""

    def __init__(self, wire, sending=None, receiving=None):
        self._wire, self._sending, self._receiving = wire, sending, receiving
        self.settimeout = wire.settimeout

    def sendall(self, data):
        spoil, self._sending = self._sending, None
        self._wire.sendall(spoil(data) if spoil else data)

    def recv(self, size):
        data = self._wire.recv(size)
        if self._receiving and b" taken" not in data:
            data, self._receiving = self._receiving(data), None
        return data


@pytest.fixture
def connected(tmp_path):
    """Makes a Line to the machine's end of it, which runs here."""
    ours, theirs = socket.socketpair()
    requests = [*SHELL, str(image.GUEST / "requests"), str(tmp_path)]
    with subprocess.Popen(requests, stdin=theirs, stdout=theirs) as process:
        theirs.close()
        yield lambda **spoils: Line(Lossy(ours, **spoils))
        ours.close()
        process.wait(10)


def once(line, folder, text="x"):
    """What a script wrote that must not be carried out twice, and how often it was."""
    status, output = line.ask(f"echo {text} >>{folder}/done; echo said; exit 3", 20)
    return status, output, (folder / "done").read_text().count(text)


def test_what_arrives_whole_is_sent_once(connected, tmp_path):
    line = connected()
    assert once(line, tmp_path) == (3, "said\n", 1)
    assert line.ask("cat", 20) == (0, "")
    assert line.ask("printf 'ü\\nü'", 20) == (0, "ü\nü")
    assert line.again == 0


@pytest.mark.parametrize("cut", [1, 2, 3, 20, 60, -1, -2, -20])
def test_a_request_that_lost_its_beginning_or_its_end_is_sent_again(connected, tmp_path, monkeypatch, cut):
    monkeypatch.setattr("line.TAKEN", 1)
    line = connected(sending=lambda data: data[cut:] if cut > 0 else data[:cut])
    assert once(line, tmp_path) == (3, "said\n", 1)
    assert (line.again > 0) == (cut != 1)  # the newline before it is not missed
    assert once(line, tmp_path, "y") == (3, "said\n", 1)


def test_a_request_that_lost_a_digit_of_its_number_is_not_taken_for_another(connected, tmp_path):
    line = connected()
    for _ in range(11):
        line.ask("true", 20)
    line._wire._sending = lambda data: data.replace(b"\n12 ", b"\n2 ")
    assert once(line, tmp_path) == (3, "said\n", 1)
    assert line.again == 1


@pytest.mark.parametrize("cut", [2, 20, 36])
def test_an_answer_that_lost_its_beginning_is_asked_for_again_and_nothing_is_carried_out_twice(
    connected, tmp_path, cut
):
    line = connected(receiving=lambda data: data[cut:])
    assert once(line, tmp_path) == (3, "said\n", 1)
    assert line.again == 1


def test_a_request_that_is_given_up_does_not_answer_the_next_one(connected, tmp_path):
    line = connected()
    with pytest.raises(LineError, match="no answer in 0.3 s"):
        line.ask("sleep 1; echo old", 0.3)
    assert line.ask("echo new", 20) == (0, "new\n")


def test_a_line_that_loses_everything_is_said(connected, monkeypatch):
    monkeypatch.setattr("line.TAKEN", 0.05)
    line = connected()
    line._wire.sendall = lambda data: None
    with pytest.raises(LineError, match="not whole though sent 5 times"):
        line.ask("true", 20)


def test_the_death_of_what_a_request_left_behind_loses_nothing_of_the_next_one(machine):
    """It becomes a child of process 1, whose shell's `read` would forget the beginning of a line when a child dies."""
    before = machine.line.again
    for _ in range(3):
        machine.run("for i in 05 1 15 2 25 3 35 4; do (sleep 0.$i) & done")
        assert machine.run("echo " + "x" * 10000) == "x" * 10000 + "\n"
    assert machine.line.again == before
