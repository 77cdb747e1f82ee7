"""host_list.py: files of hosts, read in pieces."""

import pytest

from nametrack import ip
from nametrack.core.config.policy_values import listed_host
from nametrack.wire.host_list import ASKED, MAX_LINE, MOST_ELEMENTS, MOST_NAMES, Reader

SALT = b"12345678"


def read(data, size=512):
    reader = Reader("/list.txt", listed_host, lambda text: ip.prefix(text) is not None, SALT)
    for at in range(0, len(data), size):
        reader.take(data[at : at + size])
    return reader.end()


PLAIN = b"example.net\nwww.example.org\n"
LINES = [
    (b"example.net\n", "example.net"),
    (b"example.net", "example.net"),
    (b"example.net\r\n", "example.net"),
    (b"  Example.NET\t\n", "example.net"),
    (b"example.net # the shop\n", "example.net"),
    (b"example.net.\n", "example.net"),
    (b"b\xc3\xbccher.example\n", "xn--bcher-kva.example"),
    (b"b\xfccher.example\n", "xn--bcher-kva.example"),
    (b"_sip.example.net\n", "_sip.example.net"),
]


@pytest.mark.parametrize("line,name", LINES)
def test_a_line_is_a_host_as_in_the_configuration(line, name):
    found = read(b"a.test\n" + line)
    assert found.hosts == ["a.test", name] and found.problems == []
    assert found.position(name) == 0 and found.position("a.test") == 0


@pytest.mark.parametrize("size", [1, 2, 7, 512, 4096])
def test_a_file_can_come_in_pieces_of_any_size(size):
    data = b"# hosts\n\nexample.net\r\n198.51.100.0/24\nnot a host\n*.example.org\nlast.test"
    found = read(data, size)
    assert found.hosts == ["example.net", "last.test"] and found.elements == ["198.51.100.0/24"]
    assert found.wildcards == 1 and found.problems == ["line 5: 'not a host' is not a host name; ignoring it"]


def test_a_name_does_not_cover_the_names_below_it_and_a_wildcard_does_not_cover_its_own():
    found = read(b"example.net\n*.example.org\n*.deep.example.org\n")
    assert found.position("example.net") == 0
    assert found.position("www.example.net") is None and found.position("xexample.net") is None
    assert found.position("example.org") is None and found.position("xexample.org") is None
    assert found.position("www.example.org") == 4
    assert found.position("a.b.deep.example.org") == 4, "the longest wildcard"
    assert found.position("net") is None and found.position("") is None


def test_a_dot_inside_a_label_ends_no_label():
    found = read(b"a.example.net\n*.b.example.net\n")
    assert found.position("a\\.example.net") is None and found.position("x.a\\.b.example.net") is None


def test_addresses_and_prefixes_are_elements():
    found = read(b"198.51.100.7\n198.51.100.9/24\n2001:DB8::/32\n2001:db8:0::1\n")
    assert found.elements == ["198.51.100.7", "198.51.100.0/24", "2001:db8::/32", "2001:db8::1"]
    assert found.hosts == [] and found.is_whole()


def test_the_first_names_are_kept_as_text_and_all_are_known():
    names = ["n%d.example.net" % i for i in range(1000)]
    found = read("\n".join(names).encode())
    assert found.hosts == names[:ASKED] and found.names == 1000 and not found.is_whole()
    assert all(found.position(name) == 0 for name in names)
    assert not any(found.position("m%d.example.net" % i) == 0 for i in range(1000))


def test_names_whose_digests_begin_alike_are_two_names():
    # with this salt the first five of the seven bytes that are kept are the same; found by trying two million names
    one, other = "n2138206.example.net", "n2275552.example.net"
    for listed, asked in ((one, other), (other, one)):
        found = read(listed.encode())
        assert found.position(listed) == 0 and found.position(asked) is None


def test_bad_lines_are_named_with_their_number_and_the_good_ones_count():
    lines = ["0.0.0.0 ads.example.net", "example.net", "-x.test", "1.2.3", "a..b", "x-.test", "bad name", "x" * 64]
    found = read("\n".join(lines).encode())
    assert found.hosts == ["example.net"]
    assert [text.split(":")[0] for text in found.problems] == [
        "line 1", "line 3", "line 4", "line 5", "line 6", "2 more lines are no hosts; ignoring them",
    ]  # fmt: skip
    assert len(read("\n".join(lines[:6]).encode()).problems) == 5


@pytest.mark.parametrize("size", [100, 512, 4096])
def test_a_line_that_is_too_long_is_one_bad_line(size):
    data = b"a.test\n" + b"x" * (3 * MAX_LINE) + b"\nb.test\n" + b"y" * (2 * MAX_LINE)
    found = read(data, size)
    assert found.hosts == ["a.test", "b.test"]
    assert found.problems == [
        "line 2: longer than 512 bytes; ignoring it",
        "line 4: longer than 512 bytes; ignoring it",
    ]


def test_a_label_that_is_too_long_is_no_host():
    assert read(b"x" * 64 + b".test\n" + b"y" * 63 + b".test\n").hosts == ["y" * 63 + ".test"]


def test_a_file_of_more_than_the_most_is_used_up_to_there_and_says_so():
    data = b"".join([b"n%d.test\n" % i for i in range(MOST_NAMES + 2)])
    found = read(data, 4096)
    assert found.names == MOST_NAMES and found.position("n%d.test" % MOST_NAMES) is None
    assert found.problems == [
        "2 lines are left out: at most %d names and %d addresses and prefixes of a file are used"
        % (MOST_NAMES, MOST_ELEMENTS)
    ]
    assert read(data[: data.rfind(b"n")], 4096).problems[0].startswith("1 line is left out: ")


def test_what_is_plain_and_what_is_not_are_read_alike():
    names = [b"a.test", b"a-b.test", b"_x.a.test", b"x--y.test", b"1.test", b"a.t1", b"a.1", b"-a.test", b"a.test-"]
    for name in names:
        plain, other = read(b"z.test\n" + name + b"\n"), read(b"z.test\n" + name + b" \n")
        assert plain.hosts == other.hosts and len(plain.problems) == len(other.problems), name


LONG = [
    (b"a.test # " + b"x" * 5000, ["a.test"], 0),
    (b"# " + b"x" * 5000, [], 0),
    (b" " * (MAX_LINE - 6) + b"a.test#", ["a.test"], 0),
    (b" " * (MAX_LINE - 5) + b"a.test#", [], 1),
    (b"a.test" + b" " * MAX_LINE, [], 1),
    (b"x" * (MAX_LINE + 1) + b"#", [], 1),
]


@pytest.mark.parametrize("case", LONG)
def test_a_comment_may_be_of_any_length_wherever_the_file_is_cut_into_pieces(case):
    line, hosts, problems = case
    for size in (1, 7, 100, 4096, 1 << 20):
        found = read(line + b"\nb.test\n" + line, size)
        assert (found.hosts, len(found.problems)) == (hosts + ["b.test"] + hosts, 2 * problems), size


def test_addresses_beyond_the_most_are_left_out_and_counted():
    reader = Reader("/list.txt", listed_host, lambda text: ip.prefix(text) is not None, SALT)
    for _ in range(MOST_ELEMENTS - 1):
        reader._add_element("192.0.2.1")
    reader.take(b"192.0.2.2\n192.0.2.3\n192.0.2.4\n")
    found = reader.end()
    assert len(found.elements) == MOST_ELEMENTS and found.elements[-1] == "192.0.2.2"
    assert found.problems[0].startswith("2 lines are left out: ")
