"""The log: one line for one thing said, whatever is in it."""

from both import each_interpreter, run


@each_interpreter
def test_a_line_says_its_level(interpreter, tmp_path):
    script = """
        from nametrack.daemon.log import Log
        log = Log("warning")
        log.error("one")
        log.warning("two")
        log.info("not said")
        log.set_level("debug")
        log.write("debug", "three")
        print(log.debugging)
        """
    assert run(interpreter, tmp_path, script) == ["error: one", "warning: two", "debug: three", "True"]


@each_interpreter
def test_foreign_text_forges_no_line_and_steers_no_terminal(interpreter, tmp_path):
    script = r"""
        from nametrack.daemon.log import Log
        Log("info").info("a\nerror: forged\r\x1b[2J\x7f\x9b\u2028é")
        """
    assert run(interpreter, tmp_path, script) == ["info: a?error: forged??[2J???é"]


@each_interpreter
def test_a_closed_stderr_stops_nothing(interpreter, tmp_path):
    script = r"""
        from nametrack.daemon.log import Log
        class Closed:
            def write(self, text):
                raise OSError(32)
        class Sys:
            stderr = Closed()
        import nametrack.daemon.log
        nametrack.daemon.log.sys = Sys
        Log("info").info("a")
        print("goes on")
        """
    assert run(interpreter, tmp_path, script) == ["goes on"]
