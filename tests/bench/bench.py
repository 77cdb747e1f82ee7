"""All of the benchmarks: `bench.py` measures (half an hour) and writes docs/benchmarks.md and docs/recovery.svg;
`bench.py write` only writes them, from what was measured last (build/bench/)."""

import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys

from rivals import RIVALS

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
BUILD = TOP / "build/bench"
LAB = [sys.executable, TOP / "tests/lab/enter.py"]
ALONE = ["unshare", "--net", sys.executable]  # a transaction of 65,536 elements does not fit a user namespace
OURS = ("micropython", "cpython")  # that run nametrack
SAMPLES = {"0 10": 9, "1 10": 5, "2 10": 5, **{f"{name} {ttl}": 15 for name in OURS for ttl in (10, 3600)}}
SCALES = ("addresses", "ranges")
AT_ONCE = 6  # worlds that mostly wait
FAILOVERS = {"micropython": 9, "cpython": 9, "micropython-proof": 5, "cpython-proof": 5}
FAILOVERS.update({"mwan3": 9, "keen-pbr": 9, "keen-pbr-10": 9})
SETS = ["sets 100", "sets 10000", "sets 65536"]
COSTS = ["steady 1", "steady 20", "steady 200", "steady 20 50", "memory", *SETS, "names 1000", "start"]
HOUR = 3600


def last_line(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=3600)
    if done.returncode:
        raise SystemExit(f"bench: {command}: {done.stderr}")
    return done.stdout.strip().splitlines()[-1]


def measure():
    BUILD.mkdir(parents=True, exist_ok=True)
    for program, samples in (("recovery", SAMPLES), ("failover", FAILOVERS)):
        sample(program, samples)
    for what in COSTS:
        prefix = ALONE if what.startswith("sets") and os.geteuid() == 0 else LAB
        text = last_line([*prefix, HERE / "cost.py", *what.split()])
        (BUILD / f"{what.replace(' ', '-')}.json").write_text(text)
    for interpreter in ("cpython", "micropython"):
        for kind in SCALES:
            text = last_line([*(ALONE if os.geteuid() == 0 else LAB), HERE / "scale.py", interpreter, kind])
            (BUILD / f"scale-{interpreter}-{kind}.json").write_text(text)
    alone = ["unshare", "--net", "--mount", sys.executable]
    found = json.loads(last_line([*alone, HERE / "steered.py", "micropython", "many", "big", "packets"]))
    (BUILD / "packets.json").write_text(json.dumps(found.pop("packets")))
    (BUILD / "steered.json").write_text(json.dumps(found))
    for what in ("observing", "tap"):
        (BUILD / f"{what}.json").write_text(last_line([*LAB, HERE / f"{what}.py"]))
    size = subprocess.run(["make", "-s", "ipk"], cwd=TOP, capture_output=True, text=True)
    if size.returncode:
        raise SystemExit(f"bench: make ipk: {size.stderr}")


def sample(program, samples):
    """Runs a program of one sample each, with {its words: how many}, several at once."""
    jobs = [(what, seed) for what, count in samples.items() for seed in range(1, count + 1)]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        run = lambda job: last_line([*LAB, HERE / f"{program}.py", *job[0].split(), job[1]])  # noqa: E731
        found = {}
        for (what, _), text in zip(jobs, pool.map(run, jobs)):
            found.setdefault(what, []).append(float(text))
    (BUILD / f"{program}.json").write_text(json.dumps(found))


def load(what):
    return json.loads((BUILD / f"{what.replace(' ', '-')}.json").read_text())


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join(["---"] + ["---:"] * (len(head) - 1)) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def times(values):
    return ", ".join(f"{value:.1f}" for value in sorted(values))


def recovery():
    found = load("recovery")
    ours = statistics.median(found["micropython 10"])
    best = min(statistics.median(found[f"{i} 10"]) for i in range(3))
    rows = []
    for name, what in [(f"nametrack, {name}", name) for name in OURS] + [(r.name, i) for i, r in enumerate(RIVALS)]:
        values = found[f"{what} 10"]
        middle = statistics.median(values)
        shown = f"**{middle:.1f}**" if what in OURS else f"{middle:.1f}"
        rows.append((name, shown, f"{max(values):.1f}", f"{middle / ours:.1f} ×", times(values)))
    text = table(("TTL 10 s", "median, s", "longest, s", "ratio", "samples, s"), rows)
    stale = [(name, found[f"{name} 3600"]) for name in OURS]
    middles = "; ".join(f"{statistics.median(v):.1f} s under {name} ({times(v)})" for name, v in stale)
    text += f"""
With a **TTL of an hour**, known to the router's cache and the provider's, nametrack took {middles}:
if a tunnel owes a reply for `suspect_time`, 2 s, nametrack asks the zone's own server as well. The rivals ask the
router's DNS server, which gives the old address until its TTL is over: half an hour on average if the house moves at
any time. That follows from their rules and was not waited for.

The best rival's median is {best / ours:.1f} times nametrack's.
"""
    return text


