"""Files of hosts: read in slices, and again when they change."""

from both import each_interpreter, run

LISTS = """
import os
from nametrack import ip
from nametrack.adapters import lists as module
from nametrack.core.config.policy_values import listed_host
path = sys.argv[1]
def write(text, path=path):
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)
def changed():
    print("changed", *shown())
def shown():
    return [[found and found.hosts, problems] for found, problems in lists.contents.values()]
def done():
    print("done", *shown())
lists = module.Lists(poller, listed_host, ip.is_element, changed)
def follow(path):
    lists.follow([path], done)
    until(lambda: not lists.busy())  # a busy machine takes several slices even for a line
"""


def told(interpreter, folder, script):
    lines = run(interpreter, folder, LISTS + script, str(folder / "list.txt"))
    return [line.replace(str(folder), "") for line in lines]


@each_interpreter
def test_a_file_is_read_and_a_changed_one_is_read_again(interpreter, tmp_path):
    script = """
write("a.test\\nx y\\n")
follow(path)
follow(path)
module.LOOK = 0.1
follow(path)
write("a.test\\nb.test\\n")
until(lambda: len(shown()[0][0]) == 2)
seconds(0.5)
"""
    first = "done [['a.test'], [\"/list.txt, line 2: 'x y' is not a host name; ignoring it\"]]"
    assert told(interpreter, tmp_path, script) == [first] * 3 + ["changed [['a.test', 'b.test'], []]"]


@each_interpreter
def test_a_file_that_goes_keeps_what_was_known_and_is_said_once(interpreter, tmp_path):
    script = """
module.LOOK = 0.1
follow(path)
write("a.test\\n")
until(lambda: shown()[0][0])
os.remove(path)
until(lambda: shown()[0][1])
seconds(0.5)
write("b.test\\n")
until(lambda: not shown()[0][1])
"""
    assert told(interpreter, tmp_path, script) == [
        "done [None, ['/list.txt: no such file; its hosts are not known']]",
        "changed [['a.test'], []]",
        "changed [['a.test'], ['/list.txt: no such file; keeping those read before (1)']]",
        "changed [['b.test'], []]",
    ]


@each_interpreter
def test_a_file_that_is_being_written_is_not_read_before_it_rests(interpreter, tmp_path):
    script = """
module.LOOK = 0.3
write("a.test\\n")
follow(path)
end = compat.monotonic() + 2
file = open(path, "w")
while compat.monotonic() < end:
    file.write("b.test\\n")
    file.flush()
    seconds(0.05)
file.close()
until(lambda: "b.test" in shown()[0][0])
"""
    lines = told(interpreter, tmp_path, script)
    assert lines[0] == "done [['a.test'], []]" and len(lines) == 2, lines


@each_interpreter
def test_a_long_file_is_read_in_slices_between_which_the_loop_hears_of_all_else(interpreter, tmp_path):
    script = """
write("".join(["n%d.example.net\\n" % i for i in range(20000)]))
times = []
def tick():
    times.append(compat.monotonic())
    poller.call_at("tick", compat.monotonic(), tick)
tick()
lists.follow([path], lambda: print("done"))
assert lists.busy()
until(lambda: not lists.busy())
found = lists.contents[path][0]
print(found.names, len(times) > 5, found.position("n19999.example.net"))
"""
    assert told(interpreter, tmp_path, script) == ["done", "20000 True 0"]


@each_interpreter
def test_what_is_no_file_is_not_waited_for(interpreter, tmp_path):
    script = """
os.system("mkfifo " + path)
follow(path)
os.system("mkdir " + path + ".d")
follow(path + ".d")
"""
    assert told(interpreter, tmp_path, script) == [
        "done [None, ['/list.txt: is no plain file; its hosts are not known']]",
        "done [None, ['/list.txt.d: is no plain file; its hosts are not known']]",
    ]


@each_interpreter
def test_what_was_read_of_a_file_that_changed_meanwhile_does_not_count(interpreter, tmp_path):
    script = """
write("a.test\\n")
follow(path)
write("b.test\\n" + "".join(["n%d.example.net\\n" % i for i in range(20000)]))
lists.follow([path], lambda: print("read"))
assert lists.busy()
with open(path, "w") as file:
    file.write("c.test\\n")
until(lambda: not lists.busy())
print(*shown())
module.LOOK = 0.1
follow(path)
"""
    lines = told(interpreter, tmp_path, script)
    assert lines == ["done [['a.test'], []]", "read", "[['a.test'], []]", "done [['c.test'], []]"]
