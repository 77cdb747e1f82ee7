"""`make hundred`: a hundred routers, one name that moves for all of them at once, and one Prometheus that sees it all.

                 internet (this process, Prometheus, and 192.0.2.55: the resolver that all routers share, dnsmasq)
                     │                     │   │   │
                     │ 198.51.100.0/24     │   │   │ 100.64.N.0/30
                   home                   r1  r2 … r100    a MicroPython agent, WireGuard and a bus of its own in each
                 10.200.0.1             10.200.1.N

Everything is as installed: no option is set but the nameserver and the names. Every router sends a datagram through its
tunnel four times a second, which home sends back: the gap in what comes back is the outage. What DNS is asked is
counted where it arrives. Figures go to build/hundred.json, a plot to docs/many-routers.svg; RESULTS=- writes neither.
"""

import json
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lab.crowd import HOUR, Router, delegate, start_buses, start_resolver
from lab.enter import TOP, enter, inside
from lab.eyes import HOME, Echoes, Prometheus, Questions, most_within
from lab.host import LabError
from lab.plot import outage_plot
from lab.world import HOME_NAME, World

COUNT = int(os.environ.get("ROUTERS", "100"))
TTL = 30
STEADY = 3 * TTL  # seconds


def memory(router):
    """`(resident, proportional)` bytes of an agent."""
    fields = {}
    for line in pathlib.Path(f"/proc/{router.agent.process.pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        fields[name] = int(value.split()[0]) * 1024
    return fields["Rss"], fields["Pss"]


def figures(values):
    values = sorted(values)
    at = lambda share: values[min(len(values) - 1, int(share * len(values)))]  # noqa: E731
    return {"median": statistics.median(values), "p90": at(0.9), "worst": values[-1], "best": values[0]}


def move(world, echoes, questions, address, ttl):
    """Home gets another address, and DNS says so at the same moment."""
    began = time.monotonic()
    world.move_home(address)
    world.zone.set(HOME_NAME, "A", [address], ttl)
    outages = echoes.wait_for_all(began, 180)
    time.sleep(5)
    asked = questions.between(began, time.monotonic())
    return {
        "outages": sorted(outages.values()),
        **figures(outages.values()),
        "questions": len(asked),
        "most_in_a_second": most_within(asked, 1),
        "most_in_a_tenth": most_within(asked, 0.1),
        "to_the_zone": len(questions.between(began, time.monotonic(), shared=False)),
        "times": [round(at - began, 3) for at in asked],
    }


def main():
    began = time.monotonic()

    def tell(text):
        print(f"  {time.monotonic() - began:6.1f} s  {text}", flush=True)

    results = {"routers": COUNT, "record_ttl": TTL}
    print(f"{COUNT} routers, as installed, and one name that moves for all of them at once", flush=True)
    with World(ttl=TTL, dial=False) as world:
        start_buses(COUNT)
        start_resolver(world)
        delegate(world)
        world.home.ip(f"addr add {HOME}/24 dev wghome", "route add 10.200.1.0/24 dev wghome")
        routers = [Router(world, number) for number in range(1, COUNT + 1)]
        tell("built")
        words = []
        for router in routers:
            words += ["peer", router.key.public, "allowed-ips", f"{router.inner}/32"]
        world.wghome.set(*words)
        questions = Questions()
        for router in routers:
            router.start(world, world.home_key.public)
        echoes = Echoes(world, routers)
        prometheus = Prometheus(world, routers)
        echoes.wait_for_all(began, 120)
        tell("every tunnel works")
        prometheus.wait_for("count(nametrack_peer_state{state='current'} == 1)", COUNT, 60)
        tell("Prometheus sees every agent, and every tunnel current")
        results["version"] = routers[0].agent.call("version").stdout.strip()

        time.sleep(TTL)  # whatever the start aligned is over
        since = time.monotonic()
        time.sleep(STEADY)
        asked = questions.between(since, time.monotonic())
        results["steady"] = {
            "seconds": STEADY,
            "per_second": len(asked) / STEADY,
            "most_in_a_second": most_within(asked, 1),
            "most_in_a_tenth": most_within(asked, 0.1),
            "times": [round(at - since, 3) for at in asked],
        }
        steady = results["steady"]
        tell(f"steady: {steady['per_second']:.1f} queries/s, {steady['most_in_a_second']} in the worst second")
        resident, proportional = zip(*[memory(router) for router in routers])
        results["memory"] = {"resident": figures(resident), "proportional": figures(proportional)}
        results["memory"]["by_prometheus"] = max(prometheus.ask("nametrack_resident_memory_bytes").values())
        tell(f"memory: {results['memory']['resident']['median'] / 2**20:.1f} MiB resident each")

        for name, ttl, address in (("ttl", TTL, "198.51.100.11"), ("caches", HOUR, "198.51.100.12")):
            if name == "caches":
                world.zone.set(HOME_NAME, "A", [world.home_address], HOUR)
                time.sleep(2 * TTL)  # every cache has the record of an hour now
            results[name] = move(world, echoes, questions, address, ttl)
            shown = results[name]
            tell(
                f"moved, TTL {ttl} s: median {shown['median']:.1f} s, worst {shown['worst']:.1f} s; "
                f"{shown['most_in_a_second']} queries in the worst second"
            )
            current = f"count(nametrack_peer_state{{state='current'}} == 1) == {COUNT}"
            prometheus.wait_for(current, COUNT, 60)
        results["prometheus"] = {
            "recoveries": sum(prometheus.ask("nametrack_recovery_duration_seconds_count").values()),
            "median": prometheus.ask(
                "histogram_quantile(0.5, sum by (le) (nametrack_recovery_duration_seconds_bucket))"
            ),
            "alerts": sorted(filter(None, prometheus.ask("ALERTS{alertstate='firing'}"))),
            "queries": sum(prometheus.ask("nametrack_dns_queries_total").values()),
            "lag_p99": prometheus.ask("histogram_quantile(0.99, sum by (le) (nametrack_loop_lag_seconds_bucket))"),
        }
        results["prometheus"]["median"] = results["prometheus"]["median"].get(None)
        results["prometheus"]["lag_p99"] = results["prometheus"]["lag_p99"].get(None)
        results["cpu_seconds"] = sum(router.agent.cpu_seconds() for router in routers)
        results["seconds"] = time.monotonic() - began
        tell(f"Prometheus saw {results['prometheus']['recoveries']:.0f} recoveries")
        for router in routers:
            router.agent.stop()
        tell("every agent ended in order")
    return results


def report(results):
    for name, text in (("ttl", "by the TTL"), ("caches", "past caches of an hour")):
        shown = results[name]
        print(
            f"{text}: median {shown['median']:.1f} s, 90 % within {shown['p90']:.1f} s, worst {shown['worst']:.1f} s; "
            f"DNS at most {shown['most_in_a_second']} queries in a second, {shown['most_in_a_tenth']} in a tenth"
        )


if __name__ == "__main__":
    if not inside():
        sys.exit(enter([__file__]))
    try:
        found = main()
    except LabError as error:
        sys.exit(f"This did not happen: {error}")
    report(found)
    if os.environ.get("RESULTS") != "-":
        (TOP / "build/hundred.json").write_text(json.dumps(found, indent=1) + "\n")
        (TOP / "docs").mkdir(exist_ok=True)
        (TOP / "docs/many-routers.svg").write_text(outage_plot(found))
