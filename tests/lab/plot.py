"""The plot of `make hundred`: who works again when, and what DNS is asked meanwhile. Axes begin at 0."""

WIDTH, HEIGHT = 760, 620
LEFT, RIGHT, TOP, GAP = 60, 20, 40, 80
PANEL = (HEIGHT - TOP - GAP - 60) / 2
COLOURS = {"ttl": "#0b6bcb", "caches": "#c9480f"}


def outage_plot(results):
    """The text of an SVG of what hundred.main found."""
    runs = [("ttl", f"TTL {results['record_ttl']} s"), ("caches", "TTL an hour: past the caches")]
    last = max(max(results[name]["outages"] + results[name]["times"]) for name, _ in runs)
    last = 10 * (int(last / 10) + 1)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    count = results["routers"]
    out += panel(TOP, last, count, 20, f"Tunnels of {count} that work again, by seconds since the name moved")
    for name, _ in runs:
        points = [(0, 0)]
        for number, at in enumerate(results[name]["outages"], 1):
            points += [(at, number - 1), (at, number)]
        points.append((last, points[-1][1]))
        out.append(line(points, TOP, last, count, COLOURS[name]))
    per_second = {name: counted(results[name]["times"], last) for name, _ in runs}
    most = max(max(counts) for counts in per_second.values())
    most = 200 * (int(most / 200) + 1)
    second = TOP + PANEL + GAP
    out += panel(second, last, most, 200, "DNS queries of all routers together, in each second")
    for name, _ in runs:
        points = []
        for at, value in enumerate(per_second[name]):
            points += [(at, value), (at + 1, value)]
        out.append(line(points, second, last, most, COLOURS[name]))
    for i, (name, text) in enumerate(runs):
        x, y = LEFT + 10 + 200 * i, HEIGHT - 16
        out.append(f'<path d="M{x} {y - 4}h24" stroke="{COLOURS[name]}" stroke-width="2"/>')
        out.append(f'<text x="{x + 30}" y="{y}">{text}</text>')
    return "\n".join(out) + "\n</svg>\n"


def counted(times, last):
    counts = [0] * last
    for at in times:
        if 0 <= at < last:
            counts[int(at)] += 1
    return counts


def place(x, y, top, last, most):
    return LEFT + x / last * (WIDTH - LEFT - RIGHT), top + PANEL * (1 - y / most)


def line(points, top, last, most, colour):
    places = " ".join("%.1f,%.1f" % place(x, y, top, last, most) for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def panel(top, last, most, step, title):
    """The frame of one panel: its title, and lines with numbers on both axes."""
    out = [f'<text x="{LEFT}" y="{top - 12}" font-weight="bold">{title}</text>']
    value = 0
    while value <= most:
        _, y = place(0, value, top, last, most)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.0f}</text>')
        value += step
    for second in range(0, last + 1, 5):
        x, _ = place(second, 0, top, last, most)
        out.append(f'<path d="M{x:.1f} {top + PANEL:.1f}v4" stroke="#888"/>')
        if second % 10 == 0:
            out.append(f'<text x="{x:.1f}" y="{top + PANEL + 18:.1f}" text-anchor="middle">{second} s</text>')
    return out
