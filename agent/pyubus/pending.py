"""The requests that are under way, each by the `seq` of the message that it waits for an answer to."""

from .happenings import Finished
from .message import (
    UBUS_ATTR_SUBSCRIBERS,
    UBUS_MAX_MSGLEN,
    UBUS_MSG_DATA,
    UBUS_MSG_NOTIFY,
    UBUS_MSG_STATUS,
    attribute,
)
from .requests import status_of
from .status import UBUS_STATUS_NO_MEMORY, UbusError

ANSWER_LIMIT = 2 * UBUS_MAX_MSGLEN  # bytes of all that answers one message; a single one may have half of them
_SEQ_LIMIT = 0xFFFF


class Pending:
    """Carries requests from step to step. `send(type, seq, peer, attributes)` sends a message, or raises UbusError."""

    def __init__(self, send):
        self._send = send
        self._number = 0
        self._seq = 0
        self._steps = {}  # seq -> _Step

    def next_seq(self):
        """A seq that nothing under way has."""
        if len(self._steps) >= _SEQ_LIMIT:
            raise UbusError(UBUS_STATUS_NO_MEMORY, "%d requests wait for an answer" % len(self._steps))
        while True:
            self._seq = (self._seq + 1) & _SEQ_LIMIT
            if self._seq not in self._steps:
                return self._seq

    def begin(self, steps):
        """Begins a request, a generator of requests.py; returns its number. UbusError if nothing can be sent."""
        self._number += 1
        self._ask(self._number, steps, next(steps))
        return self._number

    def cancel(self, request):
        """Forgets a request; whatever still comes of it is dropped."""
        for seq, step in list(self._steps.items()):
            if step.request == request:
                del self._steps[seq]

    def answered(self, message, size):
        """Takes a DATA or STATUS of `size` bytes; returns Finished if that ends a request, else None."""
        step = self._steps.get(message.seq)
        if step is None or message.peer not in step.awaited:
            return None
        step.messages.append(message)
        step.size += size
        if step.size > ANSWER_LIMIT:
            del self._steps[message.seq]
            return Finished(step.request, UBUS_STATUS_NO_MEMORY, [])
        if message.type == UBUS_MSG_DATA:
            return None
        step.awaited.discard(message.peer)
        if step.ask.type == UBUS_MSG_NOTIFY and message.peer == step.ask.peer:
            step.awaited.update(attribute(message, UBUS_ATTR_SUBSCRIBERS) or [])
        if step.awaited:
            return None
        del self._steps[message.seq]
        return self._go_on(step)

    def abandon(self, status):
        """Ends all of them: a list of Finished."""
        steps, self._steps = self._steps, {}
        return [Finished(steps[seq].request, status, []) for seq in sorted(steps)]

    def _ask(self, request, steps, ask):
        seq = self.next_seq()
        self._send(ask.type, seq, ask.peer, ask.attributes)
        self._steps[seq] = _Step(request, steps, ask)

    def _go_on(self, step):
        status = [status_of(message) for message in step.messages if message.type == UBUS_MSG_STATUS][0]
        try:
            self._ask(step.request, step.steps, step.steps.send((status, step.messages)))
        except StopIteration as end:
            return Finished(step.request, end.value[0], end.value[1])
        except UbusError as error:
            return Finished(step.request, error.code, [])
        return None


class _Step:
    """One message that was sent, and what has answered it."""

    def __init__(self, request, steps, ask):
        self.request = request
        self.steps = steps
        self.ask = ask
        self.awaited = {ask.peer}  # whose STATUS is still to come
        self.messages = []
        self.size = 0
