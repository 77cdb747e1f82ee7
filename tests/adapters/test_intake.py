"""A configuration is taken in by steps: the loop hears of all else in between, and another reload loses nothing."""

from both import each_interpreter, run

INTAKE = """
import os
from nametrack.adapters import slices
from nametrack.core import events as on
from nametrack.daemon import intake as module
from turns import *
folder = sys.argv[1]
slices.compat = Clock(0.001)  # each step takes as long
class Silent:
    def write(self, level, text):
        pass
def write(text, name="nametrack"):
    with open(folder + "/" + name, "w") as file:
        file.write(text)
def policy(hosts):
    lines = "".join(["\\tlist host '%s'\\n" % host for host in hosts])
    return "config policy 'p'\\n\\toption interface 'wg0'\\n" + lines
def large(first):
    return policy(["h%d.test" % i for i in range(first, first + 2000)])
def emit(event):
    if isinstance(event, on.ConfigLoaded):
        print("loaded", [policy.hosts[0] for policy in event.config.policies])
    elif isinstance(event, on.ConfigRefused):
        print("refused", event.problems)
write("", "network")
write(policy(["a.test"]))
calls = Turns(lambda key: key[0] == "intake" or key == ("lists", "slice"))
intake = module.Intake(calls, folder, emit, Silent(), lambda loaded: None)
intake.load()
intake.follow()
"""


def told(interpreter, folder, script):
    lines = run(interpreter, folder, INTAKE + script, str(folder))
    return [line.replace(str(folder), "") for line in lines]


@each_interpreter
def test_a_small_configuration_is_taken_in_at_once(interpreter, tmp_path):
    script = """
write(policy(["b.test"]))
slices.compat.monotonic = lambda: 0
intake.reload(print)
print(intake.busy())
"""
    assert told(interpreter, tmp_path, script) == ["loaded ['a.test']", "loaded ['b.test']", "[]", "False"]


@each_interpreter
def test_no_stretch_is_long_and_the_answer_comes_at_the_end(interpreter, tmp_path):
    script = """
write(large(0))
print("asked")
intake.reload(lambda errors: print("answer", errors))
print("waits")
print(calls.to_the_end() > 300)
"""
    lines = ["loaded ['a.test']", "asked", "waits", "loaded ['h0.test']", "answer []", "True"]
    assert told(interpreter, tmp_path, script) == lines


@each_interpreter
def test_a_reload_in_the_middle_of_another_takes_its_place_and_both_are_answered(interpreter, tmp_path):
    script = """
write(large(0))
intake.reload(lambda errors: print("first"))
for _ in range(100):
    calls.turn()
write(large(1))
intake.reload(lambda errors: print("second"))
calls.to_the_end()
"""
    assert told(interpreter, tmp_path, script) == ["loaded ['a.test']", "loaded ['h1.test']", "first", "second"]


@each_interpreter
def test_a_file_with_a_fault_loses_nothing_of_what_is_being_taken_in(interpreter, tmp_path):
    script = """
hosts = ["h%d.test" % i for i in range(2000)]
write("\\n".join(hosts), "list")
write(policy(["b.test", "@%s/list" % folder]))
intake.reload(lambda errors: print("answer", errors))
while not intake._joining.busy():
    calls.turn()
write(policy(["c.test"]) + "optoin")
intake.reload(lambda errors: print("answer", errors))
calls.to_the_end()
print(intake.loaded.config.policies[0].hosts)
"""
    fault = "/nametrack, line 4: a line begins with config, option, list, package or #"
    assert sorted(told(interpreter, tmp_path, script)) == sorted(
        [
            "loaded ['a.test']",
            "answer []",
            f"refused ['{fault}']",
            f"answer ['{fault}']",
            "loaded ['b.test']",
            "['b.test']",
        ]
    )


PROGRAM = """
from nametrack.core import events as on
from nametrack.core.config import configuration
from nametrack.daemon.program import LARGE, Program
from nametrack.wire import uci
class Told(Program):
    # What hands in a configuration, with ears for whom it tells.
    def __init__(self):
        self._hold, self.loop = self, self
    def tell(self, method, what):
        print(method, what)
    def emit(self, event):
        print(type(event).__name__)
def hand_in(hosts):
    text = "config policy 'p'\\n\\toption interface 'wg0'\\n"
    text += "".join(["\\tlist host 'h%d.test'\\n" % i for i in range(hosts)])
    Told()._hand_in(on.ConfigLoaded(configuration.build(uci.parse(text)[0], [], [])))
"""


@each_interpreter
def test_no_answer_is_held_while_a_large_configuration_is_put_in_force(interpreter, tmp_path):
    assert run(interpreter, tmp_path, PROGRAM + "hand_in(LARGE - 1)\n") == ["ConfigLoaded"]
    assert run(interpreter, tmp_path, PROGRAM + "hand_in(LARGE)\n") == [
        "prepare configuration",
        "ConfigLoaded",
    ]


@each_interpreter
def test_the_start_makes_room_before_it_reads_files_of_hosts_and_joins_them_once(interpreter, tmp_path):
    script = """
class Heap:
    def expect(self, *counts):
        print("expect", counts)
    def shortage(self):
        return None
module.compat_heap = Heap()
from nametrack.adapters.lists import Lists
joining, follow = module.joining, Lists.follow
module.joining = lambda config, contents: print("join") or joining(config, contents)
Lists.follow = lambda lists, paths, done: print("read") or follow(lists, paths, done)
write("192.0.2.1\\n192.0.2.0/24\\n# a comment\\nx.test\\n*.y.test\\n2001:db8::1\\n", "list")
one, two = policy(["a.test", "198.51.100.7", "@" + folder + "/list"]), policy(["b.test", "@" + folder + "/list"])
write(one + two.replace("'p'", "'q'"))
intake = module.Intake(calls, folder, emit, Silent(), lambda loaded: None)
intake.load()
intake.follow()
print(intake.busy())
calls.to_the_end()
"""
    room = ["expect (2, 0, 7, 0)", "read", "True", "expect (4, 0, 7, 4)"]
    assert told(interpreter, tmp_path, script)[1:] == room + ["join", "loaded ['a.test', 'b.test']"]


@each_interpreter
def test_files_that_were_refused_are_not_read_again_until_they_are_others_or_a_reload_is_asked_for(
    interpreter, tmp_path
):
    """Without netifd the agent looks each minute whether the files changed: the log would say the same each minute."""
    script = """
slices.compat.monotonic = lambda: 0
for text in ("config policy 'p\\n", "config policy 'p\\n", "config policy 'q\\n"):
    write(text)
    intake.reload_changes()
intake.reload()
write(policy(["b.test"]))
intake.reload_changes()
"""
    said = [line.split(" ", 1)[0] for line in told(interpreter, tmp_path, script)]
    assert said == ["loaded", "refused", "refused", "refused", "loaded"]


@each_interpreter
def test_files_that_are_as_they_were_before_they_were_refused_end_the_complaint(interpreter, tmp_path):
    script = """
slices.compat.monotonic = lambda: 0
for text in ("config policy 'p\\n", policy(["a.test"])):
    write(text)
    intake.reload_changes()
"""
    said = [line.split(" ", 1)[0] for line in told(interpreter, tmp_path, script)]
    assert said == ["loaded", "refused", "loaded"]
