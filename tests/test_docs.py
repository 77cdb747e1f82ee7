"""What the pages of docs/ list is what there is: options and defaults, findings, methods, metrics, links."""

import json
import pathlib
import re

import pytest

from metrics.many import call
from nametrack.core.config import configuration, options, policy_options
from nametrack.core.config.options import REQUIRED
from nametrack.core.config.section import shown
from nametrack.core.telling import findings, machine_findings, routing_findings
from nametrack.daemon.bus_object import METHODS
from nametrack.wire import uci

TOP = pathlib.Path(__file__).resolve().parent.parent
DOCS = TOP / "docs"
PAGES = sorted([*DOCS.glob("*.md"), TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / "fleet/README.md"])


def rows(text):
    """[[cell, …]] of the tables of a page."""
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("| ---")]


def page(name, heading=""):
    text = (DOCS / name).read_text()
    return next(part for part in text.split("\n## ") if part.startswith(heading)) if heading else text


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


TABLES = {
    "config nametrack": options.GLOBAL,
    "config peer": options.PEER_IDENTITY + options.PEER,
    "config policy": policy_options.POLICY + policy_options.POLICY_SETS["nftset"] + policy_options.POLICY_ROUTE,
}
# defaults that are another section's value, and so said in words
INHERITED = {"endpoint_host", "endpoint_port", "family", "probe", "probe_address", "nameserver", "retain"}


@pytest.mark.parametrize("heading", TABLES)
def test_every_option_is_there_with_its_default(heading):
    told = {name: row for row in rows(page("options.md", heading)) for name in names(row[0])}
    assert told.keys() == {option.name for option in TABLES[heading]}
    for option in TABLES[heading]:
        default = told[option.name][1]
        if option.default is REQUIRED:
            assert default == "required"
        elif heading != "config nametrack" and option.name in INHERITED:
            assert default and not default.startswith("`"), option.name
        elif option.default in (None, []):
            assert default in ("", "none"), option.name
        else:
            assert default == f"`{shown(option.default)}`", option.name
        assert told[option.name][0].startswith("list ") == option.many
        assert len(told[option.name]) == 3 and told[option.name][2]


def test_the_installed_configuration_shows_the_same_defaults():
    text = (TOP / "files/etc/config/nametrack").read_text().split("#config peer")[0]
    written = dict(re.findall(r"^#?\s*(?:option|list) (\w+) '([^']*)'", text, re.M))
    for option in options.GLOBAL:
        assert written[option.name] == ("" if option.default is None else shown(option.default)), option.name


def test_every_finding_is_there():
    told = {names(row[0])[0] for row in rows(page("troubleshooting.md", "By finding")) if names(row[0])}
    assert told == set(findings.ADVICE) | set(machine_findings.ADVICE) | set(routing_findings.ADVICE)


def test_every_method_and_argument_is_there():
    told = {names(row[0])[0]: row for row in rows(page("bus.md").split("## What fits")[0]) if names(row[0])}
    assert told.keys() == METHODS.keys()
    for method, arguments in METHODS.items():
        for argument in arguments:
            assert argument in names(told[method][1]), (method, argument)


def test_every_kind_of_notification_is_there():
    told = {names(row[0])[0] for row in rows(page("bus.md")) if names(row[0])}
    source = "".join(path.read_text() for path in (TOP / "agent/nametrack/core").glob("**/*.py"))
    kinds = json.loads((TOP / "tests/status.schema.json").read_text())["$defs"]["event"]["properties"]["kind"]["enum"]
    assert set(re.findall(r'Notify\("(\w+)"', source)) == set(kinds) <= told


def test_every_code_of_an_event_is_there():
    codes = json.loads((TOP / "tests/status.schema.json").read_text())["$defs"]["event"]["properties"]["code"]["enum"]
    table = rows(page("bus.md", "Codes of events"))
    assert [code for row in table for code in names(row[0])] == codes


def test_every_metric_is_there_with_its_kind_and_labels():
    told = {
        names(row[0])[0]: row for row in rows(page("many-routers.md", "Metrics")) if row[0].startswith("`nametrack_")
    }
    text = call("metrics")["text"]
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    made = {}
    for line in text.splitlines():
        name, labels = re.match(r"(\S+?)(?:\{(.*)\})? ", line).groups() if line[0] != "#" else (None, None)
        if name:
            family = next(f for f in kinds if re.fullmatch(f + "(_total|_info|_bucket|_count|_sum)?", name))
            suffix = {"counter": "_total", "info": "_info"}.get(kinds[family], "")
            found = re.findall(r'(?:^|,)(\w+)="', labels or "")
            made[family + suffix] = (kinds[family], sorted({label for label in found if label != "le"}))
    assert told.keys() == made.keys()
    for name, (kind, labels) in made.items():
        assert (told[name][1], sorted(names(told[name][2]))) == (kind, labels), name


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text()):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


def test_every_page_is_linked_from_the_index():
    linked = set(re.findall(r"\]\((\S+?\.md)\)", page("README.md")))
    assert linked == {path.name for path in DOCS.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("name", ["getting-started.md", "recipes.md", "solutions.md"])
def test_every_block_is_one_that_is_run(name):
    """tests/lab/test_docs*.py run the blocks `sh`; another kind would be commands that nobody tried."""
    kinds = re.findall(r"^ *```([a-z ]*)$", page(name), re.M)
    assert kinds and set(kinds) <= {"sh", "sh yours", ""}


KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
SAMPLE = re.compile(r"^(?: {3,4}|```\n *)(config (?:nametrack|policy|peer) .*?)(?=^ *(?:```|END)|^\S|\Z)", re.M | re.S)


@pytest.mark.parametrize("path", [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))], ids=lambda path: path.name)
def test_every_piece_of_configuration_is_taken_without_a_word(path):
    """tests/lab/test_docs_samples.py runs those that a reader copies whole."""
    for text in SAMPLE.findall(path.read_text()):
        sections, problems = uci.parse(
            text.replace("$home_key", KEY).replace("$home_name", "home.test").replace("$staging_name", "a.test")
        )
        said = [problem.text for problem in problems] + configuration.build(sections, [], []).errors
        assert said == [], text


def test_each_test_that_a_page_names_is_there():
    """Pages say in prose which test shows something: `tests/…` and, in italics, its name as words."""
    text = page("security.md")
    sources = "".join([path.read_text() for path in TOP.glob("tests/**/test_*.py")])
    for path in re.findall(r"`(tests/[\w/.]+)`", text):
        assert (TOP / path).exists(), path
    for words in re.findall(r"\*([a-z][^*:]{8,}?)\*", text):
        name = re.sub(r"\W+", "_", words.strip())
        assert "def test_%s" % name in sources or name in sources, words


def test_what_a_page_appends_to_a_file_of_uci_begins_with_its_section():
    appended = re.compile(r"cat >>/etc/config/\w+ <<'?END'?\n(.*?)^ *END$", re.M | re.S)
    bodies = [(path.name, body) for path in PAGES for body in appended.findall(path.read_text())]
    assert bodies
    for name, body in bodies:
        assert body.split()[0] == "config", f"{name}: {body}: it belongs to whatever the file's last section is"


def test_who_is_told_of_flush_is_told_that_a_running_agent_writes_it_all_again():
    told = [text for path in PAGES for text in path.read_text().split("\n\n") if "`nametrack flush`" in text]
    assert told and [text for text in told if "stop" not in text] == []
