"""One test for each option names every place that still has to tell of it, so that a new option is quickly done."""

import pathlib
import re

import pytest

from nametrack.core.config import options

TOP = pathlib.Path(__file__).resolve().parent.parent
TABLES = {
    "nametrack": options.GLOBAL,
    "peer": options.PEER_IDENTITY + options.PEER,
    "policy": options.POLICY + options.POLICY_SETS["nftset"],
}
PLACES = {
    "docs/options.md": r"\n## config {kind}(?:(?!\n## ).)*?`(?:list )?{name}`",
    "files/etc/config/nametrack": r"\n#?config {kind}(?:(?!\n#?config ).)*?(?:option|list) {name} '",
    "files/etc/init.d/nametrack": r"validate_{init}\(\)(?:(?!\n}}).)*'{name}:",
    "luci-app/htdocs/luci-static/resources/view/nametrack/settings.js": r"\tadd{form}: (?:(?!\n\t}}).)*'{name}'",
}
# On a router it means nothing, so LuCI does not offer it.
NOT_IN_LUCI = ("wg_quick",)
FORMS = {"nametrack": "General", "peer": "Peers?", "policy": "Policies"}


@pytest.mark.parametrize(
    "kind, name", [(kind, option.name) for kind, table in TABLES.items() for option in table], ids=lambda word: word
)
def test_every_place_tells_of_the_option(kind, name):
    words = {"kind": kind, "init": kind.replace("nametrack", "global"), "form": FORMS[kind]}
    missing = [
        place
        for place, pattern in PLACES.items()
        if not (name in NOT_IN_LUCI and place.startswith("luci-app"))
        and not re.search(pattern.format(name=name, **words), (TOP / place).read_text(), re.S)
    ]
    assert not missing, f"tell of option '{name}' of `config {kind}` in: {', '.join(missing)}"
