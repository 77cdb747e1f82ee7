"""jsontext.py: JSON that both interpreters write alike."""

import json

from nametrack.wire.jsontext import json_text

VALUE = {"b": [1, -2, 4294967296, None, True], "a": {"text": 'a "quote"\n', "empty": {}, "none": []}, "c": 0}
TEXT = r"""{
	"a": {
		"empty": {},
		"none": [],
		"text": "a \"quote\"\n"
	},
	"b": [
		1,
		-2,
		4294967296,
		null,
		true
	],
	"c": 0
}"""


def test_keys_are_in_order_and_on_lines_of_their_own():
    assert json_text(VALUE) == TEXT


def test_it_reads_back_as_the_same():
    assert json.loads(json_text(VALUE)) == VALUE
