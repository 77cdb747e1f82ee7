"""Fuzzing of one codec by mutation, under either interpreter: `mutated.py CODEC COUNT [SEED]`.

The promise that it tries to break is codecs_of_wire.py's; what breaks it is printed whole.
"""

import sys

TOP = __file__[: __file__.rfind("/tests/")]
for folder in ("tests/wire", "tests", "agent"):
    sys.path.insert(0, TOP + "/" + folder)

import codecs_of_wire as codecs  # noqa: E402

from mutations import Chance, mutated  # noqa: E402


def main(name, count, seed="1"):
    samples, read = codecs.CODECS[name]
    known, chance, taken, broken = samples(), Chance(int(seed)), 0, 0
    for _ in range(int(count)):
        data = mutated(chance, known[chance.below(len(known))], known)
        try:
            taken += read(data)
        except Exception as error:  # whatever it is: none is promised
            broken += 1
            print("%s: %s: %s: %s" % (name, type(error).__name__, error, data))
    told = (name, int(count), sys.implementation.name, taken, broken)
    print("fuzz: %s: %d cases, mutated under %s: %d were read, %d broke the promise" % told)
    return 1 if broken else 0


sys.exit(main(*sys.argv[1:]))
