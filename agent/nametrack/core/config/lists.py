"""What files of hosts, as `list host '@FILE'` names them, add to the configuration."""

from ... import ip
from ..ordering import result
from .configuration import Config
from .section import Seen

MOST_FILES = 8  # of all policies: each may take 300 kB


def files(config):
    """Return the paths of the files that enabled policies name, sorted; MOST_FILES of them."""
    return _named(config)[:MOST_FILES]


def with_lists(config, contents):
    """Return the Config with what the files list.

    contents: {path: (wire.host_list.HostList, [text])}, the texts being what is wrong with the file; None in the
    place of the list if nothing is known of it.
    """
    return result(joining(config, contents))


def joining(config, contents):
    """Do the same a step at a time: a generator, whose value is the Config."""
    if not _named(config):
        return config
    policies, errors = [], errors_of(config, contents)
    for policy in config.policies:
        policies.append((yield from _filled(policy, contents)))
    return Config(*(tuple(config)[:-3] + (policies, config.errors + errors, errors)))


def errors_of(config, contents):
    """Return what is wrong with the files, [text], of those that are known."""
    paths = _named(config)
    errors = ["%s is left out: at most %d files are read" % (path, MOST_FILES) for path in paths[MOST_FILES:]]
    for path in paths[:MOST_FILES]:
        errors.extend(contents.get(path, (None, []))[1])
    return errors


def _filled(policy, contents):
    from .policy_sections import PolicyConfig  # which is loaded, for there is a policy

    found = [contents[path][0] for path in policy.files if path in contents]
    found = [each for each in found if each is not None]
    if not found:
        return policy
    hosts = yield from _joined([policy.hosts] + [each.hosts for each in found], "any")
    literals = yield from _joined([policy.literals] + [each.elements for each in found], policy.family)
    return PolicyConfig(*(tuple(policy)[:-3] + (hosts, literals, tuple(found))))


def _joined(lists, family):
    """All texts, each once; of addresses and prefixes those of a family."""
    seen, found = Seen(), []
    for texts in lists:
        for text in texts:
            if (family == "any" or family == "ipv%d" % ip.family(text)) and seen.is_new(text):
                found.append(text)
            yield 1
    return found


def _named(config):
    policies = config.policies if config.enabled else []
    return sorted(set([path for policy in policies if policy.enabled for path in policy.files]))