def failover():
    found, rows = load("failover"), []
    names = {
        f"{name}{proof}": f"nametrack, {name}{words}"
        for proof, words in (("", ", `check_address`"), ("-proof", ""))
        for name in OURS
    }
    names.update({"mwan3": "mwan3's defaults", "keen-pbr": "keen-pbr's defaults", "keen-pbr-10": "keen-pbr, each 10 s"})
    ours = statistics.median(found["micropython"])
    for what, name in names.items():
        middle = statistics.median(found[what])
        rows.append((name, f"{middle:.1f}", f"{max(found[what]):.1f}", f"{middle / ours:.1f} ×", times(found[what])))
    return table(("seconds", "median", "longest", "ratio", "samples"), rows)


def packets():
    rows = [(name, f"{ratio:.2f} ×") for name, ratio in load("packets").items()]
    return table(("a forwarded packet, beside one without a policy", "time"), rows)


def steady():
    rows = []
    found = {count: load(f"steady {count}") for count in (1, 20, 200)}
    for name in found[1]:
        cells = [name]
        for count in (1, 20, 200):
            one = found[count][name]
            cells += [str(one["processes"]), f"{one['cpu']:.1f}"]
        rows.append(cells)
    head = ["an hour of it", "1 peer: processes", "CPU s", "20: processes", "CPU s", "200: processes", "CPU s"]
    return table(head, rows)


def hour():
    """With names too, and beside another version if there was one: cost.py, BEFORE."""
    found, parts = load("steady 20 50"), []
    for name, words in (("micropython", "under MicroPython"), ("cpython", "under CPython")):
        ours, before = found[f"nametrack, {name}"]["cpu"], found.get(f"before, {name}")
        beside = f" ({before['cpu']:.1f} before, {ours / before['cpu']:.2f} ×)" if before else ""
        parts.append(f"{ours:.1f} CPU s {words}{beside}")
    return ", ".join(parts)


def memory():
    found, rows = load("memory"), []
    for variant in ("micropython", "micropython, compiled", "micropython, before", "cpython"):
        if f"{variant}, 1 peers" not in found:
            continue  # no other version was measured
        interpreter = variant.partition(",")[0]
        bare = found[f"{interpreter}, sleeping"]
        if variant == interpreter:
            rows.append([f"{interpreter}, sleeping", *map(str, bare), "", "", "", ""])
        for count in (1, 20, 200):
            here = found[f"{variant}, {count} peers"]
            more = [f"+{value - other}" for value, other in zip(here, bare)]
            peak = found[f"{variant}, {count} peers, peak resident"]
            rows.append([f"{variant}, {count} peers", *map(str, here), *more, str(peak)])
    kinds = ("PSS", "PSS but for libc", "private")
    return table(("KiB", *kinds, *[f"{kind}, more" for kind in kinds], "peak resident"), rows)


def ratios(what, base):
    found = load(what)
    return [f"{found[name] * 1000:.0f} ms, {found[name] / found[base]:.2f} ×" for name in found if name != base]


def steered():
    found = [load("steered")[what] for what in ("many", "big")]
    rows = []
    rows.append(["after the start: the agent's PSS", *(f"{each['start']['pss'] / 1024:.1f} MiB" for each in found)])
    for act, name in (("reload", "one host"), ("reorder", "the order")):
        rows.append([f"reload, {name}", *(f"{each[act]['seconds']:.2f} s" for each in found)])
        rows.append([f"reload, {name}: packets astray, lost", *(astray(each[act]["packets"]) for each in found)])
        rows.append([f"reload, {name}: PSS afterwards", *(f"{each[act]['pss'] / 1024:.1f} MiB" for each in found)])
    for key, name in (("kernel", "routes"), ("kernel, set", "a set of nft")):
        rows.append([f"the kernel's memory for {name}", "", f"{found[1][key] / 1024:.1f} MiB"])
    return table(("", "200 policies of 10 addresses", "a policy of 65,536"), rows)


def astray(packets):
    return f"{packets['astray']}, {packets['lost']} of {packets['came']:,}"


def sets():
    rows = []
    for count in (100, 10000, 65536):
        plain = load(f"sets {count}")["nft -f"]
        rows.append([f"{count:,}", f"{plain * 1000:.0f} ms", *ratios(f"sets {count}", "nft -f")])
    return table(("elements", "nft -f", "CPython", "MicroPython"), rows)


