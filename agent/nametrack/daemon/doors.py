"""The doors through which the agent is asked: the object on the bus, and a socket of its own if there is no bus."""


class Doors:
    """Serves through the bus, and if it cannot be reached at the start, through the agent's own socket as well.

    bus: adapters.bus.Bus; poller: loop.Poller; log: log.Log; run_dir: the folder of the socket.
    """

    def __init__(self, bus, poller, log, run_dir):
        self._bus = bus
        self._poller = poller
        self._log = log
        self._run_dir = run_dir
        self._socket = None  # adapters.control_socket.ControlSocket, if it is needed

    def serve(self, name, methods, answer, decided, arrived):
        """Serve from now on; the arguments are those of Bus.serve."""
        if not self._bus.is_there():
            self._socket = self._own_socket()
        if self._socket is not None and not self._socket.serve(methods, answer):
            return decided(False)
        self._bus.serve(name, methods, answer, decided, arrived)

    def _own_socket(self):
        try:
            from ..adapters.control_socket import ControlSocket
        except ImportError:  # a router has a bus: its package does not contain it
            return None
        return ControlSocket(self._poller, self._log, self._run_dir)

    def notify(self, action):
        """Carry out Notify."""
        self._bus.notify(action)
        if self._socket is not None:
            self._socket.notify(action)

    def reply(self, action):
        """Carry out Reply: the door that the call came through knows its id."""
        self._bus.reply(action)
        if self._socket is not None:
            self._socket.reply(action)

    def close(self):
        """Answer no more."""
        self._bus.close()
        if self._socket is not None:
            self._socket.close()
