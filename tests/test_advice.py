"""The advice of every finding is applied by a test: in the lab, or in the core if the lab cannot have the situation."""

import ast
import pathlib

from nametrack.core.telling import findings, machine_findings, routing_findings

TESTS = pathlib.Path(__file__).resolve().parent
LAB = TESTS / "lab/test_agent_advice.py"
# Those of which the situation is fed in: code -> (file, test), which holds that it goes with what is advised.
FED = {
    "clock_unset": ("core/telling/test_findings.py", "test_a_clock_that_was_never_set"),
    "set_refused": (
        "core/sets/test_kernel_set.py",
        "test_a_refused_change_is_said_once_and_tried_again_after_5_s_up_to_5_min_and_is_not_counted",
    ),
    "config_saved": (
        "core/telling/test_machine_findings.py",
        "test_a_file_that_wg_quick_writes_anew_is_told_if_a_name_is_lost_by_it",
    ),
    "managed_elsewhere": (
        "core/telling/test_machine_findings.py",
        "test_another_program_in_charge_of_the_interface_is_told",
    ),
    "nameserver_in_tunnel": (
        "core/telling/test_machine_findings.py",
        "test_nameservers_that_cannot_help_a_dead_tunnel_are_told",
    ),
    "nameserver_local": (
        "core/telling/test_machine_findings.py",
        "test_nameservers_that_cannot_help_a_dead_tunnel_are_told",
    ),
}


def functions_in(path):
    return [node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def test_each_finding_has_a_test_that_applies_its_advice():
    codes = set(findings.ADVICE) | set(machine_findings.ADVICE) | set(routing_findings.ADVICE)
    applied = {name[len("test_") :].partition("__")[0] for name in functions_in(LAB) if name.startswith("test_")}
    assert applied | set(FED) == codes
    for code, (path, name) in FED.items():
        assert name in functions_in(TESTS / path), code
