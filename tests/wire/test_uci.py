"""UCI files: libuci's grammar, and what is left of a file with mistakes in it."""

import pytest

from nametrack.wire import uci
from nametrack.wire.uci import Problem, Section


def options(text):
    """The options of the one section in a file without mistakes; its `config` line is added."""
    sections, problems = uci.parse("config t\n" + text)
    assert problems == []
    assert len(sections) == 1
    return sections[0].options


def lines(text):
    return [problem.line for problem in uci.parse(text)[1]]


def test_a_file_as_the_uci_tool_writes_it():
    text = """
package network

config interface 'wg0'
	option proto 'wireguard'
	list addresses '10.0.0.1/24'
	list addresses 'fd00::1/64'

config wireguard_wg0
	option description 'it'\\''s mine'
"""
    interface = {"proto": "wireguard", "addresses": ["10.0.0.1/24", "fd00::1/64"]}
    assert uci.parse(text) == (
        [
            Section("interface", "wg0", False, interface, 4),
            Section("wireguard_wg0", "@wireguard_wg0[0]", True, {"description": "it's mine"}, 9),
        ],
        [],
    )


def test_of_a_long_file_all_lines_are_read_a_step_at_a_time():
    text = "config policy\n" + "\tlist host 'a.test'\n" * 1000 + "\toption family 'ipv4'\n" * 1000
    steps = list(uci.parsing(text, [], []))
    assert sum(steps) == 2001 and max(steps) < 200


@pytest.mark.parametrize(
    "written,value",
    [
        ("b", "b"),
        ("'b'", "b"),
        ('"b"', "b"),
        ("'b c'\"d e\"f\\ g", "b cd ef g"),
        ("'it'\\''s'", "it's"),
        ("'a\\b'", "a\\b"),
        ('"a\\b\\"\\\\"', 'ab"\\'),
        ("\\n", "n"),
        ("'x\n\ty'", "x\n\ty"),
        ('"x\ny"', "x\ny"),
        ('"x\\\ny"', "xy"),
        ("x\\\ny", "xy"),
        ("x\\\r\ny", "xy"),
        ("'a;b#c'", "a;b#c"),
        ("b#c", "b"),
        ("b # c", "b"),
        ("'b'#'c", "b"),
        ("b\\#c\\;d", "b#c;d"),
        ("b ''", "b"),
        ("b\r", "b"),
        ("\\\nb", "b"),
        ("'" + "ä\u20ac" + "'", "ä\u20ac"),
    ],
)
def test_a_value_is_read_as_libuci_reads_it(written, value):
    assert options("option a " + written + "\n") == {"a": value}


def test_a_blank_after_a_backslash_at_the_end_of_a_line_ends_the_word():
    assert options("option a x\\\n\n") == {"a": "x"}
    assert lines("config t\noption a \\\n x\n") == [2]


def test_keywords_may_be_one_letter():
    expected = [Section("t", "n", False, {"a": "1", "b": ["2"]}, 2)]
    assert uci.parse("p x\nc t n\no a 1\nl b 2\n") == (expected, [])


STATEMENTS = [
    "c t n ;o a 1 ;o b 2\n",
    "c t n '' o a 1 '' o b 2",
    "c t 'n';o a '1';o b '2'\n",
    "\t c \t t  n ; o   a\t\t1 ; \to b  2\n",
    "config t n ;  option a 1 ;   option b 2\n",
    "package  x ; config t n ; option a '1' ;\toption b 2",
]


@pytest.mark.parametrize("text", STATEMENTS)
def test_a_line_may_hold_several_statements(text):
    assert uci.parse(text) == ([Section("t", "n", False, {"a": "1", "b": "2"}, 1)], [])


def test_a_semicolon_right_after_a_plain_word_ends_the_line_in_libuci_and_that_is_said():
    sections, problems = uci.parse("config t\noption a 1;option b 2\noption c 3;# comment\noption d 4;\noption e 5;")
    assert sections[0].options == {"a": "1", "c": "3", "d": "4", "e": "5"}
    assert [(problem.line, problem.fault) for problem in problems] == [(2, False)]
    assert "semicolon" in problems[0].text


def test_a_later_option_wins():
    assert options("option a 1\noption a 2\n") == {"a": "2"}


def test_an_option_replaces_a_list():
    assert options("list a 1\nlist a 2\noption a 3\n") == {"a": "3"}


def test_a_list_goes_on_from_an_option():
    assert options("option a 1\nlist a 2\n") == {"a": ["1", "2"]}


