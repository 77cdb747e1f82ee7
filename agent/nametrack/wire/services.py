"""pbr and vpn-policy-routing as they describe themselves: in UCI, and to procd."""

from collections import namedtuple

# enabled: by its configuration, and at boot; ipv6: whether it makes IPv6 sets; includes: whether it makes sets for
# users, which pbr does only if a user file is enabled; running: None if procd could not be asked; errors: the codes
# that it reports
Service = namedtuple("Service", ("enabled", "ipv6", "includes", "running", "errors"))


def configured(name, sections):
    """Return the Service `name` as the sections of /etc/config/NAME describe it."""
    settings, includes = {}, False
    for section in sections:
        if section.type == name:
            settings = section.options
        elif section.type == "include" and _flag(section.options.get("enabled", "1")):
            includes = True
    if name == "vpn-policy-routing":
        # it makes its sets where it or dnsmasq may fill them
        resolver = settings.get("resolver_ipset", "dnsmasq.ipset") == "dnsmasq.ipset"
        includes = resolver or _flag(settings.get("dest_ipset", "0"))
    enabled, ipv6 = _flag(settings.get("enabled", "0")), _flag(settings.get("ipv6_enabled", "0"))
    return Service(enabled, ipv6, includes, None, [])


def reported(service, state):
    """The Service with what `ubus call service list` says of it: `state` is the value under its name, or None."""
    instances = state.get("instances") if isinstance(state, dict) else None
    main = instances.get("main") if isinstance(instances, dict) else None
    data = main.get("data") if isinstance(main, dict) else None
    if data is None and isinstance(state, dict):
        data = state.get("data")
    errors = data.get("errors") if isinstance(data, dict) else None
    codes = [e.get("code") for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    codes = [code for code in codes if isinstance(code, str)]
    running = isinstance(data, dict) and len(data) > 0
    return Service(service.enabled, service.ipv6, service.includes, running, codes)


def not_started(service):
    """The Service if nothing starts it at boot."""
    return Service(False, service.ipv6, service.includes, service.running, service.errors)


def _flag(value):
    return value in ("1", "on", "true", "yes", "enabled")
