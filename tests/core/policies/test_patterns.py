"""patterns.py: which policies want a name that a client asked for."""

from collections import namedtuple

import pytest

from nametrack.core.policies.patterns import Patterns

Config = namedtuple("Config", ("hosts", "wildcards"))


class Policy:
    def __init__(self, name, config):
        self.name, self.config = name, config

    def lists(self, host):
        return host in self.config.hosts


POLICIES = [
    Policy("wide", Config([], ["*.example.net"])),
    Policy("narrow", Config(["listed.example.net"], ["*.deep.example.net"])),
    Policy("too", Config([], ["*.example.net"])),
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
