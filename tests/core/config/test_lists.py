"""lists.py: what files of hosts add to the configuration."""

from nametrack import ip
from nametrack.core.config import configuration
from nametrack.core.config.lists import MOST_FILES, files, with_lists
from nametrack.core.config.policy_values import listed_host
from nametrack.wire import uci
from nametrack.wire.host_list import Reader

POLICY = """
config policy '%s'
	option interface 'wg0'
	list host 'a.test'
	list host '@/etc/nametrack/list.txt'
"""


def built(text):
    return configuration.build(uci.parse(text)[0], [], [])


def listing(lines):
    reader = Reader("/list.txt", listed_host, ip.is_element, b"salt")
    reader.take(lines)
    return reader.end()


def test_what_a_file_lists_counts_like_the_options_of_each_policy_that_names_it():
    config = built(POLICY % "one" + POLICY % "two" + "\toption family 'ipv4'\n")
    assert files(config) == ["/etc/nametrack/list.txt"] and config.errors == []
    found = listing(b"b.test\na.test\n198.51.100.0/24\n2001:db8::/32\n")
    filled = with_lists(config, {"/etc/nametrack/list.txt": (found, [])})
    one, two = filled.policies
    assert one.hosts == ["a.test", "b.test"] and one.literals == ["198.51.100.0/24", "2001:db8::/32"]
    assert two.literals == ["198.51.100.0/24"] and one.lists == two.lists == (found,)
    assert filled.errors == [] and filled.interfaces == config.interfaces and filled.observe == config.observe
    assert (two.name, two.family, two.steering, two.wildcards) == ("two", "ipv4", config.policies[1].steering, [])


def test_what_is_wrong_with_a_file_is_an_error_of_the_configuration():
    config = built(POLICY % "one")
    filled = with_lists(config, {"/etc/nametrack/list.txt": (None, ["it is not there"])})
    assert filled.errors == filled.list_errors == ["it is not there"] and filled.policies == config.policies


def test_a_file_of_a_disabled_policy_is_not_read():
    assert files(built(POLICY % "one" + "\toption enabled '0'\n")) == []
    assert files(built("config nametrack 'global'\n\toption enabled '0'\n" + POLICY % "one")) == []


def test_more_files_than_the_memory_may_have_to_hold_are_left_out_and_said():
    lines = ["\tlist host '@/etc/nametrack/%d.txt'\n" % i for i in range(MOST_FILES + 1)]
    config = built(POLICY % "one" + "".join(lines))
    paths = files(config)
    assert len(paths) == MOST_FILES
    filled = with_lists(config, {path: (listing(b"b.test"), []) for path in paths})
    assert len(filled.list_errors) == 2 and "is left out" in filled.list_errors[0]


def test_a_file_needs_its_full_path():
    config = built("config policy 'p'\n\toption interface 'wg0'\n\tlist host '@list.txt'\n\tlist host 'a.test'\n")
    text = "section 'p': option 'host': '@list.txt' is not @ and the full path of a file; ignoring it"
    assert config.errors == [text]
