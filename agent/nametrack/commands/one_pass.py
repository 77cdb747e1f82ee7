"""The commands that make one pass and say how things stand then: run --once, plan, check."""

import sys

from .. import compat
from ..core.telling.findings import finding, findings
from ..core.telling.tables import finding_lines, status_lines, troubles
from ..daemon.program import Program
from .command_line import CONFIG_DIR


def run(command, log):
    program = Program(command, log)
    if not program.load():
        return 2
    program.one_pass()
    state = program.state()
    for line in status_lines(state, compat.is_terminal(sys.stdout)):
        print(line)
    return _complain(state)


def plan(command, log):
    program = Program(command, log, dry=True)
    if not program.load():
        return 2
    program.one_pass()
    for line in program.planner.lines or ["# nothing to change"]:
        print(line)
    return _complain(program.state())


def _complain(state):
    wrong = troubles(state)
    for line in wrong:
        sys.stderr.write("nametrack: %s\n" % line)
    return 1 if wrong else 0


def check(command, log):
    from . import ask_agent as remote

    program = Program(command, log, dry=True)
    if not program.load():
        return 2
    found, other, absence = remote.check(command, program.loaded)
    if found is None:
        program.one_pass()
        found = findings(program.agent, compat.wall())
    if absence:
        absence = remote.check(command, program.loaded)[2]  # it may have been about to start
    if not program.loaded.config.enabled:
        text = "nametrack is disabled: it follows no peer and steers no traffic"
        found.append(finding("disabled", "info", "configuration", text))
    if other:
        text, advice = "the running agent has an older one than the files", None
        if program.loaded.faults:
            text = "the running agent keeps the one before until the files can be read"
            advice = "correct the file first: it takes none that uci does not take"
        found.append(finding("not_loaded", "info", "configuration", text, advice))
    if program.loaded.machine is not None:
        from ..core.telling.machine_findings import fitted

        found = fitted(found)
    if command.config_dir != CONFIG_DIR:
        for each in found:
            each["advice"] = each["advice"].replace("uci ", "uci -c %s " % command.config_dir)
    for line in finding_lines(found):
        print(line)
    if absence and command.config_dir == CONFIG_DIR:  # a configuration elsewhere is only tried
        sys.stderr.write("nametrack: %s\n" % absence)
        return 1
    return 1 if found else 0