def test_an_option_without_a_value_changes_nothing():
    assert options("option a 1\noption a ''\noption b\n") == {"a": "1"}


def test_a_list_may_hold_an_empty_item():
    assert options("list a ''\n") == {"a": [""]}


def test_a_section_named_twice_is_one():
    sections, problems = uci.parse("config t x\noption a 1\noption b 1\nconfig u\nconfig t x\noption b 2\n")
    assert problems == [Problem(5, "a section of this type and name began above: the two are read as one", False)]
    assert [section.name for section in sections] == ["x", "@u[0]"]
    assert sections[0].options == {"a": "1", "b": "2"}


def test_one_name_for_two_types_is_a_mistake_and_the_second_is_skipped():
    sections, problems = uci.parse("config t x\noption a 1\nconfig u x\noption a 2\n")
    assert sections == [Section("t", "x", False, {"a": "1"}, 1)]
    assert problems == [Problem(3, "a section of another type has the same name", True)]


def test_anonymous_sections_are_counted_among_all_of_their_type():
    sections = uci.parse("config t\nconfig u\nconfig t x\nconfig t\nconfig t ''\n")[0]
    assert [section.name for section in sections] == ["@t[0]", "@u[0]", "x", "@t[2]", "@t[3]"]
    assert [section.anonymous for section in sections] == [True, True, False, True, True]


def test_keys_are_dropped_in_every_section():
    text = (
        "config interface wg0\noption private_key K\nconfig wireguard_wg0\nlist preshared_key K\noption public_key P\n"
    )
    sections, problems = uci.parse(text)
    assert problems == []
    assert [section.options for section in sections] == [{}, {"public_key": "P"}]


@pytest.mark.parametrize(
    "line",
    [
        "option private_key 'SECRET' SECRET",
        "option private_key 'SECRET",
        'option private_key "SECRET',
        "option private-key SECRET",
        "privat_key SECRET",
        "option private_key SECRET;SECRET",
        "config SECRET\u00e4",
        "config t 'SECRET-'",
        "package SECRET$",
    ],
)
def test_a_mistake_is_told_without_quoting_the_file(line):
    sections, problems = uci.parse("config t\noption a 1\n" + line + "\n")
    assert sections == [Section("t", "@t[0]", True, {"a": "1"}, 1)]
    assert [problem.line for problem in problems] == [3]
    assert "SECRET" not in problems[0].text


def test_the_name_of_an_option_has_letters_of_ascii_and_digits_and_underscores():
    allowed = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
    for byte in range(0x21, 256):
        sections, problems = uci.parse(b"config t\n\toption '" + bytes([byte]) + b"' b\n")
        assert (sections[0].options == {chr(byte): "b"}) == (problems == []) == (byte in list(allowed)), byte


def test_the_type_of_a_section_has_what_is_printed_in_ascii_but_no_blank():
    for kind, taken in ((" ", False), ("!", True), ("~", True), ("\x7f", False)):
        sections, problems = uci.parse("config 'a%s'\n" % kind)
        assert ([section.type for section in sections], len(problems)) == ((["a" + kind], 0) if taken else ([], 1))


def test_unwanted_sections_are_read_but_not_kept():
    text = "config t x\noption a 1\nconfig u\noption b 2\nconfig t x\noption c 3\nconfig u\nconfig u x\n"
    sections, problems = uci.parse(text, lambda kind: kind == "u")
    assert [(section.name, section.options) for section in sections] == [("@u[0]", {"b": "2"}), ("@u[1]", {})]
    assert [problem.line for problem in problems] == [8]


@pytest.mark.parametrize(
    "line,said",
    [
        ("optoin a 2", "a line begins with"),
        ("option", "option without a name"),
        ("option ''", "option without a name"),
        ("list ;", "list without a name"),
        ("option a-b 2", "an option's name"),
        ("option a 2 3", "too many words"),
        ("config", "config without a type"),
        ("config a\u00e4", "a section's type"),
        ("config u a-b", "a section's name"),
        ("config u a b", "too many words"),
        ("package", "package without a name"),
        ("package a.b", "a package's name"),
        (";", "a line begins with"),
    ],
)
def test_a_mistake_costs_its_line(line, said):
    sections, problems = uci.parse("config t\noption a 1\n" + line + "\nconfig t\noption b 3\n")
    assert [section.options for section in sections] == [{"a": "1"}, {"b": "3"}]
    assert [problem.line for problem in problems] == [3]
    assert said in problems[0].text


