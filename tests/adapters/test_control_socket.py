"""The agent's own socket: who may connect to it, what it answers, and what it survives."""

import json
import os
import socket
import stat
import time

import pytest

from both import each_interpreter, start

SERVER = """
    from nametrack.adapters.control_socket import ControlSocket
    from pyubus import BLOBMSG_TYPE_INT32 as INT, BLOBMSG_TYPE_STRING as STRING

    class Log:
        def write(self, level, text):
            print(level, text)

    class Action:
        def __init__(self, **values):
            for name in values:
                setattr(self, name, values[name])

    def answer(method, arguments):
        if method == "later":
            poller.call_at("later", compat.monotonic() + 0.2, lambda: door.reply(Action(id=7, values={"late": 1})))
            return None, 7
        if method == "exhausted":
            poller.call_at("later", compat.monotonic() + 0.2, lambda: door.reply(Action(id=8, values=None)))
            return None, 8
        if method == "long":
            return 0, {"text": arguments["text"] * 200000}
        if method == "memory":
            raise MemoryError
        if method == "tell":
            for i in range(arguments["times"]):
                door.notify(Action(kind="endpoint"))
        if method == "end":
            ended.append(1)
        return 0, {"method": method}

    ended = []
    door = ControlSocket(poller, Log(), sys.argv[1])
    methods = {name: {} for name in ("later", "memory", "exhausted", "end")}
    methods.update({"echo": {"name": STRING}, "tell": {"times": INT}, "long": {"text": STRING}})
    print(door.serve(methods, answer))
    until(lambda: ended, 60)
    door.close()
"""


class Served:
    """A process that serves a socket, in a folder that it has to make itself."""

    def __init__(self, interpreter, folder, run=None):
        self.folder = run or folder / "run"
        self.path = self.folder / "socket"
        self.process = start(interpreter, folder, SERVER, self.folder)
        self.first = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.process.kill()
        self.process.communicate()

    def connect(self):
        return Client(self.path)

    def end(self):
        self.connect().ask("end")
        assert self.process.wait(10) == 0
        return self.process.stdout.read()


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def read(self):
        line = self.lines.readline()
        return json.loads(line) if line else None

    def ask(self, method, **arguments):
        self.send(json.dumps({"method": method, "arguments": arguments}).encode() + b"\n")
        return self.read()


@each_interpreter
def test_only_root_can_connect(interpreter, tmp_path):
    with Served(interpreter, tmp_path) as served:
        assert served.first == "True"
        assert stat.S_IMODE(os.stat(served.path).st_mode) == 0o600


@each_interpreter
def test_one_thing_after_another_is_answered(interpreter, tmp_path):
    with Served(interpreter, tmp_path) as served:
        client = served.connect()
        assert client.ask("echo", name="a", session="0") == {"status": 0, "answer": {"method": "echo"}}
        assert client.ask("echo", name=5) == {"status": 2, "answer": {}}
        assert client.ask("nosuch") == {"status": 3, "answer": {}}
        assert client.ask("later") == {"status": 0, "answer": {"late": 1}}
        assert client.ask("memory") == {"status": 11, "answer": {}}
        assert client.ask("exhausted") == {"status": 11, "answer": {}}
        client.send(b"dance\n")
        assert client.read()["status"] == 1
        client.send(b'{"method": "later"}\n{"method": "echo"}\n')
        assert [client.read()["answer"], client.read()["answer"]] == [{"late": 1}, {"method": "echo"}]
        client.send(b"\n" * 4000)
        assert [client.read()["status"] for _ in range(4000)] == [1] * 4000
        assert client.ask("echo")["status"] == 0


@each_interpreter
@pytest.mark.parametrize("calls, answers", [
    (b'{"method": "later"}\n', [{"late": 1}]),
    (b'{"method": "later"}\n{"method": "echo"}\n', [{"late": 1}, {"method": "echo"}]),
    (b'{"method": "long", "arguments": {"text": "abc"}}\n', [{"text": "abc" * 200000}]),
])  # fmt: skip
def test_a_client_that_says_nothing_more_is_answered_to_the_end(interpreter, calls, answers, tmp_path):
    with Served(interpreter, tmp_path) as served:
        sock = served.connect().socket
        sock.sendall(calls)
        sock.shutdown(socket.SHUT_WR)
        time.sleep(0.1)
        found = b"".join(iter(lambda: sock.recv(65536), b""))
        assert [json.loads(line)["answer"] for line in found.splitlines()] == answers


