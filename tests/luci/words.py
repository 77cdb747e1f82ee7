"""The pages' words: what is to be translated, and what was.

python tests/luci/words.py        writes luci-app/po/templates/nametrack.pot, brings each po/LANGUAGE up to it, and says
                                  what is not translated; `make words` calls it

A string without a translation shows in English. It fails a release, not a commit.

It does what LuCI's build/i18n-scan.pl and i18n-update.pl do: `_()` in the JavaScript, and the titles and descriptions
of the menu and the rights.
"""

import collections
import json
import pathlib
import subprocess
import sys

import polib

APP = pathlib.Path(__file__).resolve().parent.parent.parent / "luci-app"
TEMPLATE = APP / "po/templates/nametrack.pot"
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n'
KEYWORDS = ["--keyword", "--keyword=_:1", "--keyword=_:1,2c"]


def languages():
    """{name of the language's folder: the path of its .po}."""
    return {path.parent.name: path for path in sorted((APP / "po").glob("*/nametrack.po"))}


def scan():
    """{(msgid, msgctxt): [where it is used]}."""
    found = collections.defaultdict(list)
    files = sorted((APP / "htdocs").rglob("*.js"))
    done = subprocess.run(
        ["xgettext", "--from-code=UTF-8", "--no-wrap", "--language=JavaScript", *KEYWORDS, "-o", "-"]
        + [path.relative_to(APP.parent) for path in files],
        capture_output=True,
        text=True,
        check=True,
        cwd=APP.parent,
    )
    for entry in polib.pofile(done.stdout):
        found[entry.msgid, entry.msgctxt] += [f"{path}:{line}" for path, line in entry.occurrences]
    for path in sorted((APP / "root").rglob("*.d/*.json")):
        for node in json.loads(path.read_text()).values():
            for key in ("title", "description"):
                if key in node:
                    found[node[key], None].append(f"{path.relative_to(APP.parent)}:{line_of(path, node[key])}")
    return found


def line_of(path, text):
    lines = path.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if f'"{text}"' in line)


def template():
    """The text of the template, in LuCI's form."""
    blocks = [HEADER]
    for (msgid, context), places in sorted(scan().items(), key=lambda item: (item[0][0], item[0][1] or "")):
        lines = [f"#: {place}" for place in sorted(set(places), key=by_line)]
        lines += [f"msgctxt {quoted(context)}"] if context else []
        blocks.append("\n".join([*lines, f"msgid {quoted(msgid)}", 'msgstr ""', ""]))
    return "\n".join(blocks)


def by_line(place):
    path, _, line = place.rpartition(":")
    return path, int(line)


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def merge(path):
    """Brings a translation up to the template: what is new comes in empty, what is gone goes."""
    old = {(entry.msgid, entry.msgctxt): entry for entry in polib.pofile(str(path))}
    known = polib.pofile(str(path))
    merged = polib.pofile(template())
    merged.metadata = known.metadata
    for entry in merged:
        if (entry.msgid, entry.msgctxt) in old:
            entry.msgstr = old[entry.msgid, entry.msgctxt].msgstr
    merged.wrapwidth = 10**6
    merged.save(str(path))


def untranslated(path):
    """Return the entries of a translation that have no text yet, or a doubtful one."""
    return [entry for entry in polib.pofile(str(path)) if not entry.obsolete and (not entry.msgstr or entry.fuzzy)]


if __name__ == "__main__":
    TEMPLATE.write_text(template())
    for path in languages().values():
        merge(path)
    print(f"{TEMPLATE}: {len(scan())} strings", file=sys.stderr)
    for language, path in languages().items():
        for entry in untranslated(path):
            print(f"{language}: not translated: {entry.msgid}", file=sys.stderr)
