"""The advice of every finding is applied by a test in the lab."""

import ast
import pathlib

from nametrack.core.telling import findings, machine_findings, routing_findings

LAB = sorted((pathlib.Path(__file__).resolve().parent / "lab").glob("test_agent_advice*.py"))


def functions_in(path):
    return [node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def test_each_finding_has_a_test_that_applies_its_advice():
    codes = set(findings.ADVICE) | set(machine_findings.ADVICE) | set(routing_findings.ADVICE)
    names = [name for path in LAB for name in functions_in(path) if name.startswith("test_")]
    assert {name[len("test_") :].partition("__")[0] for name in names} == codes
