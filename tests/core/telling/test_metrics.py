"""metrics.py: what Prometheus is told, and that nobody's text can forge or break it."""

import transcript
from nametrack.core.histogram import Histogram
from nametrack.core.ordering import result
from nametrack.core.telling import metrics
from test_service import NOW, WALL, Called

PEER = """
-- network --
config interface 'wg0'
	option proto 'wireguard'

config wireguard_wg0
	option public_key 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='
	option description 'beach "house" \\ 7'
	option endpoint_host 'home.dyn.test'
	option persistent_keepalive '25'

-- before --
< peer wg0 xTIB keepalive=25 endpoint=198.51.100.10:51820 handshake=-20 rx=1000 tx=1500
< set nft inet fw4 mine4

-- config --
config nametrack 'global'
	option family 'ipv4'
	option authoritative '0'

config policy 'work'
	option target 'nftset'
	option set4 'inet fw4 mine4'
	list host 'staging.test'

-- at 0 --
< answered 1 198.51.100.10 ttl=60
< answered 2 192.0.2.7 192.0.2.8 ttl=300
"""
KEY = 'interface="wg0",public_key="xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="'


def told(document):
    """The lines of OpenMetrics after a transcript."""
    played = transcript.Transcript(document)
    played.run()
    families = result(metrics.families(played.agent, played.now, transcript.WALL + played.now))
    return result(metrics.openmetrics(families)).split("\n")


ABOUT = 'description="beach \\"house\\" \\\\ 7",endpoint_host="home.dyn.test"'
SAMPLES = [
    "nametrack_dns_queries_total 2",
    'nametrack_peers{state="current"} 1',
    "nametrack_peer_info{%s,%s} 1" % (KEY, ABOUT),
    'nametrack_peer_state{%s,state="current"} 1' % KEY,
    "nametrack_peer_last_handshake_timestamp_seconds{%s} %d" % (KEY, transcript.WALL - 20),
    "nametrack_peer_receive_bytes_total{%s} 1000" % KEY,
    "nametrack_peer_transmit_bytes_total{%s} 1500" % KEY,
    'nametrack_names{state="current"} 2',
    'nametrack_name_resolved{host="home.dyn.test"} 1',
    'nametrack_name_resolved{host="staging.test"} 1',
    'nametrack_name_ttl_seconds{host="home.dyn.test"} 60',
    'nametrack_name_ttl_seconds{host="staging.test"} 300',
    'nametrack_name_queries_total{host="home.dyn.test"} 1',
    'nametrack_name_queries_total{host="staging.test"} 1',
    'nametrack_policies{state="current"} 1',
    'nametrack_policy_info{policy="work",interface="",target="nftset"} 1',
    'nametrack_policy_state{policy="work",state="current"} 1',
    'nametrack_policy_wanted_elements{policy="work",family="ipv4"} 2',
    'nametrack_policy_installed_elements{policy="work",family="ipv4"} 2',
    'nametrack_policy_added_elements_total{policy="work"} 2',
]
ZEROS = [
    "nametrack_config_errors 0",
    'nametrack_findings{severity="error"} 0',
    "nametrack_dns_failed_lookups_total 0",
    'nametrack_peer_state{%s,state="stalled"} 0' % KEY,
    "nametrack_peer_endpoint_changes_total{%s} 0" % KEY,
    "nametrack_peer_stalls_total{%s} 0" % KEY,
    "nametrack_peer_recoveries_total{%s} 0" % KEY,
    'nametrack_name_failed_lookups_total{host="home.dyn.test"} 0',
    'nametrack_policy_deleted_elements_total{policy="work"} 0',
]


def test_a_peer_a_name_and_a_policy():
    lines = told(PEER + "-- at 1 --\n")
    samples = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in samples if line.split(" ")[-1] not in ("0", "0.000")] == SAMPLES
    assert [line for line in ZEROS if line not in samples] == []
    assert lines[-2:] == ["# EOF", ""]


def test_text_of_others_is_escaped():
    lines = told(PEER + "-- at 1 --\n")
    assert "nametrack_peer_info{%s,%s} 1" % (KEY, ABOUT) in lines
    assert metrics.escaped('a"b\\c\nd') == 'a\\"b\\\\c\\\\x0ad'


def outage(at):
    """What a peer's tunnel is like that owes an answer from this second on, and has traffic again 22 seconds later."""
    return """
-- at %s --
< peer wg0 xTIB tx=512
-- at %s --
< says 127.0.0.1 198.51.100.11 ttl=60
-- at %s --
< peer wg0 xTIB handshake=0 rx=92 tx=148
-- at %s --
""" % (at + 4, at + 24.5, at + 26, at + 31)


def test_a_dead_tunnel_that_answers_again_is_one_stall_and_one_recovery():
    """From the reading before the one that showed an answer owed, at 0, to the one that showed traffic, at 22."""
    lines = told(PEER + outage(0))
    assert "nametrack_peer_stalls_total{%s} 1" % KEY in lines
    assert "nametrack_peer_recoveries_total{%s} 1" % KEY in lines
    assert "nametrack_peer_endpoint_changes_total{%s} 1" % KEY in lines
    assert 'nametrack_recovery_duration_seconds_bucket{le="20.0"} 0' in lines
    assert 'nametrack_recovery_duration_seconds_bucket{le="30.0"} 1' in lines
    assert "nametrack_recovery_duration_seconds_count 1" in lines


