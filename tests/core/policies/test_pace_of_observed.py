"""How often a name is asked for that is followed because clients asked for it."""

from core.policies.policy_house import House
from nametrack import ip
from nametrack.core.agent import OBSERVED_TTL
from nametrack.core.last_good import Known
from nametrack.core.names.resolver import MOST_NEW
from one_peer import one_peer
from transcript import Transcript

POLICY = """
config policy 'work'
	option target 'nftset'
	option set4 'inet fw4 mine4'
	option family 'ipv4'
	list host '*.%s'
"""


class Counting(House):
    """Counts the questions about each name; they are answered a second later."""

    def answer(self, query):
        self.asked[query.name] = self.asked.get(query.name, 0) + 1
        self.open.append(query)

    def seconds(self, count):
        for _ in range(count):
            self.run(1)
            while self.open:
                self.tell(House.answer(self, self.open.pop()))


def test_many_names_that_were_observed_before_a_restart_are_asked_each_five_minutes_whatever_their_ttl():
    names = ["n%d.example.net" % i for i in range(MOST_NEW + 30)]
    saved = [Known(name, [ip.key("198.51.100.1")], False, 3000) for name in names]
    zone = {name: lambda now: (["198.51.100.1"], 60) for name in names}
    Counting.asked, Counting.open = {}, []
    house = Counting(POLICY % "example.net", {"nft inet fw4 mine4": ()}, zone, None, saved)
    house.seconds(OBSERVED_TTL - 10)
    assert house.asked == {name: 1 for name in names}
    house.seconds(OBSERVED_TTL)
    assert house.asked == {name: 2 for name in names}


def test_the_name_of_a_peer_is_asked_by_its_ttl_though_clients_ask_for_it_below_a_wildcard():
    then = "-- at 1 --\n< observed home.dyn.test 198.51.100.10 ttl=60\n-- at 200 --"
    text = one_peer("endpoint=198.51.100.10:51820 handshake=-20", then)
    text = text.replace("-- before --", "-- before --\n< says 127.0.0.1 198.51.100.10 ttl=60\n< set nft inet fw4 mine4")
    text = text.replace("\toption authoritative '0'\n", "\toption authoritative '0'\n" + POLICY % "dyn.test")
    asked = [line for line in Transcript(text).run().split("\n") if line.startswith("> query")]
    assert len(asked) >= 4, asked
