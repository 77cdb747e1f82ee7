"""daemon/program.py: what differs from one run of the agent to the next."""

from both import each_interpreter, run


@each_interpreter
def test_each_run_counts_its_events_from_another_number(interpreter, tmp_path):
    script = """
        from nametrack.commands.command_line import Command
        from nametrack.core import actions as do
        from nametrack.daemon.log import Log
        from nametrack.daemon.program import Program
        agent = Program(Command(["plan", "--config-dir", sys.argv[1], "--ubus", "none"]), Log("error")).agent
        agent.history.add(do.trouble("no_reply", "subject", "reason"), 0)
        print(agent.history.last_id)
    """
    ids = [int(run(interpreter, tmp_path, script, tmp_path)[0]) for _ in range(4)]
    assert len(set(ids)) > 1 and all(0 < number < 1 << 30 for number in ids)
