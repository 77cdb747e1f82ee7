"""Which endpoint a peer should have: a table, of which the first row that matches wins.

DNS proposes and the tunnel decides: what answers is kept, whatever DNS says; what may be dead goes along with news;
what is dead tries every proposal until one shakes hands. docs/how-it-decides.md tells the same as prose.
"""

from collections import namedtuple

from .tunnel import ANSWERING, DEAD, IDLE, NEVER, SUSPECT

# what is to be done
KEEP = "keep"
SET = "set"  # the best proposal
FOLLOW = "follow"  # set what is news
CHECK = "check"  # see whether the old endpoint still lives, soon
ASK = "ask"  # every source of the name, and wait
TRY = "try"  # ask every source, and try the proposals one after another

# lives: in which of them the row applies; news: whether there must be some; follows: values of the option `follow`,
# None for any
Row = namedtuple("Row", ("rule", "lives", "news", "follows", "verb"))

ANY = (ANSWERING, IDLE, NEVER, SUSPECT, DEAD)
TABLE = (
    Row("answers", (ANSWERING,), True, ("dns",), FOLLOW),
    Row("answers", (ANSWERING,), True, ("auto",), CHECK),
    Row("answers", (ANSWERING,), False, None, KEEP),
    Row("news", (IDLE, NEVER), True, ("auto", "dns"), FOLLOW),
    Row("quiet", (IDLE, NEVER), False, None, KEEP),
    Row("suspect", (SUSPECT,), True, None, FOLLOW),
    Row("suspect", (SUSPECT,), False, None, ASK),
    Row("dead", (DEAD,), False, None, TRY),
)
UNSET = Row("unset", ANY, False, None, SET)


def decide(installed, life, news, follow):
    """Return the Row that applies.

    installed: the kernel's endpoint, None for none; life: of the tunnel; news: whether there is news to go along with;
    follow: the option, "auto", "dns" or "traffic".
    """
    if installed is None:
        return UNSET
    for row in TABLE:
        if life in row.lives and (news or not row.news) and (row.follows is None or follow in row.follows):
            return row
    return UNSET  # not reached: each life has a row without conditions
