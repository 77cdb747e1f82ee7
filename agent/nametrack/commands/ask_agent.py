"""The commands that ask the running agent: status, refresh, events, metrics; and what check asks of it."""

import sys

import pyubus
from pyubus import UbusError

from .. import NAME, compat
from ..core.config.option_values import address, host, number
from ..core.telling.tables import event_lines, status_lines, why_lines
from ..core.wording import count
from ..wire.jsontext import json_text
from .command_line import Trouble

TIMEOUT = 10  # seconds
AGAIN = 2  # seconds until an agent that went away is looked for again

NOT_RUNNING = "the agent is not running; to start it: %s"
DISABLED = "nametrack is disabled (option enabled '0'); to enable it: %s"
ON_A_ROUTER, ELSEWHERE = "/etc/init.d/nametrack start", "systemctl start nametrack"


class NotRunning(Trouble):
    """No agent runs, although nothing disables it."""


class Remote:
    """The running agent, reached over the bus, or over its own socket if there is no bus. Raises Trouble.

    command: a Command, whose `ubus` is the path of the bus, None for the usual ones and "none" for no bus.
    """

    def __init__(self, command):
        self._start = ON_A_ROUTER
        self._config_dir = command.config_dir
        try:
            self._client = self._connected(command)
        except UbusError as error:
            raise self._trouble(error)

    def call(self, method, arguments=None):
        """The answer, a dict. Raises Trouble."""
        return self._try(lambda: self._client.call(NAME, method, arguments))

    def follow(self, told):
        """Calls `told()` for each of the agent's notifications, until it goes: then it raises Trouble."""
        self._try(lambda: self._client.subscribe(NAME, lambda method, data: told(), _gone))
        self._try(self._client.loop)

    def close(self):
        """End the connection: MicroPython closes none by itself, and ubusd bears about a thousand of all programs."""
        self._client.close()

    def _connected(self, command):
        if command.ubus != "none":
            client = pyubus.UbusClient(command.ubus, TIMEOUT)
            try:
                client.connect()
                return client
            except UbusError:
                if command.ubus is not None:
                    raise
        try:
            from ..adapters.control_client import ControlClient
        except ImportError:  # the package for routers does not contain it
            raise Trouble("the running agent is asked over the bus, and there is none")
        self._start = ELSEWHERE
        client = ControlClient(command.run_dir, TIMEOUT)
        client.connect()
        return client

    def _try(self, do):
        try:
            return do()
        except UbusError as error:
            raise self._trouble(error)

    def _trouble(self, error):
        if error.code in (pyubus.UBUS_STATUS_NOT_FOUND, pyubus.UBUS_STATUS_METHOD_NOT_FOUND):
            advice = _to_enable(self._config_dir)
            return NotRunning(NOT_RUNNING % self._start) if advice is None else Trouble(DISABLED % advice)
        if error.code == pyubus.UBUS_STATUS_PERMISSION_DENIED:
            return Trouble("this user may not ask the agent")
        if error.code == pyubus.UBUS_STATUS_TIMEOUT:
            return Trouble("the agent does not answer within %d s" % TIMEOUT)
        return Trouble(str(error))


def _gone():
    raise Trouble("the agent is gone")


def status(command, log):
    answer = Remote(command).call("status")
    if command.json:
        print(json_text(answer))
    else:
        for line in status_lines(answer, compat.is_terminal(sys.stdout), command.all):
            print(line)
    return 0


def why(command, log):
    """Print why packets to a host take the way they take; return 0 if they go as configured, else 1."""
    given = {"host": command.names[0]}
    problem = None if address(given["host"])[0] else host(given["host"])[1]
    if command.client is not None:
        given["client"] = command.client
        wrong = address(command.client)[1]
        problem = problem or wrong and "--from: " + wrong
    if problem:
        raise Trouble(problem)
    answer = Remote(command).call("why", given)
    if command.json:
        print(json_text(answer))
    else:
        for line in why_lines(answer):
            print(line)
    return 0 if answer["as_configured"] else 1


