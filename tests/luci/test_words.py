"""Every string of the pages can be translated; what is translated shows in the language, the rest in English."""

import re

import polib
import pytest

from luci.router import Router
from luci.scripted import Scripted
from luci.test_states import everything
from luci.web import SOURCE
from luci.words import TEMPLATE, languages, scan, template

PLACE = re.compile(r"%[a-z]")
# words of the field; what the agent says is English too, as its log is
SAME_EVERYWHERE = {"DNS", "Nametrack", "IPv4", "IPv6", "Host", "Hosts", "Name", "Port", "Status", "System"}


def entries(path):
    return [entry for entry in polib.pofile(str(path)) if not entry.obsolete]


def test_the_template_is_current():
    assert TEMPLATE.read_text() == template(), "make words"


@pytest.mark.parametrize("language", languages())
def test_a_translation_has_the_strings_of_now(language):
    translated = entries(languages()[language])
    assert {(entry.msgid, entry.msgctxt) for entry in translated} == set(scan()), "make words"


@pytest.mark.parametrize("language", languages())
def test_a_translation_keeps_the_places_of_values(language):
    for entry in entries(languages()[language]):
        assert not entry.msgstr or PLACE.findall(entry.msgid) == PLACE.findall(entry.msgstr), entry.msgid


@pytest.mark.skipif(bool(SOURCE), reason="LuCI's own client looks strings up by hashes, which its build makes")
@pytest.mark.parametrize("language", languages())
def test_the_pages_speak_the_language(browser, tmp_path, language):
    agent = Scripted()
    everything(agent)
    (tmp_path / "nametrack").write_text("config nametrack 'global'\n\nconfig policy 'work'\n\tlist host 'a.example'\n")
    english = {entry.msgid for entry in entries(TEMPLATE) if len(entry.msgid) > 3} - SAME_EVERYWHERE
    words = {entry.msgid: entry.msgstr for entry in entries(languages()[language])}
    english -= {text for text in english if words[text] in (text, "")}
    with Router(agent, tmp_path) as router:
        for page in ("status", "settings"):
            router.open(browser, page, lang=language)
            browser.wait_for_text(words["Peers"])
            shown = {line.strip() for line in browser.text().splitlines()}
            assert shown & english == set(), "not translated"
            browser.screenshot(f"{page}-{language}")
