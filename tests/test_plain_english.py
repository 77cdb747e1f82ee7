"""Sentences have an actor, a verb and the field's nouns: words that hide the actor or bend the sentence are left out.

Many readers read English as a second language. The list holds what was written here once and had to be read twice; it
is looked for in documentation, comments, docstrings, log lines, reasons and the pages' texts alike.
"""

import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent
PLACES = (
    "*.md",
    "docs/*.md",
    "agent/**/*.py",
    "luci-app/htdocs/**/*.js",
    "luci-app/htdocs/**/*.css",
    "luci-app/po/templates/*",
    "files/**/*",
    "openwrt/**/*",
    "scripts/**/*.py",
)
# what is not written -> what is
LIST = {
    r"(nobody|somebody|anybody|everybody|whoever|whomever|whom)('s)?": "the program, the user, the kernel, the server",
    r"what there is": "the noun",
    r"(None|True|False|Error|empty|0|1) where": "if: `where` is for places",
    r"where (there|it|that|this) (is|are|was|were) (no|none|not|missing|too)": "if: `where` is for places",
    r"(if|when|where) that (does|do) not do": "if it is too small, too slow …",
    r"(whichever|wherever|whatsoever|howsoever|whereupon|thereby|herein|hence)": "if, each, so",
    r"for want of": "because there is no",
    r"in our (place|stead)|in their stead": "instead, or what it replaces",
    r"(is|are|was) (done|made) without": "goes on without, does not need",
    r"(sole|entire) charge": "only nametrack …",
    r"gives? (leave|notice) (to|of)": "allows, notifies",
    r"is none of": "is not",
    r"(shall|ought to|whilst|amongst|albeit|notwithstanding|lest)": "must, while, among, although, so that … not",
}
# the word is a name there
NAMES = {"the user `nobody`", '"user": "nobody"', "with the user nobody"}


def texts():
    """Every file's path and its sentences in one line, without the signs that begin lines of comments."""
    for place in PLACES:
        for path in sorted(TOP.glob(place)):
            if not path.is_file() or path.suffix in (".png", ".svg", ".lmo"):
                continue
            text = path.read_text()
            for name in NAMES:
                text = text.replace(name, "")
            yield path, re.sub(r"\n\s*(#+|\*|//|>|msgid|\")?\s*", " ", text)


TEXTS = list(texts())


@pytest.mark.parametrize("words", LIST)
def test_sentences_are_plain(words):
    pattern = re.compile(rf"\b(?:{words})\b", 0 if "None" in words else re.IGNORECASE)
    found = [
        f"{path.relative_to(TOP)}: …{text[max(0, hit.start() - 40) : hit.end() + 30]}…"
        for path, text in TEXTS
        for hit in pattern.finditer(text)
    ]
    assert not found, f"write {LIST[words]} in:\n" + "\n".join(found)


def test_every_kind_of_text_is_read():
    read = {path.relative_to(TOP).parts[0] for path, _ in TEXTS}
    assert read >= {"README.md", "docs", "agent", "luci-app", "files", "openwrt", "scripts"} and len(TEXTS) > 200
