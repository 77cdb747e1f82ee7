"""The test's own rpc end point speaks as uhttpd and rpcd do: what LuCI's client relies on."""

import json
import pathlib

import jsonschema
import pytest

from lab.agent import uci
from luci.rpcd import NOBODY, Rpcd
from luci.scripted import Scripted
from luci.test_states import everything
from luci.uci import Status

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "status.schema.json"
ACL = {"app": {"read": {"ubus": {"nametrack": ["status"]}, "uci": ["nametrack"]}, "write": {"uci": ["nametrack"]}}}


@pytest.fixture
def rpcd(tmp_path):
    (tmp_path / "nametrack").write_text(
        uci(("nametrack", "global", {"enabled": 1}), ("policy", "", {"host": ["a", "b"]}))
    )
    (tmp_path / "acl.json").write_text(json.dumps(ACL))
    changed = []
    rpcd = Rpcd(Scripted(), [tmp_path / "acl.json"], tmp_path, changed.append)
    rpcd.add_login("root", "secret", read=["app"], write=["app"])
    rpcd.changed, rpcd.file = changed, tmp_path / "nametrack"
    return rpcd


def request(*params, number=1):
    return {"jsonrpc": "2.0", "id": number, "method": "call", "params": list(params)}


def ask(rpcd, *params):
    answer = rpcd.answer(json.dumps(request(*params)))
    return answer.get("result") or answer["error"]["code"]


def call(rpcd, sid, method, **arguments):
    return rpcd.uci.call(method, {"ubus_rpc_session": sid, **arguments})


def code(rpcd, sid, method, **arguments):
    with pytest.raises(Status) as status:
        call(rpcd, sid, method, **arguments)
    return status.value.code


def test_a_login_needs_its_password(rpcd):
    assert ask(rpcd, NOBODY, "session", "login", {"username": "root", "password": "wrong"}) == [6]
    sid = ask(rpcd, NOBODY, "session", "login", {"username": "root", "password": "secret"})[1]["ubus_rpc_session"]
    assert ask(rpcd, sid, "nametrack", "status", {})[0] == 0


def test_what_is_not_granted_is_denied_whether_it_exists_or_not(rpcd):
    sid = rpcd.login("root", "secret")
    assert ask(rpcd, sid, "nametrack", "refresh", {}) == -32002
    assert ask(rpcd, sid, "nothing", "at_all", {}) == -32002
    assert ask(rpcd, NOBODY, "nametrack", "status", {}) == -32002


def test_an_object_that_is_not_there_and_a_method_that_it_does_not_know(rpcd):
    sid = rpcd.login("root", "secret")
    del rpcd.bus.methods["status"]
    assert ask(rpcd, sid, "nametrack", "status", {}) == [3]
    rpcd.bus.running = False
    assert ask(rpcd, sid, "nametrack", "status", {}) == -32000


def test_every_object_is_told_the_session(rpcd):
    sid = rpcd.login("root", "secret")
    ask(rpcd, sid, "nametrack", "status", {})
    assert rpcd.bus.calls == [("status", {"ubus_rpc_session": sid})]


@pytest.mark.parametrize(
    "body, code",
    [("{", -32700), ("7", -32600), ('{"jsonrpc":"2.0","method":"x"}', -32601), (json.dumps(request(1)), -32602)],
)
def test_what_is_no_request_has_its_error(rpcd, body, code):
    assert rpcd.answer(body)["error"]["code"] == code


def test_a_batch_is_answered_in_its_order(rpcd):
    sid = rpcd.login("root", "secret")
    batch = [request(sid, "nametrack", "status", {}, number=n) for n in (4, 7)]
    assert [answer["id"] for answer in rpcd.answer(json.dumps(batch))] == [4, 7]


def test_changes_are_a_sessions_own_until_they_are_applied(rpcd):
    mine, other = rpcd.login("root", "secret"), rpcd.login("root", "secret")
    before = rpcd.file.read_text()
    call(rpcd, mine, "set", config="nametrack", section="global", values={"enabled": "0", "nameserver": ["192.0.2.1"]})
    assert call(rpcd, mine, "get", config="nametrack", section="global")["values"]["enabled"] == "0"
    assert call(rpcd, other, "get", config="nametrack", section="global")["values"]["enabled"] == "1"
    assert call(rpcd, other, "changes") == {"changes": {}}
    assert rpcd.file.read_text() == before
    call(rpcd, mine, "apply")
    assert "option enabled '0'" in rpcd.file.read_text() and "list nameserver '192.0.2.1'" in rpcd.file.read_text()
    assert rpcd.changed == ["nametrack"]


def test_changes_are_told_as_uci_tells_them(rpcd):
    sid = rpcd.login("root", "secret")
    section = call(rpcd, sid, "add", config="nametrack", type="policy", values={"host": ["a"]})["section"]
    call(rpcd, sid, "add", config="nametrack", type="policy", name="work")
    call(rpcd, sid, "delete", config="nametrack", section="global", options=["enabled", "no_such"])
    call(rpcd, sid, "delete", config="nametrack", section="work")
    assert call(rpcd, sid, "changes", config="nametrack")["changes"] == [
        ["add", section, "policy"],
        ["list-add", section, "host", "a"],
        ["set", "work", "policy"],
        ["remove", "global", "enabled"],
        ["remove", "work"],
    ]


def test_nothing_to_apply_or_confirm_is_no_data(rpcd):
    sid = rpcd.login("root", "secret")
    assert (code(rpcd, sid, "apply"), code(rpcd, sid, "confirm")) == (5, 5)


def test_only_the_session_that_applied_may_confirm_or_roll_back(rpcd):
    mine, other = rpcd.login("root", "secret"), rpcd.login("root", "secret")
    before = rpcd.file.read_text()
    call(rpcd, mine, "set", config="nametrack", section="global", values={"enabled": "0"})
    call(rpcd, mine, "apply", rollback=True, timeout=60)
    assert (code(rpcd, other, "confirm"), code(rpcd, other, "rollback"), code(rpcd, mine, "apply")) == (6, 6, 6)
    call(rpcd, mine, "rollback")
    assert rpcd.file.read_text() == before
    assert call(rpcd, mine, "changes")["changes"]["nametrack"] == [["set", "global", "enabled", "0"]], "staged again"


@pytest.mark.parametrize("config, status", [("nametrack", 4), ("network", 6), ("../nametrack", 6), (None, 2)])
def test_what_cannot_be_read_has_its_code(rpcd, config, status):
    sid = rpcd.login("root", "secret")
    assert code(rpcd, sid, "get", config=config, section="no_such") == status


def test_scripted_answers_have_the_shape_of_the_agents_own():
    agent = Scripted()
    everything(agent)
    jsonschema.validate(agent.status({}), json.loads(SCHEMA.read_text()))
