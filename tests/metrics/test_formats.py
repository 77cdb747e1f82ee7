"""The metrics in the eyes of those who read them: promtool, and the strict parser of OpenMetrics' reference client."""

import pathlib
import subprocess

from prometheus_client.openmetrics.parser import text_string_to_metric_families as strictly

from metrics.many import HOSTS, PEERS, call

PROMTOOL = pathlib.Path(__file__).resolve().parents[2] / "build/bin/promtool"


def test_promtool_has_nothing_to_say():
    """It speaks Prometheus' own format only; what it has to say of names, types, units and help is in `lint`."""
    text = call("metrics", format="prometheus")["text"]
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_reference_client_reads_openmetrics():
    found = {family.name: family for family in strictly(call("metrics")["text"])}
    samples = {sample.name for family in found.values() for sample in family.samples}
    assert {
        "nametrack_build_info",
        "nametrack_dns_queries_total",
        "nametrack_recovery_duration_seconds_bucket",
    } <= samples
    assert found["nametrack_peer_receive_bytes"].unit == "bytes"
    assert {family.type for family in found.values()} == {"gauge", "counter", "info", "histogram"}


def test_every_peer_and_name_is_there_and_both_formats_say_the_same():
    made = {(s.name, tuple(s.labels.items())): s.value for f in strictly(call("metrics")["text"]) for s in f.samples}
    assert len([key for key in made if key[0] == "nametrack_peer_info"]) == PEERS
    assert len([key for key in made if key[0] == "nametrack_name_queries_total"]) == PEERS + HOSTS
    assert made["nametrack_names", (("state", "current"),)] == PEERS + HOSTS - 1
    assert made["nametrack_config_errors", ()] == 1
    older = [line for line in call("metrics", format="prometheus")["text"].split("\n") if line and line[0] != "#"]
    newer = [line for line in call("metrics")["text"].split("\n") if line and line[0] != "#"]
    assert older == newer


def test_it_fits_a_message_of_the_bus():
    """1 MiB is ubus' limit; this is a thirtieth of it, and the bounds of metrics.py keep the rest away."""
    assert len(call("metrics")["text"]) < 1 << 17
