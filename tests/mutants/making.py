"""The one-line mutants of a Python file: what a tired author could have written instead, and a test must notice.

Comparisons, `and`/`or`, conditions, numbers, arithmetic, statements, returned values and the order of arguments change;
docstrings, comments and strings do not. `return False` becomes `return True` and not None, which means the same to who
asks.

Not changed is what no result can depend on: a `yield` of nothing or of a number, which ends a slice of work and not
the work, stays. So does `self.a = …` of an `__init__` as a whole: without it the first that reads the attribute fails,
or nothing does because it was set again before. A named figure of a module, of FIGURE or more, becomes half and double:
one second more or less is not seen.
"""

import ast
import hashlib
import re
from collections import namedtuple

# path: Path; line: int, from 1; function: the line where the innermost function begins, 0 outside of functions;
# text: the whole file with the change; before, after: the line
Mutant = namedtuple("Mutant", ("path", "line", "function", "text", "before", "after"))

COMPARISONS = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
    ast.Div: ("/", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "&"),
}
FIGURE = 10  # the least number of a named one that is halved and doubled
# Their arguments in another order are an error of type at once, or mean the same.
ORDER_SAYS_NOTHING = ("isinstance", "issubclass", "getattr", "hasattr", "max", "min", "namedtuple")


def textual(node):
    """Whether it is a text, bytes or a collection, of which there is a sum but no difference."""
    known = isinstance(node, (ast.JoinedStr, ast.List, ast.Tuple, ast.Dict))
    return known or isinstance(getattr(node, "value", 0), (str, bytes))


def is_slice(value):
    """Whether what a generator yields says at most how much was done: a number of a slice's work, or a constant."""
    if isinstance(value, ast.Call):
        return getattr(value.func, "id", "") == "len"
    return value is None or isinstance(value, ast.Constant) or isinstance(value, ast.Name) and value.id.isupper()


