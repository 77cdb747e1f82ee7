"""What the pages are written in: the JavaScript of LuCI's oldest release that we support, and nothing that makes HTML.

Browsers of 2021 and LuCI's minifier know ECMAScript 2017. And LuCI's E() and dom.content() take a text for HTML unless
it stands in a list, which would let a name from DNS bring a script along.
"""

import re

import esprima
import pytest

from luci.web import APP

FILES = sorted((APP / "htdocs").rglob("*.js"))
NAMES = [str(path.relative_to(APP / "htdocs/luci-static/resources")) for path in FILES]
GLOBALS = {
    "window",
    "document",
    "L",
    "E",
    "_",
    "Array",
    "Date",
    "Infinity",
    "JSON",
    "Math",
    "Node",
    "Object",
    "Promise",
}
GLOBALS |= {"String", "performance", "undefined"}
HTML = {"innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc", "rawhtml", "createContextualFragment"}
LIMIT = 400  # lines
DIRECTIVE = re.compile(r"'require (\S+?)(?: as (\w+))?';")


def tree(path):
    """The syntax tree of a module as LuCI runs it: as the body of a function."""
    return esprima.parseScript(f"(function() {{\n{path.read_text()}\n}})", {"loc": True}).body[0].expression


def nodes(node):
    """Every node below one, itself first."""
    if isinstance(node, list):
        for item in node:
            yield from nodes(item)
    elif isinstance(node, esprima.nodes.Node):
        yield node
        for value in vars(node).values():
            yield from nodes(value)


def line(node):
    return node.loc.start.line - 1


def bound(pattern):
    """The names that a pattern of parameters or declarations binds."""
    return [n.name for n in nodes(pattern) if n.type == "Identifier"]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_it_parses_as_ecmascript_2017(path):
    tree(path)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_it_begins_as_every_module_of_luci_and_fits_a_few_screens(path):
    lines = path.read_text().splitlines()
    assert lines[0] == "'use strict';"
    assert len(lines) <= LIMIT
    assert [text for text in lines if len(text.expandtabs(4)) > 120] == []


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_module_that_is_used_is_required_and_every_required_one_is_used(path):
    text = path.read_text()
    required = {(found[1] or found[0].replace(".", "_")) for found in DIRECTIVE.findall(text)}
    program = tree(path)
    declared = set(required)
    for node in nodes(program):
        if node.type == "VariableDeclarator":
            declared |= set(bound(node.id))
        elif node.type in ("FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"):
            declared |= {name for parameter in node.params for name in bound(parameter)}
            declared |= {node.id.name} if node.id else set()
    skipped = {id(n.property) for n in nodes(program) if n.type == "MemberExpression" and not n.computed}
    skipped |= {id(n.key) for n in nodes(program) if n.type == "Property" and not n.computed}
    used = {n.name for n in nodes(program) if n.type == "Identifier" and id(n) not in skipped}
    assert used - declared - GLOBALS == set(), "nobody declares these"
    assert required - used == set(), "nobody uses these"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_text_is_put_into_the_page_as_html(path):
    found = []
    for node in nodes(tree(path)):
        if node.type == "MemberExpression" and not node.computed and node.property.name in HTML:
            found.append((line(node), node.property.name))
        if node.type == "CallExpression" and called(node) in ("E", "dom.content", "dom.append"):
            found += [(line(node), called(node)) for argument in node.arguments[1:] if is_text(argument)]
    assert found == []


def called(node):
    """The name of what a call calls: `E`, `dom.content`."""
    callee = node.callee
    return f"{callee.object.name}.{callee.property.name}" if callee.type == "MemberExpression" else callee.name


def is_text(node):
    """Whether an expression is plainly a text."""
    if node.type == "ConditionalExpression":
        return is_text(node.consequent) or is_text(node.alternate)
    if node.type == "CallExpression":
        return (
            called(node) in ("_", "String")
            or node.callee.property is not None
            and node.callee.property.name == "format"
        )
    return node.type == "TemplateLiteral" or (node.type == "Literal" and node.value is not None and node.value != "")
