"""wire/control.py: the lines of the agent's own socket."""

import pytest

from nametrack.wire import control


def test_what_is_written_is_read_again():
    line = control.call("refresh", {"name": "home.example.net"})
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert control.read_call(line) == ("refresh", {"name": "home.example.net"})
    line = control.answer(2, {"text": "two\nlines", "more": [1, None, True, "\u00e4"]})
    assert line.count(b"\n") == 1
    assert control.read_answer(line) == (2, {"text": "two\nlines", "more": [1, None, True, "\u00e4"]})
    assert control.read_answer(control.notification("endpoint")) == ("endpoint",)
    assert isinstance(control.read_answer(control.notification("endpoint")), control.Notification)


def test_a_call_may_leave_its_arguments_out():
    assert control.read_call(b'{"method": "status"}') == ("status", {})


NO_CALLS = [
    b"",
    b"status",
    b"[]",
    b"{}",
    b'"status"',
    b'{"method": 5}',
    b'{"method": "status", "arguments": []}',
    b'{"method": "status", "arguments": null}',
    b'{"method": "stat\xff"}',
    b"[" * 4000,
    b'{"a":' * 800,
]


@pytest.mark.parametrize("line", NO_CALLS)
def test_what_is_no_call_is_refused(line):
    with pytest.raises(control.ControlError):
        control.read_call(line)


NO_ANSWERS = [b"", b"[]", b"{}", b'{"status": 0}', b'{"status": "0", "answer": {}}', b'{"status": true, "answer": {}}']


@pytest.mark.parametrize("line", NO_ANSWERS)
def test_what_is_neither_answer_nor_notification_is_refused(line):
    with pytest.raises(control.ControlError):
        control.read_answer(line)