@pytest.mark.parametrize("line", ["config", "config t a-b", "config t x y", "conifg t", "Config t", "config 't"])
def test_options_of_a_section_with_a_mistake_do_not_fall_to_the_one_before(line):
    sections, problems = uci.parse("config t\noption a 1\n" + line + "\noption a 2\nconfig t\noption b 3\n")
    assert [section.options for section in sections] == [{"a": "1"}, {"b": "3"}]
    assert [problem.line for problem in problems] == [3]


def test_an_option_before_the_first_section_is_a_mistake():
    assert uci.parse("option a 1\nconfig t\n") == (
        [Section("t", "@t[0]", True, {}, 2)],
        [Problem(1, "an option before the first section", True)],
    )


def test_a_quote_that_is_not_closed_costs_its_line():
    sections, problems = uci.parse("config t\noption a 'b\noption c 'd'\nlist e 'f g'\nconfig u\n")
    assert sections[0] == Section("t", "@t[0]", True, {"a": " ", "c": "d", "e": ["f g"]}, 1)
    assert sections[1:] == [Section("u", "@u[0]", True, {}, 5)]
    assert problems == [Problem(2, "unterminated quote opened here", True)]


def test_a_quote_that_is_not_closed_in_the_last_line():
    assert uci.parse("config t\noption a 'b") == (
        [Section("t", "@t[0]", True, {"a": " "}, 1)],
        [Problem(2, "unterminated quote opened here", True)],
    )


def left(text):
    """The options of a section, whatever is wrong with it."""
    return uci.parse("config t\n" + text)[0][0].options


@pytest.mark.parametrize("line", ["list b 'c", "list b c d", "lsit b 'c'", "\tlist 'b' \"c\nlist x y", "o b\tc d"])
def test_an_option_that_cannot_be_read_was_given_all_the_same(line):
    """Who counts on it, as a policy on its clients, must not take it for one that is not there: a blank is no value."""
    assert left(line + "\n")["b"] == " "
    assert left("option b 1\n" + line + "\n")["b"] == "1"
    assert left(line + "\nlist b 1\n")["b"] == [" ", "1"]


@pytest.mark.parametrize(
    "line", ["private_key a b", "privat_key %s" % ("k" * 44), "option a-b 1", "option ' '", "x", "#"]
)
def test_what_is_no_name_of_an_option_is_not_taken_for_one(line):
    assert left(line + "\n") == {}


def test_lines_are_counted_through_quotes_and_backslashes():
    assert lines("config t\noption a 'b\n\nc'\noption d \\\ne\nwrong\n\n#\nwrong") == [7, 10]


def test_the_line_of_a_section_is_where_its_config_is():
    assert uci.parse("\n\nconfig \\\nt\n")[0][0].line == 3


def test_nul_bytes_are_told_and_harmless():
    sections, problems = uci.parse("config t\n\noption a 'b\0c'\n")
    assert sections[0].options == {"a": "b?c"}
    assert problems == [Problem(3, "NUL bytes in the file are read as '?'", True)]


@pytest.mark.parametrize(
    "text", ["", "\n", "\r\n", " \t\v\f\n", "#", "# 'x\n", "\\", "'", '"', '"\\', "\0", ";", "\u00e4"]
)
def test_next_to_nothing_has_no_sections(text):
    assert uci.parse(text)[0] == []


def test_lines_may_end_as_on_windows():
    assert uci.parse("config t 'x'\r\n\toption a 'b'\r\n\r\n") == ([Section("t", "x", False, {"a": "b"}, 1)], [])


def test_bytes_that_are_not_utf8_become_question_marks_in_their_line():
    assert uci.decode(b"a\xc3\xa4\nb\xff\xc3\xa4\n") == "a\u00e4\nb???\n"
    assert uci.decode(b"a\xc3\xa4") == "a\u00e4"
    assert uci.decode(b"") == ""


def test_a_file_may_be_given_as_bytes():
    sections, problems = uci.parse(b"config t\noption a 'b\xff'\noption c '\xc3\xa4'\n")
    assert (sections[0].options, problems) == ({"a": "b?", "c": "\u00e4"}, [])


