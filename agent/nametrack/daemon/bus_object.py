"""The object `nametrack` on the bus: what each of its methods answers (docs/bus.md).

Any program with the right to may call it, so what the arguments say is checked; that they have the types of METHODS,
pyubus has seen to. Arguments that no method knows are passed over: uhttpd adds `ubus_rpc_session` to every call.

What makes the long answers is loaded by the first call for one: most routers are asked for none, and loaded it stays.
"""

from pyubus import BLOBMSG_TYPE_INT32 as INT
from pyubus import BLOBMSG_TYPE_STRING as STRING
from pyubus import UBUS_STATUS_INVALID_ARGUMENT as INVALID_ARGUMENT
from pyubus import UBUS_STATUS_METHOD_NOT_FOUND as METHOD_NOT_FOUND
from pyubus import UBUS_STATUS_NO_DATA as NO_DATA
from pyubus import UBUS_STATUS_NO_MEMORY as NO_MEMORY
from pyubus import UBUS_STATUS_OK as OK

from .. import VERSION, ip
from ..core import events as on
from ..core.config.option_values import host, interface, printable
from ..core.ordering import result
from ..core.telling.answer_size import ROOM, beginning

# method -> {argument: its type}; any argument may be left out
METHODS = {
    "status": {},
    "events": {"since": INT},
    "refresh": {"name": STRING},
    "resolve": {"name": STRING},
    "why": {"host": STRING, "client": STRING},
    "reload": {},
    "interface": {"action": STRING, "interface": STRING, "device": STRING},
    "resync": {"reason": STRING},
    "pause": {"minutes": INT},
    "resume": {},
    "check": {},
    "choices": {},
    "metrics": {"format": STRING},
}
PAUSE, MOST_MINUTES = 60, 10080  # minutes: unless others are asked for, and a week
# hotplug's ACTION; any other says that the interface is other than before
ACTIONS = {"ifup": on.InterfaceUp, "ifdown": on.InterfaceDown, "free": on.InterfaceDown}


