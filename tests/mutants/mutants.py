"""Random one-line mutants of core and wire, and which of them no test notices: `mutants.py [COUNT [SEED]]`.

Prints each survivor as it is found. `mutants.py FILE:LINE …` tries all the mutants of some lines instead.
"""

import sys
import time

import making
import running

MOST = 0.03  # of the mutants may survive


def asked(words):
    """Return the Mutants that the command line asks for, and their title."""
    paths = [*running.AGENT.glob("core/**/*.py"), *running.AGENT.glob("wire/*.py")]
    if any(":" in word for word in words):
        made = []
        for word in words:
            name, line = word.rsplit(":", 1)
            made.extend(making.of_line((running.TOP / name).resolve(), int(line)))
        return made, "of %s" % " ".join(words)
    count, seed = [int(word) for word in (*words, *("200", "1")[len(words) :])]
    return making.chosen(paths, count, seed), "with seed %d" % seed


def main(words):
    mutants, title = asked(words)
    began = time.monotonic()
    sources = running.Sources()
    sources.compile()
    calls = running.Calls(sources)
    told = (len(calls.seconds), time.monotonic() - began, len(mutants))
    print("%d tests of core and wire, recorded in %d s; %d mutants" % told, flush=True)
    survived = hung = 0
    for mutant in mutants:
        result = running.outcome(sources, mutant, calls)
        where = "%s:%d" % (mutant.path.relative_to(running.TOP), mutant.line)
        change = "\n    - %s\n    + %s" % (mutant.before, mutant.after)
        if result.test is None:
            survived += 1
            print("SURVIVED %s, %d tests%s" % (where, result.ran, change), flush=True)
        else:
            hung += result.why == "hung"
            print("found    %s by %s: %s%s" % (where, result.test, result.why.split("\n")[0][:80], change), flush=True)
    told = (len(mutants), title, len(mutants) - survived, hung, survived, 100 * survived / len(mutants))
    print("mutants: %d %s: %d found (%d hung), %d survived: %.1f %%" % told, end="")
    print(", in %d s" % (time.monotonic() - began))
    return 1 if survived > MOST * len(mutants) else 0


sys.exit(main(sys.argv[1:]))