# Whoever looks at some of this again and again needs minutes; MicroPython's allocator would too, if it were more.
@pytest.mark.parametrize(
    "piece",
    [
        "'",
        '"',
        "\\",
        "a",
        " ",
        ";",
        "o a '''\n",
        'o a "\n',
        'o a "\\"\n',
        "o a '\\\n",
        "o a \\\n",
        "o a 'b;c\n",
        "c t\n",
        "x\n",
    ],
)
def test_a_large_file_of_anything_is_read_in_linear_time(piece):
    text = piece * (30000 // len(piece))
    for before in ("config t\n", "config t\noption a '", 'config t\noption a "', "config t\noption a "):
        uci.parse(before + text)


def test_a_file_of_mistakes_has_no_more_than_a_thousand_reported():
    assert len(uci.parse("x\n" * 1001)[1]) == 1000


def test_any_cut_and_any_change_of_a_file_is_read():
    text = b"config t 'x'\n\toption a \"b\\\"c\"\n\tlist d 'e'\\''f';o g h # i\n\nconfig u\n\toption j 'k\nl'\n"
    for size in range(len(text)):
        uci.parse(text[:size])
    state = 1
    for _ in range(3000):
        changed = bytearray(text)
        for _ in range(3):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            changed[(state >> 8) % len(changed)] = state >> 20 & 255
        uci.parse(bytes(changed))


@pytest.mark.parametrize(
    "lines",
    [
        ["\tlist a 'b'", "\tlist a 'c'", "\tlist a 'd'"],
        ["list a 'b'", "list a 'c' # more", "list a 'd'"],
        ["list a 'b'", "list a 'c' 'd'", "list a 'e'"],
        ["list a 'b'", "list a 'c'x", "list a 'd''e'"],
        ["list a 'b'", "list a 'it'\\''s'", "list a 'c'"],
        ["list a 'b'", "list a 'c", "d'", "list a 'e'"],
        ["list a 'b'", "list a 'c; list a 'd'", "list a 'e'"],
        ["list a 'b'; list c 'd'", "list a 'e'", "list c 'f'"],
        ["list a 'b'; list c 'd'", "list a 'b'; list c 'e'"],
        ["list a 'b'", "list a ''", "list a '#'", "list a 'c;d'", "list a '\"'"],
        ["list 'a' 'b'", "list 'c' 'd'", "list 'a' 'e'"],
        ["list a'b' 'c'", "list a'b' 'd'"],
        ["list a 'b'", "config t", "list a 'c'", "list a 'd'"],
        ["option a 'b'", "option a 'c'", "list a 'd'", "list a 'e'"],
        ["list private_key 'b'", "list private_key 'c'", "list a 'd'"],
        ["list a 'b'", "\tlist a 'c'", " list a 'd'", "list\ta\t'e'", "list\ta\t'f'"],
        ["list a 'b'\r", "list a 'c'\r", "list a 'd'"],
        ["list a 'b'", "list a 'c", "list a 'd", "list a 'e'", "list b 'f'", "list b 'g'"],
    ],
)
def test_lines_of_a_list_are_read_as_each_of_them_alone(lines):
    text = "config t\n" + "\n".join(lines)
    found, alike = [uci.parse(text), uci.parse(text + "\n")], uci.Reader.alike
    uci.Reader.alike = lambda reader: []
    try:
        assert found == [uci.parse(text), uci.parse(text + "\n")]
    finally:
        uci.Reader.alike = alike


def test_a_long_list_takes_few_steps():
    lines, next_line = [], uci.Reader.next_line
    uci.Reader.next_line = lambda reader: lines.append(reader) or next_line(reader)
    values = ["h%d.test" % i for i in range(1000)]
    try:
        assert options("".join(["\tlist host '%s'\n" % value for value in values])) == {"host": values}
    finally:
        uci.Reader.next_line = next_line
    assert len(lines) < 10


def test_twenty_quotes_that_are_not_closed_cost_their_lines_only():
    broken = "".join(["config a 's%d'\n\toption x 'never closed\n\toption y '%d'\n" % (i, i) for i in range(20)])
    sections, problems = uci.parse(broken)
    assert [section.options.get("y") for section in sections] == [str(i) for i in range(20)] and len(problems) == 20


def test_after_twenty_quotes_that_are_not_closed_what_the_next_ones_swallow_is_left_unread():
    """Whoever reads it again each time takes a time that grows with the square of the file."""
    broken = ["config a 's%d'\n\toption x 'never closed\n\toption y '%d'\n" % (i, i) for i in range(40)]
    names = [section.name for section in uci.parse("".join(broken))[0]]
    assert names == ["s%d" % i for i in range(40) if i <= 20 or i % 2 == 0]


def test_a_word_with_an_escaped_letter_ends_at_its_semicolon_and_the_line_goes_on():
    sections, problems = uci.parse("config t\n\toption b y\\z;option c d\n")
    assert sections[0].options == {"b": "yz", "c": "d"} and problems == []
