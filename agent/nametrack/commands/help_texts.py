"""What `nametrack help` says: of everything, and of each command; and the version."""

import sys

from .. import VERSION, compat

USAGE = """usage: nametrack COMMAND [OPTION…]

  run              follow the names, in the foreground (procd starts it)
  run --once       one whole pass: resolve everything, bring the kernel up to date, report
  plan             the same pass, but print what it would change and change nothing
  check            validate the configuration and look for what keeps it from working
  status           what the running agent follows, and its state
  why HOST         which way packets to a host take, step by step, and why
  refresh [NAME…]  have the running agent ask DNS again, for all names or those
  events           what changed and why, newest last; --follow keeps printing
  include KIND     what the sets should have now, as commands
  import SERVICE   the policies of pbr or vpn-policy-routing, as nametrack's
  pause [MINUTES]  switch policies with target route off for some minutes (default 60)
  resume           switch them on again
  flush            delete every rule, nexthop and route of nametrack's from the kernel
  block            at the router's start: block what policies with fallback block list
  metrics          the running agent's state for Prometheus
  version          the version, and the interpreter it runs under
  help [COMMAND]   this text, or all about one command

options of run, plan, check, include, import and block:
  --config-dir DIR   where the files nametrack and network are (default /etc/config; if neither is there,
                     /etc/nametrack.conf and /etc/wireguard/*.conf are read)
options of run, plan, check, include and block:
  --state-dir DIR    where the last good addresses are kept (default /etc/nametrack, or /var/lib/nametrack if it is no
                     router)
options of these and of status, why, refresh, events, metrics, pause and resume:
  --run-dir DIR      what lasts until the next boot: a copy of those addresses, and the agent's own socket if there is
                     no bus (default /var/run/nametrack, or DIR/run with --state-dir DIR)
options of run, plan and check:
  --log-level LEVEL  error, warning, info or debug (default: option log_level)
options of these and of status, why, refresh, events, metrics, pause and resume:
  --ubus PATH|none   the bus (default /var/run/ubus/ubus.sock, then /var/run/ubus.sock)
options of why:
  --from CLIENT      the address of a client whose packets are asked about (default: the router's own packets)
options of status and why:
  --json             everything, for programs
options of status:
  --all              every host and address, however many
options of metrics:
  --format FORMAT    openmetrics, or prometheus for its older text format (default openmetrics)
"""

