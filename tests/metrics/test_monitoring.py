"""The alert rules and the dashboard, in the eyes of Prometheus' own tools, and against what the agent really tells."""

import json
import pathlib
import re
import subprocess

import yaml
from prometheus_client.parser import text_string_to_metric_families

from metrics.many import call

TOP = pathlib.Path(__file__).resolve().parents[2]
RULES = TOP / "fleet/prometheus/nametrack.rules.yml"
DASHBOARD = json.loads((TOP / "fleet/grafana/nametrack.json").read_text())
PANELS = DASHBOARD["panels"]


def promtool(*words):
    done = subprocess.run([TOP / "build/bin/promtool", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def told():
    """Every name of a metric that the agent tells."""
    text = call("metrics", format="prometheus")["text"]
    return {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}


def expressions(panels=PANELS):
    return [target["expr"] for panel in panels for target in panel["targets"]]


def test_the_rules_are_rules_and_alert_when_they_should():
    promtool("check", "rules", str(RULES))
    promtool("test", "rules", str(TOP / "tests/metrics/rules.test.yml"))


def test_every_alert_is_tested_and_says_what_to_do():
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    tested = (TOP / "tests/metrics/rules.test.yml").read_text()
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert "On the router: " in rule["annotations"]["description"]
        assert tested.count(f"alertname: {rule['alert']}\n") >= 2, "when it does not alert and when it does"


def test_rules_and_dashboard_ask_for_nothing_that_nobody_tells():
    asked = set(re.findall(r"\bnametrack_[a-z_]+", RULES.read_text() + " ".join(expressions())))
    assert asked - told() == set()


def test_every_question_of_the_dashboard_is_promql(tmp_path):
    """Prometheus' own parser reads them as rules, with Grafana's variables filled in."""
    rules = []
    for i, expression in enumerate(expressions()):
        for variable, value in (("$__rate_interval", "1m"), ("$job", ".*"), ("$instance", ".*")):
            expression = expression.replace(variable, value)
        assert "$" not in expression
        rules.append({"record": f"panel:{i}", "expr": expression})
    path = tmp_path / "dashboard.rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", str(path))


def test_the_panels_have_a_place_each_and_one_data_source():
    taken = set()
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] in ("stat", "timeseries", "table") and panel["title"] and panel["targets"]
        for one in (panel, *panel["targets"]):
            assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_the_variables_that_are_used_are_there():
    names = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]+)", json.dumps(PANELS)))
    assert used == names == {"datasource", "job", "instance"}
    assert DASHBOARD["uid"] and DASHBOARD["schemaVersion"] >= 36
