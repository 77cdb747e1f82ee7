"""One test for each option names every place that still has to tell of it, so that a new option is quickly done."""

import pathlib
import re

import pytest

from nametrack.core.config import options, policy_options

TOP = pathlib.Path(__file__).resolve().parent.parent
TABLES = {
    "nametrack": options.GLOBAL,
    "peer": options.PEER_IDENTITY + options.PEER,
    "policy": policy_options.POLICY + policy_options.POLICY_SETS["nftset"] + policy_options.POLICY_ROUTE,
}
PLACES = {
    "docs/options.md": r"\n## config {kind}(?:(?!\n## ).)*?`(?:list )?{name}`",
    "files/etc/config/nametrack": r"\n#?config {kind}(?:(?!\n#?config ).)*?(?:option|list) {name} '",
    "files/etc/init.d/nametrack": r"validate_{init}\(\)(?:(?!\n}}).)*'{name}:",
    "luci-app/htdocs/luci-static/resources/{form}.js": r"{before}'{name}'",
}
# On a router it means nothing, so LuCI does not offer it.
NOT_IN_LUCI = ("wg_quick",)
# where the form of a kind of section is, and what stands before the name of a field
FORMS = {
    "nametrack": ("view/nametrack/settings", r"\taddGeneral: (?:(?!\n\t}).)*"),
    "peer": ("view/nametrack/settings", r"\taddPeers?: (?:(?!\n\t}).)*"),
    "policy": ("nametrack/policyform", r"\nfunction add.*"),
}


@pytest.mark.parametrize(
    "kind, name", [(kind, option.name) for kind, table in TABLES.items() for option in table], ids=lambda word: word
)
def test_every_place_tells_of_the_option(kind, name):
    form, before = FORMS[kind]
    words = {"kind": kind, "init": kind.replace("nametrack", "global"), "form": form, "before": before}
    missing = [
        place.format(form=form)
        for place, pattern in PLACES.items()
        if not (name in NOT_IN_LUCI and place.startswith("luci-app"))
        and not re.search(pattern.format(name=name, **words), (TOP / place.format(form=form)).read_text(), re.S)
    ]
    assert not missing, f"tell of option '{name}' of `config {kind}` in: {', '.join(missing)}"
