"""`nametrack pause MINUTES`: what is no number of minutes is said before the agent is asked."""

from collections import namedtuple

import pytest

from nametrack.commands.ask_agent import pause
from nametrack.commands.command_line import Trouble

Given = namedtuple("Given", ("names",))
WRONG = [
    (["\u00b2"], "is not a number of minutes"),
    (["60m"], "is not a number of minutes"),
    (["30", "60"], "is not a number of minutes"),
    (["0"], "is not a number of minutes from 1 to 10080"),
    (["9" * 20], "is not a number of minutes from 1 to 10080"),
]


@pytest.mark.parametrize("names,why", WRONG)
def test_what_is_no_number_of_minutes_is_said(names, why):
    with pytest.raises(Trouble) as raised:
        pause(Given(names), None)
    assert str(raised.value) == "pause: '%s' %s" % (" ".join(names), why)
