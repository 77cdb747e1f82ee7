"""Copies Python sources for the router, where flash is scarce: no comments, no docstrings, tabs for indentation.

    python3 scripts/strip.py FROM TO

Every line keeps its number, so that a traceback from a router fits the repository. What is left means the same: the
syntax trees are compared.
"""

import ast
import io
import pathlib
import re
import sys
import tokenize

STRINGS = (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))  # the latter from CPython 3.12 on


def stripped(source):
    """`source` without comments and docstrings and indented by tabs, as many lines as before."""
    lines = source.splitlines()
    text = set()  # indices of the lines that begin inside a string
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        (first, column), (last, _) = token.start, token.end
        if token.type == tokenize.COMMENT:
            lines[first - 1] = lines[first - 1][:column]
        elif token.type in STRINGS:
            text.update(range(first, last))
    for node in _documented(ast.parse(source)):
        docstring = node.body[0]
        first, last = docstring.lineno - 1, docstring.end_lineno - 1
        needed = len(node.body) == 1 and not isinstance(node, ast.Module)
        lines[first] = lines[first][: docstring.col_offset] + "pass" if needed else ""
        lines[first + 1 : last + 1] = [""] * (last - first)
    return "".join(line + "\n" if i in text else _tabbed(line) + "\n" for i, line in enumerate(lines))


def _tabbed(line):
    return re.sub(r"^(    )+", lambda spaces: "\t" * (len(spaces[0]) // 4), line.rstrip())


def _documented(tree):
    """The nodes of a syntax tree that begin with a docstring."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds) and ast.get_docstring(node, False) is not None]


def meaning(source):
    """The syntax tree of `source` as text, whatever its comments and docstrings say."""
    tree = ast.parse(source)
    for node in _documented(tree):
        del node.body[0]
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            node.body = [child for child in node.body if not isinstance(child, ast.Pass)]
    return ast.dump(tree)


def main(argv):
    source, target = (pathlib.Path(argument) for argument in argv)
    for path in sorted(source.rglob("*.py")):
        text = path.read_text()
        short = stripped(text)
        if meaning(short) != meaning(text):
            sys.exit(f"strip.py: {path} would mean something else")
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(short)


if __name__ == "__main__":
    main(sys.argv[1:])
