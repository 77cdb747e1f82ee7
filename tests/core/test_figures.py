"""The figures that the pages promise are those of the code. A test elsewhere shows that each of them is kept to."""

import pytest

from nametrack.core import agent, last_good, ordering
from nametrack.core.config import lists, section
from nametrack.core.names import complaints, lookup, nameservers, resolver, rrset, verdict, zone_lookup
from nametrack.core.names import name as followed
from nametrack.core.peers import endpoint_names, endpoint_trial, interface_peers, proposals, suspicion, tunnel
from nametrack.core.policies import policy, policy_host
from nametrack.core.routes import clients, fit, readings, rulebook
from nametrack.core.sets import reading, set_report, wanted
from nametrack.core.telling import answer_size, history, metrics, peer_status
from nametrack.wire import bpf, host_list, ipset, ipsetlink, packets, repeats

TOP = __file__[: __file__.rfind("/")] + "/../.." if "/" in __file__ else "../.."

# a page, its words, and [(module, name, figure)] that they are about
FIGURES = [
    ("README.md", "up to 50,000", [(host_list, "MOST_NAMES", 50000)]),
    ("docs/asks.md", "1,024 addresses of each family a name, 65,536 a policy",
     [(verdict, "MAX_ADDRESSES", 1024), (policy_host, "MOST", 1024), (policy, "MAX_ADDRESSES", 65536)]),
    ("docs/bus.md", "at most the last 200", [(history, "LIMIT", 200)]),
    ("docs/status.md", "The addresses that this source named last, at most 8", [(peer_status, "MOST_OF_A_SOURCE", 8)]),
    ("docs/own-routes.md", "at most 16 of", [(clients, "MOST", 16)]),
    ("docs/own-routes.md", "there is room for 1,024 rules", [(fit, "RULES", 1024)]),
    ("docs/own-routes.md", "preferences 100 to 999, in two halves",
     [(rulebook, "FIRST_HALVES", (100, 548)), (rulebook, "SIZE", 448), (rulebook, "END", 999)]),
    ("docs/how-it-decides.md", "up to one second later by chance (a twentieth of the TTL at most)",
     [(resolver, "SPREAD", 0.05), (resolver, "SPREAD_MAX", 1)]),
    ("docs/how-it-decides.md", "the name is asked again after 2 s, 4 s … 5 min",
     [(followed, "BACKOFF_FIRST", 2), (followed, "BACKOFF_MAX", 300)]),
    ("docs/how-it-decides.md", "A server is asked again after 2 s, the next one after two tries",
     [(lookup, "RETRANSMIT", 2), (lookup, "ATTEMPTS", 2)]),
    ("docs/how-it-decides.md", "needs this is remembered for an hour", [(nameservers, "PLAIN_FOR", 3600)]),
    ("docs/how-it-decides.md", "Aliases are followed, 16 at the most",
     [(lookup, "MAX_ALIASES", 16), (zone_lookup, "MAX_ALIASES", 16)]),
    ("docs/how-it-decides.md", "the other address family, or 60 s", [(rrset, "UNSAID", 60)]),
    ("docs/how-it-decides.md", "At most 64 names are looked up at once. A quarter of these places is kept",
     [(resolver, "MAX_IN_FLIGHT", 64), (resolver, "KEPT", 16)]),
    ("docs/how-it-decides.md", "two questions in a row is asked after the others for a minute",
     [(nameservers, "PASSED_AFTER", 2), (nameservers, "PASSED_FOR", 60)]),
    ("docs/how-it-decides.md", "not more often than each five minutes", [(agent, "OBSERVED_TTL", 300)]),
    ("docs/how-it-decides.md", "At most 256 names of a policy are followed", [(policy, "MAX_OBSERVED", 256)]),
    ("docs/how-it-decides.md", "The first 256 names of a file", [(host_list, "ASKED", 256)]),
    ("docs/how-it-decides.md", "50,000 names and wildcards, 16,384 addresses and prefixes and 4 MiB of a file are used",
     [(host_list, "MOST_NAMES", 50000), (host_list, "MOST_ELEMENTS", 16384)]),
    ("docs/how-it-decides.md", "and at most 8 files", [(lists, "MOST_FILES", 8)]),
    ("docs/how-it-decides.md", "received bytes that are no multiple of 148", [(tunnel, "INITIATION", 148)]),
    ("docs/how-it-decides.md", "the last handshake is younger than 180 s", [(tunnel, "REJECT_AFTER", 180)]),
    ("docs/how-it-decides.md", "and a look after 1 s and 3 s", [(suspicion, "LOOKS", (0, 1, 3))]),
    ("docs/how-it-decides.md", "the questions grow rare: 10 s, 20 s … an hour",
     [(suspicion, "WAIT_FIRST", 10), (suspicion, "WAIT_MAX", 3600)]),
    ("docs/how-it-decides.md", "a second later try the proposals in turn, at most 8",
     [(endpoint_trial, "ASK_FIRST", 1), (endpoint_trial, "MAX_TRIED", 8)]),
    ("docs/how-it-decides.md", "news comes next, 3 s after the last one", [(suspicion, "PATIENCE", 3)]),
    ("docs/how-it-decides.md", "Then wait at the best one: 5 s, 10 s … 2 min, after an hour 15 min",
     [(endpoint_trial, "ROUND_FIRST", 5), (endpoint_trial, "ROUND_MAX", 120), (endpoint_trial, "LONG_DEAD", 3600),
      (endpoint_trial, "ROUND_LONG", 900)]),
    ("docs/how-it-decides.md", "the last 4 endpoints that replied within a day",
     [(proposals, "MAX_WORKED", 4), (proposals, "WORKED_FOR", 86400)]),
]  # fmt: skip