@each_interpreter
def test_a_long_answer_arrives_whole_while_others_are_answered(interpreter, tmp_path):
    with Served(interpreter, tmp_path) as served:
        slow, quick = served.connect(), served.connect()
        slow.send(b'{"method": "long", "arguments": {"text": "long"}}\n')
        assert quick.ask("echo")["status"] == 0
        assert slow.read()["answer"]["text"] == "long" * 200000


@each_interpreter
def test_those_who_subscribed_are_told_and_nobody_else(interpreter, tmp_path):
    with Served(interpreter, tmp_path) as served:
        hears, asks = served.connect(), served.connect()
        assert hears.ask("subscribe") == {"status": 0, "answer": {}}
        assert asks.ask("tell", times=2) == {"status": 0, "answer": {"method": "tell"}}
        assert [hears.read(), hears.read()] == [{"notification": "endpoint"}] * 2
        assert asks.ask("echo")["answer"] == {"method": "echo"}


@each_interpreter
def test_a_subscriber_that_does_not_read_is_let_go(interpreter, tmp_path):
    with Served(interpreter, tmp_path) as served:
        deaf, asks = served.connect(), served.connect()
        deaf.ask("subscribe")
        for _ in range(40):
            asks.ask("tell", times=1000)
        told = 0
        while deaf.read() is not None:
            told += 1
        assert 100 < told < 40000


@each_interpreter
def test_too_long_a_call_and_too_many_connections_end_only_themselves(interpreter, tmp_path):
    with Served(interpreter, tmp_path) as served:
        first = served.connect()
        long = served.connect()
        long.send(b"x" * 5000)
        assert long.read() is None
        others = [served.connect() for _ in range(8)]
        assert others[-1].lines.read(1) == b"", "the ninth is closed"
        assert first.ask("echo")["status"] == 0
        assert others[0].ask("echo")["status"] == 0
        others[0].socket.close()
        others[0].lines.close()
        end = time.monotonic() + 10
        while True:
            again = served.connect()
            try:
                if again.ask("echo"):
                    break
            except OSError:
                pass
            assert time.monotonic() < end


@each_interpreter
def test_what_a_killed_agent_left_is_replaced_and_a_running_one_is_not(interpreter, tmp_path):
    (tmp_path / "b").mkdir()
    with Served(interpreter, tmp_path) as killed:
        assert killed.connect().ask("echo")
    assert killed.path.exists()
    with Served(interpreter, tmp_path, killed.folder) as served:
        assert served.first == "True"
        with Served(interpreter, tmp_path / "b", killed.folder) as second:
            assert second.first.startswith("error another agent runs already")
            assert second.process.stdout.readline() == "False\n"
        assert served.connect().ask("echo")["status"] == 0
        assert served.end() == ""
        assert not served.path.exists()


@each_interpreter
def test_an_agent_that_cannot_listen_works_without(interpreter, tmp_path):
    (tmp_path / "run").write_text("a file in its place")
    with Served(interpreter, tmp_path) as served:
        assert served.first.startswith("warning ") and "cannot ask this agent" in served.first
        assert served.process.stdout.readline() == "True\n"


CLIENT = """
    from nametrack.adapters.control_client import ControlClient
    from pyubus import UbusError

    def code(what):
        try:
            return what()
        except UbusError as error:
            return error.code

    folder = sys.argv[1]
    print(code(ControlClient(folder + "/nowhere", 30).connect))
    client = ControlClient(folder, 30)
    client.connect()
    print(client.call("nametrack", "echo", {"name": "a"}))
    print(code(lambda: client.call("nametrack", "nosuch")))
    print(len(client.call("nametrack", "long", {"text": "long"})["text"]))
    told = []
    client.subscribe("nametrack", lambda kind, data: told.append(kind), lambda: print("gone", len(told)))
    print(client.call("nametrack", "tell", {"times": 3}))
    other = ControlClient(folder, 30)
    other.connect()
    other.call("nametrack", "tell", {"times": 2})
    other.call("nametrack", "end")
    client.loop()
"""


@pytest.mark.parametrize("of", ["cpython", "micropython"])
@each_interpreter
def test_a_client_asks_hears_and_notices_the_end(interpreter, of, tmp_path):
    (tmp_path / "client").mkdir()
    with Served(of, tmp_path) as served:
        client = start(interpreter, tmp_path / "client", CLIENT, served.folder)
        output, _ = client.communicate(timeout=30)
        lines = output.splitlines()
        assert lines == ["4", "{'method': 'echo'}", "3", "800000", "{'method': 'tell'}", "gone 2"]
