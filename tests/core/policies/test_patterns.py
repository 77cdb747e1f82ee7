"""patterns.py: which policies want a name that a client asked for."""

from collections import namedtuple

import pytest

from nametrack import ip
from nametrack.core.config.policy_values import listed_host
from nametrack.core.policies.patterns import Patterns
from nametrack.wire.host_list import Reader

Config = namedtuple("Config", ("hosts", "wildcards", "lists"))


class Policy:
    def __init__(self, name, config):
        self.name, self.config = name, config

    def lists(self, host):
        return host in self.config.hosts or any(each.position(host) == 0 for each in self.config.lists)


def listing(lines):
    reader = Reader("/list.txt", listed_host, ip.is_element, b"salt")
    reader.take(lines)
    return reader.end()


MANY = listing(b"\n".join([b"n%d.example.net" % i for i in range(300)]))


POLICIES = [
    Policy("wide", Config([], ["*.example.net"], ())),
    Policy("narrow", Config(["listed.example.net"], ["*.deep.example.net"], ())),
    Policy("too", Config([], ["*.example.net"], ())),
]
OWNERS = [
    ("www.example.net", ["wide", "too"]),
    ("a.b.example.net", ["wide", "too"]),
    ("www.deep.example.net", ["narrow"]),
    ("deep.example.net", ["wide", "too"]),
    ("listed.example.net", ["narrow"]),
    ("example.net", []),
    ("xexample.net", []),
    ("example.net.test", []),
    ("", []),
    ("a\\.example.net", []),
    ('"><b>.example.net', []),
]


@pytest.mark.parametrize("name,owners", OWNERS)
def test_an_exact_host_comes_before_wildcards_and_the_longest_before_shorter_ones(name, owners):
    assert [policy.name for policy in Patterns(POLICIES).owners(name)] == owners


def test_a_listed_host_is_below_no_wildcard():
    assert Patterns(POLICIES).below("listed.example.net") == []


def test_domains_are_those_of_all_wildcards():
    assert Patterns(POLICIES).domains() == ("deep.example.net", "example.net")


FILES = [
    Policy("wide", Config([], ["*.example.net"], ())),
    Policy("many", Config([], [], (MANY,))),
    Policy("deep", Config([], [], (listing(b"*.deep.example.net\n*.example.net\n"),))),
]
OWNERS_BY_FILES = [
    ("n299.example.net", ["many"]),
    ("n300.example.net", ["wide", "deep"]),
    ("www.deep.example.net", ["deep"]),
    ("a.n299.example.net", ["wide", "deep"]),
    ("example.net", []),
    ("n299\\.example.net", []),
]


@pytest.mark.parametrize("name,owners", OWNERS_BY_FILES)
def test_a_line_of_a_file_counts_as_a_host_or_a_wildcard_of_the_policy(name, owners):
    assert [policy.name for policy in Patterns(FILES).owners(name)] == owners


def test_only_lists_of_more_than_is_asked_for_are_to_be_observed():
    short = Policy("short", Config(["a.test"], [], (listing(b"a.test"),)))
    assert Patterns([short]).names() == ((), ("a.test",), ())
    assert Patterns(FILES + FILES).names() == (("example.net",), (), (MANY, FILES[2].config.lists[0]))


def test_a_policy_whose_files_list_a_domain_twice_or_a_wider_one_is_told_once_or_not():
    once, twice = listing(b"*.deep.example.net\n"), listing(b"*.deep.example.net\n*.example.net\n")
    late = Policy("late", Config([], [], (listing(b"*.example.net\n"),)))
    both = Patterns([Policy("both", Config([], [], (once, twice))), late])
    assert [policy.name for policy in both.owners("www.deep.example.net")] == ["both"]
    assert [policy.name for policy in both.owners("a.test.example.net")] == ["both", "late"]