def metrics(command, log):
    sys.stdout.write(Remote(command).call("metrics", {"format": command.format})["text"])
    return 0


def _to_enable(folder):
    """Return how to enable nametrack, None if the configuration in `folder` does not disable it."""
    from ..core.telling.findings import ADVICE  # only a command that found no agent needs these
    from ..daemon.config_files import read_config

    loaded, _ = read_config(folder)
    if loaded is None or loaded.config.enabled:
        return None
    if loaded.machine is None:
        return ADVICE["disabled"]
    from ..core.telling.machine_findings import ELSEWHERE as OF_A_MACHINE

    return OF_A_MACHINE["disabled"]


def check(command, loaded):
    """`(findings, other, absence)`: what the running agent finds, None if it cannot be asked, finds more than fits into
    an answer, or runs with another configuration than `loaded`, a program.Loaded; other: whether one runs that has an
    older one of the same files; absence: says that none runs, None if one does or that is not known."""
    try:
        answer = Remote(command).call("check")
    except NotRunning as error:
        return None, False, str(error)
    except Trouble:
        return None, False, None
    if answer.get("config_dir") != command.config_dir:
        return None, False, None
    if answer.get("config_id") != loaded.id:
        return None, True, None
    return (None if answer["more_findings"] else answer["findings"]), False, None


def refresh(command, log):
    remote, code = Remote(command), 0
    if not command.names:
        asked = remote.call("refresh")["asked"]
        print("%s asked again: nametrack status shows what comes of it" % count(asked, "name"))
    for given in command.names:
        name, problem = host(given)
        if problem is None and not remote.call("refresh", {"name": name})["asked"]:
            problem = "'%s' is not followed: nametrack status lists what is" % name
        if problem is not None:
            sys.stderr.write("nametrack: %s\n" % problem)
            code = 1
    return code


_minutes = number(1, 10080, "a number of minutes")


def pause(command, log):
    arguments = {}
    if command.names:
        arguments["minutes"], problem = _minutes(" ".join(command.names))
        if problem is not None:
            raise Trouble("pause: %s" % problem)
    answer = Remote(command).call("pause", arguments)
    words = (_policies(answer), count(answer["minutes"], "minute"))
    print("%s off for %s: traffic takes the normal way; `nametrack resume` ends it" % words)
    return 0


def resume(command, log):
    answer = Remote(command).call("resume")
    print("%s on again" % _policies(answer))
    return 0


def _policies(answer):
    number = answer["policies"]
    return "%d %s" % (number, "policy" if number == 1 else "policies")


def events(command, log):
    shown = Shown()
    _ask(command, shown.more)
    while command.follow:
        try:
            _ask(command, shown.follow)
        except Trouble as trouble:
            # The agent may be restarted: the reader wants to see what it does then.
            shown.wait(trouble)
            compat.sleep(AGAIN)
    return 0


def _ask(command, ask):
    """Call `ask` with a Remote, which ends with it."""
    remote = Remote(command)
    try:
        ask(remote)
    finally:
        remote.close()


class Shown:
    """Prints each event once, and once per absence of the agent that it is waited for."""

    def __init__(self):
        self._last = 0
        self._waits = False  # that the agent is waited for is said

    def wait(self, trouble):
        """Say on stderr that the agent cannot be asked, and why (trouble, a Trouble)."""
        if not self._waits:
            sys.stderr.write("nametrack: %s; waiting for it\n" % trouble)
        self._waits = True

    def follow(self, remote):
        """Prints what is new now and from then on. Raises Trouble when the agent goes."""
        self.more(remote)
        self._waits = False
        remote.follow(lambda: self.more(remote))

    def more(self, remote):
        """Prints what is new. Raises Trouble."""
        more = True
        while more:
            answer = remote.call("events", {"since": self._last})
            found, more = answer["events"], answer["more_events"]
            for line in event_lines(found, compat.clock_text):
                print(line)
            if found:
                self._last = found[-1]["id"]
        compat.flush(sys.stdout)