COMMANDS = {
    "run": """usage: nametrack run [--once] [--config-dir DIR] [--state-dir DIR] [--run-dir DIR]
                     [--log-level LEVEL] [--ubus PATH|none]

Follows the names of the configuration until SIGTERM or SIGINT; SIGHUP makes it read the configuration again. Info and
debug are logged to stdout, warnings and errors to stderr. On a router procd runs it: /etc/init.d/nametrack start.
Without a bus it does the same, and the commands ask it through a socket of its own.

--once makes one pass: it asks DNS for every name, brings endpoints and sets up to date, and prints a table of their
state. It neither asks a running agent nor needs one.

Exit status: 0, or with --once 1 if something could not be made current, said on stderr; 2 for a wrong command
line or no usable configuration.
""",
    "plan": """usage: nametrack plan [--config-dir DIR] [--state-dir DIR] [--run-dir DIR]
                     [--log-level LEVEL] [--ubus PATH|none]

Makes one pass and prints what `run --once` would change, as text for `nft -f`, `ipset restore` and `ip -batch`,
endpoints as `set_endpoint INTERFACE KEY ADDRESS:PORT`. It asks DNS and reads the kernel, and changes nothing.

Exit status: as for `run --once`.
""",
    "check": """usage: nametrack check [--config-dir DIR] [--state-dir DIR] [--run-dir DIR]
                     [--log-level LEVEL] [--ubus PATH|none]

Says what is wrong with the configuration, and what in the setup keeps it from working: two lines for each finding: the
problem with its code in brackets, then what to do. If the agent runs with this configuration, the command asks it;
else it makes a pass like `plan`.

Exit status: 0 nothing found; 1 something found; 2 no usable configuration.
""",
    "status": """usage: nametrack status [--json] [--all] [--ubus PATH|none] [--run-dir DIR]

Shows every peer and policy that the running agent follows: state, reason, next query, what is installed. Long
lists are folded; --all shows everything. --json prints what `ubus call nametrack status` answers. If there is no
bus, or with --ubus none, it asks the agent through the socket in --run-dir, as root.

Exit status: 0; 1 if no agent runs.
""",
    "why": """usage: nametrack why HOST [--from CLIENT] [--json] [--ubus PATH|none] [--run-dir DIR]

Says which way packets to a host name or an address take, for each of its addresses: which policy lists it, what the
kernel does with its packets now, and which WireGuard peer takes them. The last line sums up; if packets go another way
than configured, it says why and what to do. --from asks about the packets of a client, by its address.

Exit status: 0 goes as configured; 1 does not, or no agent runs.
""",
    "refresh": """usage: nametrack refresh [NAME…] [--ubus PATH|none] [--run-dir DIR]

Has the running agent ask DNS again now, for the names given or for all that it follows. No name is asked more often
than min_ttl allows. It does not wait for the answers: `nametrack status` and `nametrack events` show them.

Exit status: 0; 1 if no agent runs, or a name is not followed.
""",
    "events": """usage: nametrack events [--follow] [--ubus PATH|none] [--run-dir DIR]

Prints the last 200 changes and troubles with time and reason, newest last. With --follow it keeps printing until
Ctrl-C, also after a restart of the agent.

Exit status: 0; 1 if no agent runs.
""",
    "include": """usage: nametrack include vpn-policy-routing|ipset
                         [--config-dir DIR] [--state-dir DIR] [--run-dir DIR]

Prints the elements that ipsets should have now, as lines for `ipset restore -!`: those of vpn-policy-routing for its
user file, or those of policies with target ipset. A set that does not exist gets no line. The command works from files,
whether the agent runs or not. The package's user file for vpn-policy-routing, in /usr/share/nametrack, uses it.

Exit status: 0 whatever happens, because a failing user file fails the service; 2 for a wrong command line.
""",
    "import": """usage: nametrack import pbr|vpn-policy-routing [--json] [--config-dir DIR]

Prints the policies of pbr or vpn-policy-routing, by name or by address, as sections for /etc/config/nametrack. It
changes nothing. If dnsmasq fills that service's sets, names below a listed name count there, so each gets a wildcard.
If pbr drops packets while an interface is down (strict_enforcement), policies for own routes get fallback block. A
policy with a part that nametrack has nothing like, as a source port, is printed as a comment that says which part.
--json prints the same for programs.

Exit status: 0; 1 if there is no such configuration, or it cannot be read; 2 for a wrong command line.
""",
    "pause": """usage: nametrack pause [MINUTES] [--run-dir DIR] [--ubus PATH|none]

Policies with target route steer and block nothing for MINUTES, 60 by default: traffic takes the normal way,
and connections move over at once. Endpoints are followed as always. A restart of the agent ends the pause.

Exit status: 0; 1 if no agent runs.
""",
    "resume": """usage: nametrack resume [--run-dir DIR] [--ubus PATH|none]

Ends a pause.

Exit status: 0; 1 if no agent runs.
""",
    "flush": """usage: nametrack flush

Deletes every rule, nexthop and route that nametrack made (route protocol 190), also those with which a policy blocks.
A running agent writes them again: stop it first, or disable its policies. Removing the package does so by itself.

Exit status: 0; 1 if something could not be deleted.
""",
    "block": """usage: nametrack block [--config-dir DIR] [--state-dir DIR] [--run-dir DIR]

Blocks the hosts of policies with target route and `fallback block`, without client, proto and port, by their last good
addresses. The router runs it before its network starts (/etc/init.d/nametrack-block); the agent takes over from there.
`nametrack flush` ends it.

Exit status: 0; 1 if something could not be blocked.
""",
    "metrics": """usage: nametrack metrics [--format openmetrics|prometheus] [--ubus PATH|none]
                         [--run-dir DIR]

Prints the running agent's state and counters as OpenMetrics text; with --format prometheus in the older text format,
which node exporter's textfile collector and promtool read. The package nametrack-collectors has collectors for
OpenWrt's own exporters.

Exit status: 0; 1 if no agent runs.
""",
    "version": """usage: nametrack version

Prints the version and the interpreter it runs under, as `nametrack 0.2.0 (micropython 1.23.0)`.
""",
    "help": """usage: nametrack help [COMMAND]

Prints the commands and options, or all about one command.
""",
}


def help(command, log):
    sys.stdout.write("\n".join([COMMANDS[name] for name in command.names]) or USAGE)
    return 0


def version(command, log):
    print("nametrack %s (%s)" % (VERSION, compat.INTERPRETER))
    return 0
