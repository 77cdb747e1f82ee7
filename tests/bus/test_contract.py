"""pyubus on a bus: the same under both interpreters, against the stand-in and against a real ubusd."""

import pytest

from bus import real_ubusd
from bus.parties import SERVICE, Party


def test_a_real_ubusd_is_held_to_it_too():
    if real_ubusd() is None:
        pytest.skip("no real ubusd, neither on PATH nor named in UBUSD: only the stand-in is")


ALL = "echo nodata multi fail crash refuse defer waiting release never notify ask event who".split()


# -- list and call --


def test_list(run, service):
    lines = run(
        """
        with UbusClient(path) as bus:
            print(sorted(bus.list()), sorted(bus.list("te*")), bus.list("test") == bus.list())
            found = bus.list("test")["test"]
            print(sorted(found) == sorted(%r))
            print(sorted(found["echo"].items()), found["nodata"])
            print(code(bus.list, "nosuch"), code(bus.list, "nosuch*"))
        """
        % ALL
    )
    assert lines == [
        "['test'] ['test'] True",
        "True",
        "[('a', 1), ('b', 7), ('d', 8), ('i', 5), ('l', 4), ('s', 3), ('t', 2)] {}",
        "4 4",
    ]


def test_every_type_goes_there_and_comes_back(run, service):
    lines = run(
        r"""
        arguments = {"s": "hé", "i": -5, "b": True, "l": 5000000000, "d": 1.5, "t": {"n": {"m": [None]}}}
        arguments["a"] = [1, "x", False, [], {}, -1.25]
        arguments["raw"] = b"\xff\xfe"
        arguments["long"] = Typed(BLOBMSG_TYPE_INT64, 1)
        with UbusClient(path) as bus:
            answer = bus.call("test", "echo", arguments)
        arguments["long"] = 1
        print(answer == arguments, sorted([type(answer[name]).__name__ for name in answer]))
        """
    )
    types = ["str", "int", "bool", "int", "float", "dict", "list", "bytes", "int"]
    assert lines == [f"True {sorted(types)}"]


def test_answers_of_no_data_and_of_several_pieces(run, service):
    lines = run(
        """
        with UbusClient(path) as bus:
            print(bus.call("test", "nodata"), bus.call_all("test", "nodata"))
            print(bus.call("test", "multi"), bus.call_all("test", "multi"))
        """
    )
    assert lines == ["{} []", "{'n': 0} [{'n': 0}, {'n': 1}, {'n': 2}]"]


def test_calls_that_fail(run, service):
    lines = run(
        """
        with UbusClient(path) as bus:
            print(code(bus.call, "nosuch", "m"), code(bus.call, "test", "nosuch"))
            print(code(bus.call, "test", "echo", {"i": "text"}), code(bus.call, "test", "echo", {"i": 1 << 40}))
            print(code(bus.call, "test", "fail", {"code": 9}), code(bus.call, "test", "fail", {"code": 200}))
            print(code(bus.call, "test", "refuse"), code(bus.call, "test", "crash"))
            print(bus.call("test", "echo", {"s": "after all"}))
            try:
                bus.call("test", "nosuch")
            except UbusError as error:
                print(error)
        """
    )
    assert lines == ["4 3", "2 2", "9 200", "4 9", "{'s': 'after all'}", "test nosuch: method not found"]
    service.expect("failed: as it was asked to")


def test_an_argument_that_the_signature_does_not_name_is_no_harm(run, service):
    """uhttpd adds its session to every call."""
    lines = run(
        """
        with UbusClient(path) as bus:
            print(bus.call("test", "nodata", {"ubus_rpc_session": "0" * 32}))
        """
    )
    assert lines == ["{}"]


def test_who_calls(run, service):
    assert len(run("with UbusClient(path) as bus: print(bus.call('test', 'who')['user'])")[0]) > 0


def test_a_thousand_calls_in_a_row(run, service):
    lines = run(
        """
        with UbusClient(path) as bus:
            print(sum([bus.call("test", "echo", {"i": n})["i"] for n in range(1000)]))
        """
    )
    assert lines == ["499500"]


