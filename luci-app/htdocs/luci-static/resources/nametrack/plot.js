'use strict';
'require baseclass';
'require nametrack.words as words';

/* The age of a peer's last handshake while the page is open: kept as samples, drawn as a small SVG. */

const KEPT = 480;           /* samples; when there are more, two become one */
const LONGEST = 6 * 3600;   /* seconds drawn at most */
const REJECTED = 180;       /* seconds after which WireGuard gives a session up (its REJECT_AFTER_TIME) */
const TOPS = [ 240, 600, 1800, 3600, 3 * 3600, 12 * 3600, 86400, 7 * 86400 ];

const WIDTH = 300, HEIGHT = 96, LEFT = 44, BOTTOM = 18, TOP = 8, RIGHT = 6;

function svg(name, attributes, children) {
	const node = document.createElementNS('http://www.w3.org/2000/svg', name);

	for (const key in attributes)
		node.setAttribute(key, attributes[key]);
	(children || []).forEach((child) =>
		node.appendChild(typeof child === 'string' ? document.createTextNode(child) : child));

	return node;
}

return baseclass.extend({
	/* The samples of one peer: [ [ time, age ] ], seconds, and how far two of them may be apart to be joined. */
	create: function() {
		return { samples: [], step: 0 };
	},

	/* Adds what one poll showed; `handshake` 0: there never was one. Times are the router's Unix seconds. */
	add: function(series, now, handshake) {
		const samples = series.samples;
		const last = samples.length ? samples[samples.length - 1] : null;

		/* the clock was set: what was drawn has no place on the new time */
		if (last && now < last[0])
			samples.length = 0;
		else if (last && now - last[0] < series.step)
			return;

		samples.push([ now, handshake ? Math.max(0, now - handshake) : null ]);

		while (samples[0][0] < now - LONGEST)
			samples.shift();

		if (samples.length > KEPT)
			this.thin(series);
	},

	/* Of two neighbours the older age is kept: peaks are what one looks for. */
	thin: function(series) {
		const samples = series.samples, kept = [];

		for (let i = 0; i + 1 < samples.length; i += 2)
			kept.push(samples[i + 1][1] === null || samples[i][1] > samples[i + 1][1] ? samples[i] : samples[i + 1]);

		if (samples.length % 2)
			kept.push(samples[samples.length - 1]);

		series.step = (samples[samples.length - 1][0] - samples[0][0]) / KEPT * 2;
		series.samples = kept;
	},

	/* Lines of samples that follow each other: in a gap the page was not listening, or there was no handshake. */
	lines: function(series) {
		const gap = Math.max(15, 3 * series.step);
		const lines = [];
		let line = null, last = null;

		series.samples.forEach((sample) => {
			if (sample[1] === null) {
				line = null;
			}
			else {
				if (!line || sample[0] - last > gap)
					lines.push(line = []);
				line.push(sample);
			}
			last = sample[0];
		});

		return lines;
	},

	render: function(series, title) {
		const samples = series.samples;
		const ages = samples.map((sample) => sample[1]).filter((age) => age !== null);

		if (!ages.length)
			return E('em', [ _('no handshake yet') ]);

		const highest = Math.max.apply(null, ages);
		const top = TOPS.find((t) => t >= highest) || Math.ceil(highest / 86400) * 86400;
		const end = samples[samples.length - 1][0];
		const span = Math.max(60, end - samples[0][0]);
		const x = (t) => (LEFT + (t - end + span) / span * (WIDTH - LEFT - RIGHT)).toFixed(1);
		const y = (age) => (HEIGHT - BOTTOM - age / top * (HEIGHT - BOTTOM - TOP)).toFixed(1);
		const rule = (age, kind) => svg('line', {
			'class': kind, 'x1': LEFT, 'x2': WIDTH - RIGHT, 'y1': y(age), 'y2': y(age)
		});
		const mark = (age) => svg('text', {
			'x': LEFT - 5, 'y': +y(age) + 3.5, 'text-anchor': 'end'
		}, [ words.duration(age) ]);
		const says = _('Age of the last handshake of %s in the last %s: now %s, at most %s.').format(
			title, words.duration(span), words.duration(ages[ages.length - 1]), words.duration(highest));

		return svg('svg', {
			'class': 'nametrack-plot', 'viewBox': '0 0 %d %d'.format(WIDTH, HEIGHT), 'role': 'img', 'aria-label': says
		}, [
			svg('title', {}, [ says ]),
			rule(0, 'axis'), rule(top, 'grid'), rule(REJECTED, 'limit'),
			mark(0), mark(top)
		].concat(top < 4 * REJECTED ? [ mark(REJECTED) ] : [], this.lines(series).map((line) => svg('polyline', {
			/* a single sample is a dot: a line of no length with round ends */
			'points': line.concat(line.length > 1 ? [] : line).map((s) => '%s,%s'.format(x(s[0]), y(s[1]))).join(' ')
		})), [
			svg('text', { 'x': LEFT, 'y': HEIGHT - 4 }, [ '−' + words.duration(span) ]),
			svg('text', { 'x': WIDTH - RIGHT, 'y': HEIGHT - 4, 'text-anchor': 'end' }, [ _('now') ])
		]));
	}
});