def scale():
    rows = []
    for interpreter, kind in [(interpreter, kind) for kind in SCALES for interpreter in ("cpython", "micropython")]:
        found = load(f"scale {interpreter} {kind}")
        row = [f"{kind}, {'CPython' if interpreter == 'cpython' else 'MicroPython'}"]
        for what in ("ten", "refill"):
            plain = found[f"nft -f, {what}"]
            cpu = found[f"{what}, cpu"]
            row.append(f"{cpu * 1000:.0f} ms, {cpu / plain:.2f} × {plain * 1000:.0f} ms")
            row.append(f"{found[what] * 1000:.0f} ms")
        rows.append([*row, f"{found['peak'] / 1024:.1f} MiB"])
    columns = ("ten exchanged: processor", "in all", "all, after a flush: processor", "in all", "peak resident")
    return table(("65,482 of them", *columns), rows)


def names():
    found = load("names 1000")
    rivals = {name: value for name, value in found.items() if not name.startswith("nametrack")}
    best = min(rivals.values())
    rows = [
        (name, f"{value:.2f}", f"{value / best:.2f} ×") for name, value in sorted(found.items(), key=lambda x: x[1])
    ]
    return table(("1,000 names", "s", "of the fastest rival's"), rows)


def observing():
    found = load("observing")
    rows = [[name, *(f"{found[interpreter][name]:.1f}" for interpreter in OURS)] for name in found[OURS[0]]]
    return table(("percent of a core", *OURS), rows)


def tap():
    return ", ".join(f"{ratio:.2f} × with {wildcards} wildcards" for wildcards, ratio in load("tap").items())


def sizes():
    version = (TOP / "VERSION").read_text().strip()
    files = sorted((TOP / "build/packages").glob(f"*_{version}-*.ipk"))
    return table(("package", "bytes"), [(path.name, f"{path.stat().st_size:,}") for path in files])


def start():
    names = {
        "micropython": "MicroPython",
        "micropython, compiled": "MicroPython, as the package nametrack-mpy has it",
        "micropython, before": "MicroPython, before",
        "cpython": "CPython",
    }
    found = load("start")
    rows = [(names[name], *(f"{value * 1000:.0f}" for value in found[name])) for name in names if name in found]
    return table(("milliseconds", "in all", "of the processor"), rows)


def plot():
    """Every sample as a dot, on a line of seconds that begins at 0."""
    found = load("recovery")
    rows = [("nametrack", found["micropython 10"])] + [(r.name, found[f"{i} 10"]) for i, r in enumerate(RIVALS)]
    rows.append(("nametrack, TTL an hour", found["micropython 3600"]))
    left, width, step, longest = 220, 560, 36, 180
    height = step * len(rows) + 70
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 30} {height}" font-family="sans-serif"'
        ' font-size="13">',
        f'<rect width="{left + width + 30}" height="{height}" fill="#ffffff"/>',
        '<text x="10" y="20">Seconds without traffic after the other house has moved; a dot a move, TTL 10 s</text>',
    ]
    for second in range(0, longest + 1, 30):
        x = left + width * second / longest
        parts.append(f'<line x1="{x:.0f}" y1="32" x2="{x:.0f}" y2="{height - 30}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x:.0f}" y="{height - 12}" text-anchor="middle" fill="#555555">{second}</text>')
    for i, (name, values) in enumerate(rows):
        y = 52 + step * i
        colour = "#0b6e4f" if name.startswith("nametrack") else "#a03030"
        parts.append(f'<text x="10" y="{y + 4}">{name}</text>')
        for value in values:
            x = left + width * value / longest
            parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="{colour}" fill-opacity="0.55"/>')
        x = left + width * statistics.median(values) / longest
        parts.append(
            f'<line x1="{x:.1f}" y1="{y - 11}" x2="{x:.1f}" y2="{y + 11}" stroke="{colour}" stroke-width="2"/>'
        )
    parts.append("</svg>")
    (TOP / "docs/recovery.svg").write_text("\n".join(parts) + "\n")


def write():
    (TOP / "docs").mkdir(exist_ok=True)
    plot()
    text = (HERE / "benchmarks.md").read_text()
    for name in (
        "recovery",
        "failover",
        "packets",
        "steered",
        "steady",
        "hour",
        "memory",
        "sets",
        "scale",
        "names",
        "observing",
        "tap",
        "sizes",
    ):
        text = text.replace("{" + name + "}", globals()[name]().strip())
    text = text.replace("{version}", (TOP / "VERSION").read_text().strip())
    text = text.replace("{start}", start())
    (TOP / "docs/benchmarks.md").write_text(text)


if __name__ == "__main__":
    if sys.argv[1:] != ["write"]:
        measure()
    write()
    print("bench: docs/benchmarks.md and docs/recovery.svg")
