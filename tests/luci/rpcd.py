"""uhttpd's JSON-RPC and rpcd's sessions in front of a real bus: who may call what, in their words and numbers.

The rights come from the files that the packages install: a login has groups of acl.d, to read or to write.
"""

import copy
import fnmatch
import json
import secrets

from luci.files import Files
from luci.uci import Status, Uci

NOBODY = "0" * 32
INVALID_COMMAND, INVALID_ARGUMENT, METHOD_NOT_FOUND, PERMISSION_DENIED = 1, 2, 3, 6

PARSE_ERROR = (-32700, "Parse error")
INVALID_REQUEST = (-32600, "Invalid request")
UNKNOWN_METHOD = (-32601, "Method not found")
INVALID_PARAMETERS = (-32602, "Invalid parameters")
NO_OBJECT = (-32000, "Object not found")
DENIED = (-32002, "Access denied")

# What luci-base's own acl.d grants every login, as far as the pages need it, what rpcd grants everybody, what
# luci-app-firewall grants, which every usual LuCI has, and what luci-app-pbr does.
BASE = {
    "unauthenticated": {"read": {"ubus": {"session": ["access", "login"], "luci": ["getFeatures"]}}},
    "luci-base": {
        "read": {
            "file": {"/": ["list"], "/*": ["list"]},
            "ubus": {"uci": ["changes", "get"], "file": ["list"]},
            "uci": ["luci"],
        },
        "write": {"ubus": {"uci": ["add", "apply", "confirm", "delete", "order", "revert", "set"]}},
    },
    "luci-app-firewall": {"read": {"uci": ["firewall"]}, "write": {"uci": ["firewall"]}},
    "luci-app-pbr": {"read": {"uci": ["pbr"]}, "write": {"uci": ["pbr"]}},
}


class Rpcd:
    """`bus.call(object, method, arguments)` reaches the objects that are not rpcd's own: it answers a dict, or None
    without data, and raises an error with a `code`.
    """

    def __init__(self, bus, acl_files, config, changed):
        self.bus = bus
        self.groups = copy.deepcopy(BASE)
        for path in acl_files:
            self.groups.update(json.loads(path.read_text()))
        self.uci = Uci(config, self.access, changed)
        self.files = Files(config, self.access)
        self.logins = {}  # name -> (password, groups to read, groups to write)
        self.sessions = {NOBODY: [("read", "unauthenticated")]}
        self.calls = []  # (object, method, arguments) of every call that was let through to an object

    def add_login(self, name, password, read=(), write=()):
        """A login; it may read `luci-base` in any case, and write what it may write."""
        self.logins[name] = (password, ["luci-base", *read], ["luci-base", *write] if write else [])

    def login(self, name, password):
        """A new session's id, or None."""
        if name not in self.logins or self.logins[name][0] != password:
            return None
        _, read, write = self.logins[name]
        sid = secrets.token_hex(16)
        grants = [("read", group) for group in {*read, *write}] + [("write", group) for group in write]
        self.sessions[sid] = self.sessions[NOBODY] + grants
        return sid

    def access(self, sid, scope, name, function):
        """Whether a session may do this. A list of names, as of UCI packages, is granted for its own kind of right."""
        for right, group in self.sessions.get(sid, ()):
            granted = self.groups.get(group, {}).get(right, {}).get(scope, {})
            if isinstance(granted, list):
                if name in granted and function == right:
                    return True
            elif any(function in granted[pattern] for pattern in granted if fnmatch.fnmatchcase(name, pattern)):
                return True
        return False

    # JSON-RPC

    def answer(self, body):
        """The reply, as a value, to the text of a request or of a batch of them."""
        try:
            request = json.loads(body)
        except ValueError:
            return self.error(None, PARSE_ERROR)
        return [self.one(item) for item in request] if isinstance(request, list) else self.one(request)

    def error(self, number, error):
        return {"jsonrpc": "2.0", "id": number, "error": {"code": error[0], "message": error[1]}}

    def one(self, request):
        if not isinstance(request, dict) or request.get("jsonrpc") != "2.0":
            return self.error(None, INVALID_REQUEST)
        number, params = request.get("id"), request.get("params")
        if request.get("method") == "list":
            return {"jsonrpc": "2.0", "id": number, "result": []}
        if request.get("method") != "call":
            return self.error(number, UNKNOWN_METHOD)
        kinds = (str, str, str, dict)
        if not isinstance(params, list) or len(params) != 4 or not all(map(isinstance, params, kinds)):
            return self.error(number, INVALID_PARAMETERS)
        sid, name, method, arguments = params
        if not self.access(sid, "ubus", name, method):
            return self.error(number, DENIED)
        try:
            data = self.call(name, method, {**arguments, "ubus_rpc_session": sid})
        except LookupError:
            return self.error(number, NO_OBJECT)
        except Status as status:
            return {"jsonrpc": "2.0", "id": number, "result": [status.code]}
        return {"jsonrpc": "2.0", "id": number, "result": [0] if data is None else [0, data]}

    def call(self, name, method, arguments):
        """Calls an object: rpcd's own, or one on the bus. LookupError: there is none; Status: it says no."""
        self.calls.append((name, method, arguments))
        if name == "uci":
            return self.uci.call(method, arguments)
        if name == "file":
            return self.files.call(method, arguments)
        if name == "session":
            return self.session(method, arguments)
        if (name, method) == ("luci", "getFeatures"):
            return {}
        return self.bus.call(name, method, arguments)

    def session(self, method, arguments):
        if method == "login":
            sid = self.login(arguments.get("username"), arguments.get("password"))
            if sid is None:
                raise Status(PERMISSION_DENIED)
            return {"ubus_rpc_session": sid, "timeout": 300, "expires": 300}
        words = [arguments.get(key) for key in ("ubus_rpc_session", "scope", "object", "function")]
        return {"access": self.access(*words)}
