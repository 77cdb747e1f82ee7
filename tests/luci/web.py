"""The web server of a router with LuCI: the client's files, the pages, /ubus and the few URLs that applying needs.

Our files come from luci-app/; LuCI's own from the small stand-in beside this file, or from a checkout of LuCI's that
LUCI_SOURCE names. So the same tests say whether the stand-in is like the real one.
"""

import http.server
import json
import mimetypes
import os
import pathlib
import threading
import time
import urllib.parse

import polib

from lab.enter import TOP
from luci.uci import Status
from luci.words import languages

APP = TOP / "luci-app"
SOURCE = os.environ.get("LUCI_SOURCE")
STANDIN = pathlib.Path(__file__).parent / "standin"
SCRIPT = "/cgi-bin/luci"
MENU = json.loads((APP / "root/usr/share/luci/menu.d/luci-app-nametrack.json").read_text())

PAGE = """<!DOCTYPE html>
<html lang="{language}"{dark}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{media}/cascade.css">
{mobile}
<script>window.TR = {words};</script>
<script src="/luci-static/resources/cbi.js"></script>
</head>
<body class="lang_{language} logged-in" data-page="{page}">
<header><div class="fill"><div class="container"><a class="brand" href="#">lab</a>
<span id="indicators" class="status pull-right"></span></div></div></header>
<script src="/luci-static/resources/luci.js"></script>
<script>L = new LuCI({environment});</script>
<div class="main"><div class="main-right"><div id="maincontent" class="container">
<ul class="tabs">{tabs}</ul>
<div id="view"><div class="spinning">Loading view…</div>
<script>L.require('ui').then(function(ui) {{ ui.instantiateView('{view}'); }});</script>
</div></div></div></div>
</body>
</html>
"""


def folders():
    """Where the client's files are looked for, first one first."""
    ours = [APP / "htdocs"]
    if not SOURCE:
        return [*ours, STANDIN]
    source = pathlib.Path(SOURCE)
    themes = sorted(source.glob("themes/*/htdocs"))
    return [*ours, source / "modules/luci-base/htdocs", *themes]


def translations(language):
    """What the stand-in's `_()` looks strings up in; LuCI's own would want hashes for keys."""
    if SOURCE or language not in languages():
        return None
    found = polib.pofile(str(languages()[language]))
    return {"\1".join(filter(None, (entry.msgctxt, entry.msgid))): entry.msgstr for entry in found}


class Web:
    """Serves on a port of the loopback address until closed; `requests` are (method, path, bytes sent)."""

    def __init__(self, rpcd):
        self.rpcd = rpcd
        self.requests = []
        self.silent = ""  # what is in the paths of the requests that are taken, and not answered while this is set
        self.broken = False  # True: calls are answered by an error of the web server's
        self.rollback = 30  # seconds in which what was applied must be confirmed
        handler = type("Handler", (Handler,), {"web": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.silent = ""
        self.server.shutdown()
        self.server.server_close()

    def page(self, path, query, sid):
        """A page of the menu, as the dispatcher renders it: None if there is none, or not for this session."""
        node = MENU.get(path)
        if node is None or node["action"]["type"] != "view":
            return None
        group = MENU[path.rpartition("/")[0]]["depends"]["acl"][0]
        rights = {right for right, granted in self.rpcd.sessions.get(sid, ()) if granted == group}
        theme, language = query.get("theme", "bootstrap"), query.get("lang", "en")
        siblings = [(p, n) for p, n in MENU.items() if p.rpartition("/")[0] == path.rpartition("/")[0]]
        tabs = "".join(
            f'<li class="tabmenu-item-{p.rpartition("/")[2]}{" active" if p == path else ""}">'
            f'<a href="{SCRIPT}/{p}">{n["title"]}</a></li>'
            for p, n in siblings
            if n["action"]["type"] == "view"
        )
        environment = {
            "token": "token",
            "media": f"/luci-static/{theme}",
            "resource": "/luci-static/resources",
            "scriptname": SCRIPT,
            "pathinfo": "/" + path,
            "documentroot": "/www",
            "requestpath": path.split("/"),
            "dispatchpath": path.split("/"),
            "pollinterval": 5,
            "ubuspath": "/ubus",
            "sessionid": sid,
            "nodespec": {"satisfied": bool(rights), "readonly": "write" not in rights, **node},
            "apply_rollback": self.rollback,
            "apply_holdoff": 1,
            "apply_timeout": 5,
            "apply_display": 0.5,
        }
        mobile = '<link rel="stylesheet" media="only screen and (max-device-width: 854px)" href="{}/mobile.css">'
        return PAGE.format(
            language=language,
            dark=' data-darkmode="true"' if query.get("dark") else "",
            title=node["title"],
            media=environment["media"],
            mobile=mobile.format(environment["media"]) if SOURCE and theme == "bootstrap" else "",
            words=json.dumps(translations(language)),
            page=path.replace("/", "-"),
            environment=json.dumps(environment).replace("</", "<\\/"),
            tabs=tabs,
            view=node["action"]["path"],
        )

    def admin(self, path, sid):
        """`(status, value)` of the dispatcher's own URLs about staged changes."""
        action = path.rpartition("/")[2]
        if action in ("apply_rollback", "apply_unchecked"):
            checked = action == "apply_rollback"
            code = self.uci(sid, "apply", timeout=self.rollback, rollback=checked)
            return (
                (204, None)
                if code == 5
                else (200 if checked else 204, {"token": "token"})
                if code == 0
                else (403, None)
            )
        if action == "confirm":
            return {0: 200, 5: 204}.get(self.uci(sid, "confirm"), 403), None
        changes = self.rpcd.uci.call("changes", {"ubus_rpc_session": sid})["changes"]
        return 200 if all(self.uci(sid, "revert", config=name) == 0 for name in changes) else 403, None

    def uci(self, sid, method, **arguments):
        try:
            self.rpcd.uci.call(method, {"ubus_rpc_session": sid, **arguments})
        except Status as status:
            return status.code
        return 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path.startswith(SCRIPT + "/"):
            page = self.web.page(url.path[len(SCRIPT) + 1 :], query, self.sid())
            return self.send(200 if page else 404, "text/html; charset=utf-8", (page or "").encode())
        if ".." in url.path:
            return self.send(404)
        for folder in folders():
            path = folder / url.path.lstrip("/")
            if path.is_file():
                return self.send(200, mimetypes.guess_type(path.name)[0] or "text/plain", path.read_bytes())
        return self.send(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urllib.parse.urlsplit(self.path).path
        if self.web.silent and self.web.silent in path:
            while self.web.silent:
                time.sleep(0.1)
            self.close_connection = True
            return None
        if self.web.broken:
            return self.send(500)
        if path == "/ubus":
            return self.send(200, "application/json", json.dumps(self.web.rpcd.answer(body)).encode())
        if path.startswith(SCRIPT + "/admin/uci/"):
            status, value = self.web.admin(path, self.sid())
            return self.send(status, "application/json", b"" if value is None else json.dumps(value).encode())
        return self.send(404)

    def sid(self):
        for cookie in (self.headers.get("Cookie") or "").split(";"):
            name, _, value = cookie.strip().partition("=")
            if name == "sysauth":
                return value
        return ""

    def send(self, status, kind="text/plain", data=b""):
        self.web.requests.append((self.command, self.path, len(data)))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        # uhttpd lets a client keep a file and ask whether it has changed; here nothing is kept, so that bytes count
        self.send_header("Cache-Control", "no-store")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if status != 204:
            self.wfile.write(data)