def test_how_long_an_outage_took_counts_from_the_packet_that_was_not_answered():
    """From the reading before the one that showed an answer owed, at 100, to the one that showed traffic, at 128."""
    quiet = "".join(["-- at %d --\n< peer wg0 xTIB tx=64 rx=64 handshake=0\n" % at for at in range(10, 101, 10)])
    lines = told(PEER + quiet + outage(100))
    assert "nametrack_recovery_duration_seconds_count 1" in lines
    assert 'nametrack_recovery_duration_seconds_bucket{le="30.0"} 1' in lines


def test_a_healthy_tunnel_recovers_from_nothing():
    traffic = "".join(["-- at %d --\n< peer wg0 xTIB tx=5000 rx=90000\n" % at for at in range(2, 40, 2)])
    assert "nametrack_recovery_duration_seconds_count 0" in told(PEER + traffic)


def test_a_name_that_fails():
    lines = told(PEER + "-- at 60 --\n< failed 3 SERVFAIL\n-- at 61 --\n")
    assert 'nametrack_name_resolved{host="home.dyn.test"} 0' in lines
    assert 'nametrack_name_failed_lookups_total{host="home.dyn.test"} 1' in lines
    assert 'nametrack_names{state="stale"} 1' in lines and 'nametrack_names{state="current"} 1' in lines
    assert "nametrack_dns_failed_lookups_total 1" in lines


def test_series_are_bounded_and_totals_are_not():
    hosts = "".join(["\tlist host 'h%d.test'\n" % i for i in range(400)])
    document = (
        "-- config --\nconfig policy 'many'\n\toption target 'nftset'\n\toption set4 'inet fw4 m4'\n%s-- at 0 --\n"
    )
    lines = told(document % hosts)
    assert len([line for line in lines if line.startswith("nametrack_name_queries_total{")]) == metrics.NAMES
    assert 'nametrack_names{state="unknown"} 400' in lines


MORE = """
config wireguard_wg0
	option public_key 'yTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='
	option endpoint_host 'cabin.dyn.test'
	option disabled '1'

-- before --"""
OFF = """config policy 'off'
	option enabled '0'
	list interface 'wg0'
	list host 'staging.test'

-- at 0 --"""


def test_peers_and_policies_beyond_the_most_are_counted_and_what_is_disabled_has_its_state():
    document = PEER.replace("\n-- before --", MORE)
    document = document.replace("-- at 0 --", OFF)
    most = metrics.PEERS, metrics.POLICIES
    try:
        for metrics.PEERS in (2, 1):
            metrics.POLICIES = metrics.PEERS
            lines = told(document + "-- at 1 --\n")
            for kind in ("peer", "policy"):
                shown = [line for line in lines if line.startswith("nametrack_%s_info{" % kind)]
                states = [line for line in lines if line.startswith("nametrack_%s_state{" % kind) and line[-1] == "1"]
                assert len(shown) == len(states) == metrics.PEERS
            assert len([line for line in lines if line.startswith("nametrack_peer_receive_bytes_total{")]) == 1
            assert len([line for line in lines if line.startswith("nametrack_policy_added_elements_total{")]) == 1
            assert 'nametrack_peers{state="disabled"} 1' in lines and 'nametrack_policies{state="disabled"} 1' in lines
    finally:
        metrics.PEERS, metrics.POLICIES = most


def test_a_bound_is_spelled_as_openmetrics_wants_it():
    values = Histogram((0.01, 0.25, 1, 600))
    for seconds in (0, 0.01, 0.02, 601):
        values.observe(seconds)
    assert values.cumulative() == [2, 3, 3, 3, 4] and Histogram((1, 2)).cumulative() == [0, 0, 0]
    family = metrics.histogram("x_seconds", "Help.", values)
    bounds = [labels[0][1] for suffix, labels, value in family.samples if suffix == "_bucket"]
    assert bounds == ["0.01", "0.25", "1.0", "600.0", "+Inf"]
    assert [value for suffix, labels, value in family.samples] == ["2", "3", "3", "3", "4", "4", "601.030"]


def test_the_older_format_types_what_it_can():
    _, answer = Called().call("metrics", format="prometheus")
    lines = answer["text"].split("\n")
    assert "# TYPE nametrack_dns_queries_total counter" in lines
    assert "# TYPE nametrack_build_info gauge" in lines
    assert [line for line in lines if line.startswith("nametrack_dns_queries_total ")]
    assert not [line for line in lines if line.startswith("# UNIT") or line == "# EOF"]
    help = [line.split(" ")[2] for line in lines if line.startswith("# HELP ")]
    assert help == [line.split(" ")[2] for line in lines if line.startswith("# TYPE ")] and lines[-1] == ""


def test_the_bus_tells_of_the_process_too():
    status, answer = Called().call("metrics")
    lines = answer["text"].split("\n")
    assert status == 0
    assert "nametrack_resident_memory_bytes 2097152" in lines
    assert "nametrack_start_time_seconds %d" % (WALL - (NOW - 40)) in lines
    assert "# UNIT nametrack_loop_lag_seconds seconds" in lines


def test_an_unknown_format_is_refused():
    assert Called().call("metrics", format="xml")[0] == 2


def test_each_family_of_openmetrics_has_its_help_and_type_before_its_samples():
    family = metrics._gauge("x_seconds", "How long.", [((), 7)])
    lines = result(metrics.openmetrics([family])).split("\n")
    assert lines[:3] == [
        "# HELP nametrack_x_seconds How long.",
        "# TYPE nametrack_x_seconds gauge",
        "# UNIT nametrack_x_seconds seconds",
    ]
    assert lines[4:] == ["# EOF", ""]