class Maker(ast.NodeVisitor):
    """Collects `(line, function, start, end, new)` of a file: in which line which bytes become what."""

    def __init__(self, text):
        self.lines = text.encode().split(b"\n")
        self.function = 0
        self.making = False  # whether an `__init__` is looked at
        self.naming = False  # whether a figure of the module is given its name
        self.changes = []

    # -- how a line changes ----------------------------------------------------------------------------------------

    def source(self, node):
        return self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()

    def change(self, line, start, end, new):
        self.changes.append((line, self.function, start, end, new))

    def replace(self, node, new):
        if node.lineno == node.end_lineno:
            self.change(node.lineno, node.col_offset, node.end_col_offset, new)

    def between(self, left, right, token, new):
        """Replace the operator that stands between two nodes of one line."""
        if left.end_lineno != right.lineno:
            return
        start, end = left.end_col_offset, right.col_offset
        gap = self.lines[right.lineno - 1][start:end].decode()
        at = re.search(r"(?<!\S)" + re.escape(token).replace(r"\ ", r"\s+") + r"(?!\S)", gap)
        if at:
            self.change(right.lineno, start + at.start(), start + at.end(), new)

    # -- what changes ----------------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node):
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)
        outer = self.function, self.making
        self.function = min(each.lineno for each in (node, *node.decorator_list))
        self.making = node.name == "__init__"
        for statement in node.body:
            self.visit(statement)
        self.function, self.making = outer

    def visit_Compare(self, node):
        operands = (node.left, *node.comparators)
        for i, operator in enumerate(node.ops):
            token, others = COMPARISONS[type(operator)]
            for other in others:
                self.between(operands[i], operands[i + 1], token, other)
        self.generic_visit(node)

    def visit_BoolOp(self, node):
        token, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:]):
            self.between(left, right, token, other)
            if left.lineno == right.end_lineno:
                self.change(left.lineno, left.col_offset, right.col_offset, "")
                self.change(left.lineno, left.end_col_offset, right.end_col_offset, "")
        self.generic_visit(node)

    def visit_UnaryOp(self, node):
        if isinstance(node.op, ast.Not) and node.lineno == node.end_lineno:
            self.replace(node, self.source(node.operand))
        self.generic_visit(node)

    def visit_BinOp(self, node):
        if type(node.op) in ARITHMETIC and not textual(node.left) and not textual(node.right):
            self.between(node.left, node.right, *ARITHMETIC[type(node.op)])
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, bool):
            self.replace(node, str(not node.value))
        elif self.naming and isinstance(node.value, (int, float)) and node.value >= FIGURE:
            self.replace(node, str(node.value * 2))
            self.replace(node, str(node.value // 2))
        elif isinstance(node.value, (int, float)):
            self.replace(node, str(node.value + 1))
            self.replace(node, str(node.value - 1))

    def visit_Call(self, node):
        name = getattr(node.func, "id", "")
        for left, right in zip(node.args, node.args[1:]):
            if name not in ORDER_SAYS_NOTHING and left.lineno == right.end_lineno:
                gap = self.lines[left.lineno - 1][left.end_col_offset : right.col_offset].decode()
                swapped = self.source(right) + gap + self.source(left)
                self.change(left.lineno, left.col_offset, right.end_col_offset, swapped)
        self.generic_visit(node)

    def condition(self, test):
        if test.lineno == test.end_lineno and not isinstance(test, (ast.Compare, ast.Constant)):
            self.replace(test, "not (%s)" % self.source(test))

    def visit_If(self, node):
        self.condition(node.test)
        self.generic_visit(node)

    visit_While = visit_IfExp = visit_If

    def visit_comprehension(self, node):
        for test in node.ifs:
            self.condition(test)
        self.generic_visit(node)

    def visit_Return(self, node):
        if node.value is None:
            self.replace(node, "pass")
        elif ast.unparse(node.value) not in ("None", "False"):
            self.replace(node, "return None")
        self.generic_visit(node)

    def removed(self, node):
        self.replace(node, "pass")
        self.generic_visit(node)

    visit_AugAssign = visit_Delete = visit_Raise = visit_Continue = visit_Break = removed

    def visit_Assign(self, node):
        # without it a name is missing, of a function or of a new object, which says nothing of the tests
        of_new = self.making and isinstance(node.targets[0], ast.Attribute)
        if isinstance(node.targets[0], (ast.Attribute, ast.Subscript)) and not of_new:
            self.replace(node, "pass")
        self.naming = self.function == 0
        self.generic_visit(node)
        self.naming = False

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Yield) and is_slice(node.value.value):
            return
        if not isinstance(node.value, ast.Constant):
            self.replace(node, "pass")
            self.generic_visit(node)


def changes(text):
    """Return the changes of a file, in order."""
    maker = Maker(text)
    maker.visit(ast.parse(text))
    return sorted(set(maker.changes))


def mutants(path, text, some):
    """Yield the Mutants of some of the changes of a file: each is Python, and other Python than the file."""
    lines = text.encode().split(b"\n")
    original = ast.dump(ast.parse(text))
    for line, function, start, end, new in some:
        before = lines[line - 1]
        after = before[:start] + new.encode() + before[end:]
        changed = b"\n".join(lines[: line - 1] + [after] + lines[line:]).decode()
        try:
            differs = ast.dump(ast.parse(changed)) != original
        except SyntaxError:
            continue
        if differs:
            yield Mutant(path, line, function, changed, before.decode().strip(), after.decode().strip())


def of_line(path, line):
    """Return all the Mutants of a line."""
    text = path.read_text()
    return list(mutants(path, text, [each for each in changes(text) if each[0] == line]))


def chosen(paths, count, seed):
    """Return `count` Mutants of the files, no two of one line.

    Which ones depends on the seed and the text of the lines alone: a change elsewhere takes none out and puts none in.
    """
    lines = {}
    for path in paths:
        text = path.read_text()
        whole = text.split("\n")
        for change in changes(text):
            words = (seed, *path.parts[-3:], whole[change[0] - 1], whole[: change[0]].count(whole[change[0] - 1]))
            rank = hashlib.sha256(repr(words).encode()).hexdigest()
            lines.setdefault((rank, path, text), []).append(change)
    made = []
    for rank, path, text in sorted(lines):
        if len(made) == count:
            break
        some = lines[rank, path, text]
        first = int(rank, 16) % len(some)
        mutant = next(mutants(path, text, some[first:] + some[:first]), None)
        if mutant is not None:
            made.append(mutant)
    return made
