"""The names of sets that a policy may give: what nft and ipset take, and nothing that could end a word of a script."""

import pytest

from nametrack.core.config.policy_values import ipset, nft_set


def test_the_name_of_an_nft_set_is_a_family_a_table_and_a_name():
    assert nft_set("inet fw4 mine4") == ("inet fw4 mine4", None)
    for text in ("ip _t pbr_wan.0-ab_4", "ip6 t " + "a" * 255):
        assert nft_set(text) == (text, None)


@pytest.mark.parametrize(
    "text",
    [
        "", "mine4", "inet fw4", "inet fw4 mine4 x", "inet  fw4 mine4", " inet fw4 mine4", "inet fw4 mine4 ",
        "inet fw4 mine4\n", "inet fw4\tmine4", "eth fw4 mine4", "inet 4fw mine4", "inet fw4 4mine", "inet fw4 .mine",
        "inet fw4 -mine", "inet fw4 mine;", "inet fw4 mi{ne", "inet fw4 mine}", 'inet fw4 "mine"', "inet fw4 mine#",
        "inet fw4 $mine", "inet fw4 @mine", "inet fw4 mine\0", "inet fw4 m\u00efne", "inet fw4 mine\\", "inet fw4 *",
        "inet t " + "a" * 256,
    ],
)  # fmt: skip
def test_what_is_no_name_or_could_break_out_of_a_script_is_refused(text):
    assert nft_set(text)[1].endswith("is not the family, table and name of an nft set")


@pytest.mark.parametrize("text", ["wg", "wg6", "vpn_1", "mwan3_connected_ipv4", "0a.b-c", "a" * 31])
def test_the_name_of_an_ipset_is_taken(text):
    assert ipset(text) == (text, None)


@pytest.mark.parametrize(
    "text",
    ["", "-f", "-exist", "a b", "a\n", "a\tb", 'a"b', "a;b", "a\\", "\u00e4", "a\0", "a" * 32, ".a", ":a", "a/b"],
)
def test_what_ipset_could_read_as_something_else_is_refused(text):
    assert ipset(text)[1].endswith("is not the name of an ipset")