@pytest.mark.parametrize("case", FIGURES)
def test_a_figure_is_that_of_the_pages(case):
    page, words, figures = case
    with open(TOP + "/" + page) as file:
        assert words in " ".join(file.read().split()), page
    for module, name, figure in figures:
        assert getattr(module, name) == figure, name


# The tests of these say what happens at the figure that has this name: here is which one that is.
BY_NAME = [
    (agent, {"TOLD": 50, "RESUMED": 60}),
    (answer_size, {"ROOM": 262144}),
    (bpf, {"MOST": 4096}),
    (complaints, {"SAID_AGAIN": 3600}),
    (endpoint_names, {"MAX_TARGETS": 16}),
    (followed, {"TOLD_AFTER": 10}),
    (host_list, {"MAX_LINE": 512}),
    (interface_peers, {"STARTS": 15}),
    (ipset, {"PIECE": 250}),
    (ipsetlink, {"MOST": 400, "TIMEOUT_LIMIT": 2147483}),
    (last_good, {"SAVE_DELAY": 60, "SAVE_INTERVAL": 600, "SHARE_RETRY": 60, "SLICE": 256, "COPY_MIN": 4096}),
    (lookup, {"TCP_TIMEOUT": 5}),
    (metrics, {"PEERS": 100, "NAMES": 250, "POLICIES": 100}),
    (nameservers, {"SILENT_AFTER": 4, "DEAF_AFTER": 3}),
    (ordering, {"STEP": 500}),
    (packets, {"WITH_NAME": 320}),
    (reading, {"SETTLE": 0.1, "PAUSE": 0.5, "GLANCE": 0.8, "CHECK": 600}),
    (readings, {"SETTLE": 0.2, "RESYNC": 60}),
    (repeats, {"MOST": 256}),
    (resolver, {"MOST_NEW": 200}),
    (section, {"MAX_PROBLEMS": 200}),
    (set_report, {"TOLD": 64}),
    (tunnel, {"KEEPALIVE": 32}),
    (wanted, {"LIFE_FLOOR": 600}),
]


@pytest.mark.parametrize("module, figures", BY_NAME)
def test_a_figure_that_tests_call_by_its_name_is_this_one(module, figures):
    assert {name: getattr(module, name) for name in figures} == figures
