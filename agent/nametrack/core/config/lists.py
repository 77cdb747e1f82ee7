"""What files of hosts, as `list host '@FILE'` names them, add to the configuration."""

from ... import ip
from .configuration import Config
from .policy_sections import PolicyConfig
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
    paths = _named(config)
    if not paths:
        return config
    errors = ["%s is left out: at most %d files are read" % (path, MOST_FILES) for path in paths[MOST_FILES:]]
    for path in paths[:MOST_FILES]:
        errors.extend(contents[path][1])
    policies = [_filled(policy, contents) for policy in config.policies]
    return Config(*(tuple(config)[:-3] + (policies, config.errors + errors, errors)))


def _filled(policy, contents):
    found = [contents[path][0] for path in policy.files if path in contents]
    found = [each for each in found if each is not None]
    if not found:
        return policy
    hosts, literals = list(policy.hosts), list(policy.literals)
    for each in found:
        hosts.extend(each.hosts)
        literals.extend([e for e in each.elements if policy.family in ("any", "ipv%d" % ip.family(e))])
    return PolicyConfig(*(tuple(policy)[:-3] + (_unique(hosts), _unique(literals), tuple(found))))


def _unique(texts):
    seen = Seen()
    return [text for text in texts if seen.is_new(text)]


def _named(config):
    policies = config.policies if config.enabled else []
    return sorted(set([path for policy in policies if policy.enabled for path in policy.files]))