class Service:
    """Answers calls for one agent.

    interpreter: its name and version; started_at: monotonic seconds; emit: function that hands an event to the core;
    reload: function that reads the configuration again and calls the function it is given with what is wrong with it,
    [text], at once or later; reply: function(id, reply) that answers a call that was put off; later: as Answers.ask;
    vitals: function that gives the process's memory in bytes, None if that is not known, and its
    core.histogram.Histogram of lags; targets: function that returns what can be filled now: a function that says
    of a SetName whether the kernel has the set, and {name: wire.services.Service}.
    """

    def __init__(self, agent, interpreter, started_at, emit, reload, reply, later, vitals, targets):
        self._agent = agent
        self._interpreter = interpreter
        self._started_at = started_at
        self._emit = emit
        self._read_again = reload
        self._reply = reply
        self._later = later
        self._vitals = vitals
        self._targets = targets
        self._configuration = {}
        self._inquiries = 0  # that were begun
        self._handlers = {
            "status": self._status,
            "events": self._events,
            "refresh": self._refresh,
            "resolve": self._resolve,
            "why": self._why,
            "reload": self._reload,
            "interface": self._interface,
            "resync": self._resync,
            "pause": self._pause,
            "resume": self._resume,
            "check": self._check,
            "choices": self._choices,
            "metrics": self._metrics,
        }

    def loaded(self, folder, number):
        """Which configuration is in force: its folder and the id of its text."""
        self._configuration = {"config_dir": folder, "config_id": number}

    def call(self, method, arguments, now, wall):
        """`(status, reply)` at monotonic `now`, which is Unix time `wall`: UBUS_STATUS_* and a dict.

        `(None, id)` for a call that is answered later: by the action Reply of the core with this id, or by `reply`.
        """
        handler = self._handlers.get(method)
        if handler is None:
            return METHOD_NOT_FOUND, {}
        if self._agent.config is None:
            return NO_DATA, {}  # it has not begun yet
        return handler(arguments, now, wall)

    def status(self, now, wall, room=ROOM):
        """All that is known, as docs/status.md has it; `room`: bytes that it may take on the bus."""
        return result(self._building(now, wall, room))

    def _building(self, now, wall, room):
        from ..core.telling.status import building

        answer = yield from building(self._agent, now, wall, room)
        answer["version"] = VERSION
        answer["interpreter"] = self._interpreter
        answer["started"] = self._started(now, wall)
        answer["now"] = int(wall)
        answer["last_event"] = self._agent.history.last_id
        return answer

    def _started(self, now, wall):
        return int(wall - (now - self._started_at))

    def _put_off(self, what, make):
        """Answer later with the value of the generator that `make` returns."""
        self._inquiries += 1
        if not self._later(what, lambda: self._of_one_configuration(make), self._inquiries):
            return NO_MEMORY, {}
        return None, self._inquiries

    def _of_one_configuration(self, make):
        """The same generator; it begins anew when another configuration comes into force."""
        while True:
            config, steps = self._agent.config, make()
            try:
                while self._agent.config is config:
                    yield next(steps)
            except StopIteration as end:
                return end.value

    def _status(self, given, now, wall):
        return self._put_off("status", lambda: self._building(now, wall, ROOM))

    def _events(self, given, now, wall):
        found, more = beginning(self._agent.history.since(given.get("since", 0), now, wall))
        return OK, {"events": found, "more_events": more}

    def _refresh(self, given, now, wall):
        name = None
        if "name" in given:
            name, problem = host(given["name"])
            if problem is not None:
                return INVALID_ARGUMENT, {}
        asked = self._agent.resolver.hosts(name)
        self._emit(on.RefreshRequested(name))
        return OK, {"asked": len(asked)}

    def _resolve(self, given, now, wall):
        name, problem = host(given.get("name", ""))
        if problem is not None:
            return INVALID_ARGUMENT, {}
        self._inquiries += 1
        self._emit(on.Inquired(self._inquiries, name))
        return None, self._inquiries

    def _why(self, given, now, wall):
        name, problem = given.get("host", ""), None
        if ip.canonical(name) is None:
            name, problem = host(name)
        client = given.get("client") or None
        if problem is not None or (client is not None and ip.canonical(client) is None):
            return INVALID_ARGUMENT, {}
        self._inquiries += 1
        self._emit(on.WhyAsked(self._inquiries, ip.canonical(name) or name, client and ip.canonical(client)))
        return None, self._inquiries

    def _choices(self, given, now, wall):
        from ..core.telling.luci_choices import choices

        return OK, choices(self._agent.config, self._agent.interfaces.known, *self._targets())

    def _reload(self, given, now, wall):
        self._inquiries += 1
        number, replies, waits = self._inquiries, [], []

        def done(errors):
            found, more = beginning(errors)
            reply = {"errors": found, "more_errors": more}
            if waits:
                self._reply(number, reply)
            else:
                replies.append(reply)

        self._read_again(done)
        if replies:
            return OK, replies[0]
        waits.append(number)
        return None, number

    def _interface(self, given, now, wall):
        action, name = given.get("action"), given.get("interface")
        if action is None or name is None or interface(name)[1] is not None:
            return INVALID_ARGUMENT, {}
        self._emit(ACTIONS.get(action, on.InterfaceUpdated)(name))
        return OK, {}

    def _resync(self, given, now, wall):
        self._emit(on.SetsDisturbed(printable(given.get("reason", ""), 60)))
        return OK, {}

    def _pause(self, given, now, wall):
        minutes = given.get("minutes", PAUSE)
        if not 0 < minutes <= MOST_MINUTES:
            return INVALID_ARGUMENT, {}
        self._emit(on.Paused(60 * minutes))
        return OK, {"policies": len(self._agent.routes.steered), "minutes": minutes}

    def _resume(self, given, now, wall):
        self._emit(on.Paused(0))
        return OK, {"policies": len(self._agent.routes.steered)}

    def _check(self, given, now, wall):
        from ..core.telling.findings import findings

        found, more = beginning(findings(self._agent, wall))
        answer = {"findings": found, "more_findings": more}
        answer.update(self._configuration)
        return OK, answer

    def _metrics(self, given, now, wall):
        from ..core.telling import metrics

        write = metrics.FORMATS.get(given.get("format", "openmetrics"))
        if write is None:
            return INVALID_ARGUMENT, {}

        def text():
            build = {"version": VERSION, "interpreter": self._interpreter}
            memory, lag = self._vitals()
            process = metrics.process_families(build, self._started(now, wall), memory, lag)
            families = yield from metrics.families(self._agent, now, wall)
            return {"text": (yield from write(process + families))}

        return self._put_off(write, text)