@pytest.mark.parametrize("size", [61440, 1000000])
def test_a_long_message_there_and_back(run, service, size):
    lines = run(
        """
        text = "0123456789" * %d
        with UbusClient(path) as bus:
            print(bus.call("test", "echo", {"s": text})["s"] == text)
        """
        % (size // 10)
    )
    assert lines == ["True"]


# -- answers that come later --


def wait_for_waiting(bus, count):
    """A script that waits until the service has so many deferred calls, and then has it answer them."""
    return (
        """
        with UbusClient(path) as bus:
            while bus.call("test", "waiting")["count"] < %d:
                pass
            bus.call("test", "release")
        """
        % count
    )


def test_a_deferred_reply(bus, interpreter, run, service):
    script = "with UbusClient(path) as bus: print(bus.call('test', 'defer', {'n': 1}))"
    with Party(interpreter, script, bus) as caller:
        run(wait_for_waiting(bus, 1))
        assert caller.finish() == ["{'n': 1}"]


def test_two_callers_with_the_same_seq(bus, run, service):
    """Both make their first two requests; the second to come is answered first."""
    callers = []
    for n, interpreter in enumerate(("cpython", "micropython")):
        script = "with UbusClient(path) as bus: print(bus.call('test', 'defer', {'n': %d}))" % n
        callers.append(Party(interpreter, script, bus))
    run(wait_for_waiting(bus, 2))
    assert [caller.finish() for caller in callers] == [["{'n': 0}"], ["{'n': 1}"]]


def test_the_time_of_a_call_is_over_when_its_owner_dies(bus, interpreter, service):
    """ubusd says nothing then."""
    script = """
        with UbusClient(path) as bus:
            print(code(bus.call, "test", "never", None, 2))
            print(code(bus.call, "test", "never"))
        """
    with Party(interpreter, script, bus) as caller:
        service.expect("never")
        service.kill()
        assert caller.finish() == ["7", "4"]


# -- events --


def test_events(bus, interpreter, run, service):
    script = """
        heard = []
        def hear(name, data):
            heard.append(name)
            print(name, data)
        bus = UbusClient(path)
        bus.connect()
        bus.listen(("test.*", hear), ("exact", hear))
        print("listening")
        while "exact" not in heard:
            bus.loop(0.1)
        bus.send("exact", {"own": True})
        bus.loop(0.1)
        """
    with Party(interpreter, script, bus) as listener:
        listener.expect("listening")
        run(
            """
            with UbusClient(path) as bus:
                bus.send("test.hello", {"a": 1})
                bus.send("test.")
                bus.send("test")
                bus.send("exactly")
                bus.call("test", "event", {"from": "service"})
                print(code(bus.send, "ubus.object.add"))
                bus.send("exact")
            """
        )
        assert listener.finish() == [
            "test.hello {'a': 1}",
            "test. {}",
            "test.event {'from': 'service'}",
            "exact {}",
        ]


def test_an_event_that_two_patterns_match_comes_once_for_each(bus, interpreter, run):
    script = """
        bus = UbusClient(path)
        bus.connect()
        heard = []
        bus.listen(("a*", lambda name, data: heard.append(1)), ("ab*", lambda name, data: heard.append(2)))
        print("listening")
        while len(heard) < 2:
            bus.loop(0.1)
        print(sorted(heard))
        """
    with Party(interpreter, script, bus) as listener:
        listener.expect("listening")
        run("with UbusClient(path) as bus: bus.send('abc')")
        assert listener.finish() == ["[1, 2]"]


def test_objects_come_and_go(bus, interpreter):
    script = """
        bus = UbusClient(path)
        bus.connect()
        gone = []
        def hear(name, data):
            print(name, data["path"])
            gone.append(name == "ubus.object.remove")
        bus.listen(("ubus.object.*", hear))
        print("listening")
        while True not in gone:
            bus.loop(0.1)
        """
    with Party(interpreter, script, bus) as listener:
        listener.expect("listening")
        with Party(interpreter, SERVICE, bus) as service:
            service.expect("ready")
        assert listener.finish() == ["ubus.object.add test", "ubus.object.remove test"]


# -- subscriptions --

SUBSCRIBER = """
    bus = UbusClient(path)
    bus.connect()
    ended = []
    def hear(method, data):
        print(method, data)
        return data.get("status")
    bus.subscribe("test", hear, lambda: ended.append(print("removed")))
    print("subscribed")
    while not ended:
        bus.loop(0.1)
    """


def test_notifications_without_and_with_an_answer(bus, interpreter, run, service):
    with Party(interpreter, SUBSCRIBER, bus) as first, Party("cpython", SUBSCRIBER, bus) as second:
        first.expect("subscribed")
        second.expect("subscribed")
        lines = run(
            """
            with UbusClient(path) as bus:
                bus.call("test", "notify", {"n": 1})
                print(bus.call("test", "ask", {"status": 6}), bus.call("test", "ask"))
            """
        )
        assert lines == ["{'answers': [6, 6]} {'answers': [0, 0]}"]
        service.kill()
        for party in (first, second):
            assert party.finish() == ["tick {'n': 1}", "may {'status': 6}", "may {}", "removed"]


def test_nobody_is_subscribed(run, service):
    lines = run("with UbusClient(path) as bus: print(bus.call('test', 'ask'), bus.call('test', 'notify'))")
    assert lines == ["{'answers': []} {}"]


def test_a_subscriber_of_what_is_not_there(run):
    assert run("with UbusClient(path) as bus: print(code(bus.subscribe, 'nosuch', print))") == ["4"]


# -- objects of one's own --


def test_a_name_is_had_once_and_again_after_it_was_given_back(run, service):
    lines = run(
        """
        with UbusClient(path) as bus:
            print(code(bus.add, "test", {}))
            bus.add("mine", {})
            print(sorted(bus.list()))
            bus.remove("mine")
            print(sorted(bus.list()), code(bus.remove, "mine"), code(bus.notify, "mine", "x"))
            bus.add("mine", {"m": {"method": print}})
        with bus:
            print(sorted(bus.list()))
            # nothing is served while it waits, and so its call of itself waits in vain
            print(code(bus.call, "mine", "m", None, 0.2))
        print(code(bus.list))
        """
    )
    assert lines == ["2", "['mine', 'test']", "['test'] 4 4", "['mine', 'test']", "7", "10"]


SERVING = """
    bus = UbusClient(path)
    bus.connect()
    def list_later(handler, data):
        print("called")
        sys.stdin.readline()
        bus.list()
    bus.add("own", {
        "odd": {"method": lambda handler, data: "no status"},
        "end": {"method": lambda handler, data: bus.close()},
        "list_later": {"method": list_later},
    })
    print("ready")
    print(code(bus.loop))
    """


def test_a_callback_ends_the_loop(bus, interpreter, run):
    with Party(interpreter, SERVING, bus) as party:
        party.expect("ready")
        assert run("with UbusClient(path) as bus: print(bus.call('own', 'odd'))") == ["{}"]
        with Party(interpreter, "with UbusClient(path) as bus: bus.call('own', 'end')", bus):
            assert party.finish() == ["None"]


def test_a_callback_finds_ubusd_gone(bus, interpreter):
    with Party(interpreter, SERVING, bus) as party:
        party.expect("ready")
        with Party(interpreter, "with UbusClient(path) as bus: bus.call('own', 'list_later')", bus):
            party.expect("called")
            bus.stop()
            party.say("go on")
            assert party.finish() == ["10"]


# -- ubusd comes and goes --


def test_ubusd_is_started_anew(bus, interpreter, service):
    script = """
        heard = []
        client = UbusClient(path, 20)
        client.connect()
        client.listen(("hello", lambda name, data: heard.append(data)))
        client.subscribe("test", lambda method, data: heard.append(data), lambda: print("removed"))
        print("ready")
        try:
            client.loop()
        except UbusError as error:
            print(error.code, error)
        print(code(client.list))
        while code(client.connect):
            pass
        while code(client.list, "test"):
            pass
        print(client.call("test", "nodata"))
        with UbusClient(path) as other:
            other.send("hello", {"n": 1})
        while not heard:
            client.loop(0.1)
        print(heard)
        """
    with Party(interpreter, script, bus) as client:
        client.expect("ready")
        bus.stop()
        client.expect("10 ubusd closed the connection")
        service.expect("lost: ubusd closed the connection")
        bus.start()
        service.expect("back")
        lines = client.finish()
        # where the service was slower than the client, what was subscribed to was not there yet
        assert [line for line in lines if line != "removed"] == ["10", "{}", "[{'n': 1}]"]


def test_no_ubusd(run, bus):
    bus.stop()
    lines = run(
        """
        for place in (path, path + ".nosuch", None):
            try:
                UbusClient(place).connect()
            except UbusError as error:
                print(error.code, str(error).replace(path, "PATH"))
        """
    )
    assert lines[0] == "10 no ubusd: PATH: no process listens"
    assert lines[1] == "10 no ubusd: PATH.nosuch: no such file"
    assert lines[2].startswith("10 no ubusd: /var/run/ubus/ubus.sock: ")
