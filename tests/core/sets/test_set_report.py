"""set_report.py: what people and programs are told of one set."""

from core.sets.one_set import policy
from nametrack import ip
from nametrack.core.actions import FlushFlows, Log, Notify
from nametrack.core.sets.set_report import FULL_SET, REFUSED, TOLD, SetReport
from nametrack.element import named
from nametrack.key_table import KeyTable

KEYS = [ip.key("192.0.2.%d" % i) for i in range(1, 200)]


class Made:
    """A Slice as far as the report looks at it."""

    def __init__(self, added=(), gone=(), renewed=()):
        self.added, self.gone, self.renewed = list(added), KeyTable(gone), list(renewed)


def report(*sources):
    made = SetReport(named("nft inet t s4"))
    made.assign(list(sources))
    return made


def told(made, now=7):
    return [action for action in made.tell(now) if not isinstance(action, FlushFlows)]


def test_nothing_is_told_of_a_change_of_nothing():
    made = report(policy())
    made.begin("DNS")
    made.count(Made(), {})
    assert made.tell(1) == []


def test_a_change_is_told_to_each_policy_with_what_it_wants_of_it():
    one, other = policy(literals=["192.0.2.1", "192.0.2.2"]), policy(literals=["192.0.2.2"], name="q")
    made = report(one, other)
    made.begin("DNS")
    assert made.reason == "DNS"
    made.begin("another reason")
    made.count(Made(KEYS[:2], KEYS[5:6], KEYS[7:9]), {})
    made.count(Made(KEYS[2:4]), {KEYS[3]: "full"})
    said = made.tell(7)
    assert said[0] == FlushFlows(KEYS[:3]) and len(said) == 3
    text = "set 'inet t s4': 3 added, 1 deleted, 2 renewed: DNS"
    assert [(each.kind, each.code, each.text) for each in said[1:]] == [("policy", "elements", text)] * 2
    assert [each.values["added"] for each in said[1:]] == [["192.0.2.1", "192.0.2.2"], ["192.0.2.2"]]
    assert said[1].values["name"] == "p" and said[2].values["deleted"] == ["192.0.2.6"]
    assert said[1].parameters == ("inet t s4", 2, 1) and said[2].subject == "policy 'q'"
    assert (one.added, one.deleted, one.changed_at, other.added) == (2, 1, 7, 1)
    assert made.reason is None and made.tell(8) == []


def test_a_renewal_has_a_code_of_its_own_and_reasons_of_its_own():
    made = report(policy())
    made.begin("compared")
    made.count(Made(renewed=KEYS[:1]), {})
    (said,) = made.tell(7)
    assert (said.code, said.text) == ("renewed", "set 'inet t s4': 1 renewed: timeouts renewed")
    made.begin("compared")
    made.count(Made(gone=KEYS[:1]), {})
    (said,) = made.tell(7)
    assert (said.code, said.text) == ("elements", "set 'inet t s4': 1 deleted: compared")


def test_a_notification_names_some_addresses_and_counts_all():
    made = report(policy())
    made.count(Made(KEYS), {})
    (said,) = told(made)
    assert len(said.values["added"]) == TOLD == 64 and "199 added" in said.text


def test_what_is_done_for_a_policy_that_was_removed_is_logged():
    made = report()
    made.begin("no policy wants it")
    made.count(Made(gone=KEYS[:1]), {})
    assert made.tell(7) == [Log("info", "set 'inet t s4': 1 deleted: no policy wants it")]
    assert made.complain(REFUSED, "is broken") == [] and made.recover() == []


def test_a_trouble_is_told_once_and_its_end():
    made = report(policy(), policy(name="q"))
    (said,) = made.complain(REFUSED, "cannot be read: no")
    assert isinstance(said, Notify) and said.subject == "policy 'p' and policy 'q'"
    assert said.text == "set 'inet t s4' cannot be read: no" and made.trouble == (REFUSED, "cannot be read: no")
    assert made.complain(REFUSED, "cannot be read: no") == []
    assert len(made.complain(REFUSED, "cannot be read: busy")) == 1
    assert len(made.complain(FULL_SET, "is full: 1")) == 1 and made.complain(FULL_SET, "is full: 2") == []
    (said,) = made.recover()
    assert said.text == "set 'inet t s4' is in order again" and made.trouble is None and made.recover() == []
    made.complain(REFUSED, "x")
    made.forget()
    assert made.trouble is None and made.recover() == []
    made.found_in_order()
    assert len(made.recover()) == 1
