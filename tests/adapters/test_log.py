"""The log: one line for one thing said, whatever is in it, on the stream that tells procd how grave it is."""

from both import each_interpreter, run

STREAMS = """
from nametrack.daemon import log as module
class Stream:
    def __init__(self, name):
        self.name = name
    def write(self, text):
        print(self.name, text.rstrip())
    def flush(self):
        pass
class Sys:
    stdout, stderr = Stream("out"), Stream("err")
module.sys = Sys
"""


@each_interpreter
def test_what_is_grave_goes_to_stderr_and_the_rest_to_stdout(interpreter, tmp_path):
    """procd logs stdout as daemon.info and stderr as daemon.err."""
    script = (
        STREAMS
        + """
log = module.Log("warning", apart=True)
for level in module.LEVELS:
    log.write(level, "one")
log.set_level("debug")
for level in module.LEVELS:
    log.write(level, "two")
print(log.debugging)
"""
    )
    assert run(interpreter, tmp_path, script) == [
        "err error: one",
        "err warning: one",
        "err error: two",
        "err warning: two",
        "out info: two",
        "out debug: two",
        "True",
    ]


@each_interpreter
def test_a_command_that_prints_an_answer_has_stdout_for_that_alone(interpreter, tmp_path):
    script = (
        STREAMS
        + """
module.Log("debug").write("info", "one")
"""
    )
    assert run(interpreter, tmp_path, script) == ["err info: one"]


@each_interpreter
def test_a_line_is_written_at_once(interpreter, tmp_path):
    """CPython holds back what goes into a pipe: procd would hear of it when the agent ends."""
    script = """
import os
from nametrack.daemon.log import Log
reader, writer = os.pipe() if hasattr(os, "pipe") else (None, None)
if reader is None:
    print("info: written")  # MicroPython has no pipe, and holds nothing back
else:
    sys.stdout = open(writer, "w")
    Log("info", apart=True).write("info", "written")
    os.set_blocking(reader, False)
    sys.stderr.write(os.read(reader, 100).decode())
    os._exit(0)
"""
    assert run(interpreter, tmp_path, script) == ["info: written"]


@each_interpreter
def test_foreign_text_forges_no_line_and_steers_no_terminal(interpreter, tmp_path):
    script = r"""
        from nametrack.daemon.log import Log
        Log("info").write("info", "a\nerror: forged\r\x1b[2J\x7f\x9b\u2028é")
        """
    assert run(interpreter, tmp_path, script) == ["info: a?error: forged??[2J???é"]


@each_interpreter
def test_a_closed_stream_stops_nothing(interpreter, tmp_path):
    script = r"""
        from nametrack.daemon.log import Log
        class Closed:
            def write(self, text):
                raise OSError(32)
        class Sys:
            stderr = stdout = Closed()
        import nametrack.daemon.log
        nametrack.daemon.log.sys = Sys
        Log("info", apart=True).write("info", "a")
        Log("info").write("error", "a")
        print("goes on")
        """
    assert run(interpreter, tmp_path, script) == ["goes on"]
