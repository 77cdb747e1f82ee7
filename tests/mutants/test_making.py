"""making.py: which mutants a line has."""

import ast
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import making  # noqa: E402


def mutants(text):
    return list(making.mutants(pathlib.Path("x.py"), text, making.changes(text)))


def after(text):
    return [each.after for each in mutants(text)]


@pytest.mark.parametrize(
    "line, expected",
    [
        ("a < b", ["a <= b", "a >= b"]),
        ("a is not None", ["a is None"]),
        ("a not in b", ["a in b"]),
        ("a and b", ["b", "a", "a or b"]),
        ("a + b", ["a - b"]),
        ("not a", ["a"]),
        ("f(a, b)", ["f(b, a)"]),
        ("max(a, b)", []),
        ("a % b", []),
        ('"a" + b', []),
        ("7", ["6", "8"]),
        ("True", ["False"]),
        ('"7 < 8"', []),
    ],
)
def test_a_line_is_changed_in_each_of_its_operators(line, expected):
    assert after("x = " + line) == ["x = " + each for each in expected]


@pytest.mark.parametrize(
    "line, expected",
    [
        ("self.a = b", ["pass"]),
        ("a = b", []),
        ("a(b)", ["pass"]),
        ("a += b", ["pass"]),
        ("raise a", ["pass"]),
        ("return", ["pass"]),
        ("return a", ["return None"]),
        ("return None", []),
        ("return False", ["return True"]),
        ("return 0", ["return None", "return -1", "return 1"]),
        ("if a: b", ["if not (a): b", "if a: pass"]),
        ('"""Return 7 < 8."""', []),
        ("a = [b for b in c if d]", ["a = [b for b in c if not (d)]"]),
    ],
)
def test_statements_conditions_and_returned_values_change(line, expected):
    assert after("def f():\n    while x:\n        " + line)[1:] == expected


@pytest.mark.parametrize(
    "line, expected",
    [
        ("yield", []),
        ("yield 1", []),
        ("yield STEP", []),
        ("yield len(a)", []),
        ("yield a", ["pass"]),
        ("yield a.b", ["pass"]),
    ],
)
def test_what_ends_a_slice_of_work_and_not_the_work_stays(line, expected):
    assert after("def f():\n    " + line) == expected


def test_a_new_object_has_its_attributes_but_other_values_in_them():
    text = "class A:\n    def %s(self):\n        self.a = True\n"
    assert after(text % "__init__") == ["self.a = False"]
    assert after(text % "begin") == ["pass", "self.a = False"]


def test_a_named_figure_is_halved_and_doubled_but_a_small_one_is_one_more_or_less():
    assert after("A, B = 60, 9") == ["A, B = 120, 9", "A, B = 30, 9", "A, B = 60, 10", "A, B = 60, 8"]
    assert after("def f():\n    a = 60") == ["a = 59", "a = 61"]


def test_a_mutant_names_the_function_whose_callers_can_notice_it():
    text = "A = 1\n\n\n@b\ndef f(a=2):\n    return [c + d for c in e]\n"
    # a decorated function begins with its decorator, and a default is of the place where the function stands
    assert {(each.line, each.function) for each in mutants(text)} == {(1, 0), (5, 0), (6, 4)}


def test_what_is_chosen_is_python_on_lines_of_their_own_and_the_same_again():
    paths = sorted(pathlib.Path(making.__file__).parent.glob("*.py"))
    chosen = making.chosen(paths, 50, 3)
    assert len({(each.path, each.line) for each in chosen}) == 50
    assert all(ast.parse(each.text) and each.before != each.after for each in chosen)
    assert making.chosen(paths, 50, 3) == chosen != making.chosen(paths, 50, 4)


def test_a_change_of_one_line_leaves_the_mutants_of_all_others(tmp_path):
    path = tmp_path / "x.py"
    lines = ["a%d = b + %d" % (i, i) for i in range(40)]
    path.write_text("\n".join(lines))
    before = {each.after for each in making.chosen([path], 40, 1)}
    path.write_text("\n".join(["c = d and e"] * 3 + lines[:20] + lines[21:]))
    after = {each.after for each in making.chosen([path], 50, 1)}
    assert len(before) == 40 and len(before & after) == 39
