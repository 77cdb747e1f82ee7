"""scripts/sdk/po2lmo.py: the bytes that LuCI's po2lmo writes."""

import po2lmo

PO = r"""
# A comment with "quotes".
msgid ""
msgstr ""
"Language: de\n"
"Plural-Forms: nplurals=2; plural=n != 1;\n"

#: view.js:1
msgid "Peers"
msgstr "Gegenstellen"

msgctxt "seconds"
msgid "%ds"
msgstr "%d s"

msgid "%d peer"
msgid_plural "%d peers"
msgstr[0] "%d Gegenstelle"
msgstr[1] "%d Gegenstellen"

msgid "Say \"so\"\n"
"on two lines"
msgstr "Sag \"so\"\n"
"auf zwei Zeilen, mit ü"

msgid "OK"
msgstr "OK"

msgid "Not yet"
msgstr ""
"""

# written by LuCI's po2lmo (March 2026) from these lines
LMO = """
6e706c7572616c733d323b20706c7572616c3d6e20213d20313b0000476567656e7374656c6c656e2564207325642047
6567656e7374656c6c650000256420476567656e7374656c6c656e005361672022736f225c6e617566207a776569205a
65696c656e2c206d697420c3bc0000000000000000000000000000000000001a03f2b2e6000000010000004c00000021
1104062d000000020000002c0000000e7e113561000000010000002800000004a5d11184000000020000003c0000000f
f58eeafb000000010000001c0000000c00000070
"""


def test_the_bytes_are_those_of_luci():
    assert po2lmo.lmo(PO) == bytes.fromhex(LMO)


def test_what_is_not_translated_takes_no_space():
    assert po2lmo.lmo('msgid "OK"\nmsgstr "OK"\n\nmsgid "Not yet"\nmsgstr ""\n') == bytes(4)
