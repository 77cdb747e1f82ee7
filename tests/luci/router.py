"""A router with LuCI: rpcd and the web server before an agent, and the browser of somebody who looks at it."""

import contextlib

from luci.rpcd import Rpcd
from luci.uci import Status
from luci.web import APP, SCRIPT, Web

ACL = APP / "root/usr/share/rpcd/acl.d/luci-app-nametrack.json"
GROUP, FIREWALL, PBR = "luci-app-nametrack", "luci-app-firewall", "luci-app-pbr"


class Router:
    """`bus` has the agent's object; `config` is /etc/config. Closed when left.

    Logins: `root` may do everything that the package grants, and change the firewall and pbr; `plain` may not do that;
    `reader` may only read.
    """

    def __init__(self, bus, config):
        self.bus = bus
        (config / "luci").touch()  # every router with LuCI has it
        self.rpcd = Rpcd(bus, [ACL], config, self.changed)
        self.rpcd.add_login("root", "", read=[GROUP, FIREWALL, PBR], write=[GROUP, FIREWALL, PBR])
        self.rpcd.add_login("plain", "", read=[GROUP], write=[GROUP])
        self.rpcd.add_login("reader", "", read=[GROUP])
        self.web = Web(self.rpcd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.web.__exit__()

    def changed(self, package):
        """A package was committed: the init script's reload, which procd runs then."""
        with contextlib.suppress(LookupError, Status):
            self.bus.call("nametrack", "reload", {})

    def open(self, browser, page="status", login="root", **query):
        """Logs in and opens a page of nametrack's; the session's id."""
        sid = self.rpcd.login(login, "")
        browser.cookie(self.web.url, "sysauth", sid)
        words = "&".join(f"{name}={value}" for name, value in query.items())
        browser.open(f"{self.web.url}{SCRIPT}/admin/services/nametrack/{page}?{words}")
        return sid

    def calls(self, method=None):
        """The calls that reached the object nametrack so far: [(method, arguments)]."""
        found = [(m, arguments) for name, m, arguments in self.rpcd.calls if name == "nametrack"]
        return [call for call in found if method in (None, call[0])]
