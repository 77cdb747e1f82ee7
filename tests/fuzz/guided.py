"""Coverage-guided fuzzing of one codec under CPython: `guided.py CODEC COUNT`; `make fuzz` installs atheris for it.

It starts from the honest samples and the corpus in tests/wire/data/fuzz/CODEC, and mutates what reached new code. The
promise that it tries to break is codecs_of_wire.py's. An input that breaks it is written to build/fuzz/CODEC: put it
into the corpus and mend the codec. `keep` as a third word copies what was found to lead somewhere new into the corpus.
The summary counts the cases that were run: they are fewer than COUNT after one that broke it, and if SIGTERM came.
"""

import ctypes
import hashlib
import mmap
import os
import pathlib
import shutil
import signal
import sys

import atheris

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
for folder in ("tests/wire", "tests", "agent"):
    sys.path.insert(0, str(TOP / folder))

with atheris.instrument_imports(include=["nametrack", "pyubus"]):
    import codecs_of_wire as codecs

KEPT = 40  # inputs of a codec, the shortest ones: a corpus is to be read by people as well


def main(name, count, keep=""):
    samples, read = codecs.CODECS[name]
    found = TOP / "build/fuzz" / name
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    kept = TOP / "tests/wire/data/fuzz" / name
    for data in [*samples(), *(path.read_bytes() for path in kept.glob("*"))]:
        (found / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)

    run = ctypes.c_uint64.from_buffer(mmap.mmap(-1, 8))  # shared with the child, however that ends

    def one(data):
        run.value += 1
        read(data)

    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    pid = os.fork()
    if pid == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        arguments = [f"-runs={count}", "-seed=20261124", "-max_len=4096", "-timeout=10", "-print_final_stats=1"]
        arguments += [f"-artifact_prefix={found}/broken-", str(found)]
        atheris.Setup([sys.argv[0], *arguments], one)
        atheris.Fuzz()
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    _, status = os.waitpid(pid, 0)
    broken = sorted(path.name for path in found.glob("broken-*"))
    if keep:
        sizes = sorted((path.stat().st_size, path) for path in found.iterdir())
        new = [path for size, path in sizes if size <= 1024]
        for path in new[:: max(1, len(new) // KEPT)]:
            shutil.copy(path, kept / path.name)
    cases = f"{run.value} cases" if run.value >= int(count) else f"{run.value} of {count} cases"
    print(f"fuzz: {name}: {cases}, guided by coverage under CPython: {len(broken)} broke the promise {broken}")
    return 1 if status or broken else 0


sys.exit(main(*sys.argv[1:]))
