'use strict';
'require baseclass';

// The graphs of what /usr/libexec/collectd/nametrack reads, one plugin instance each.

const good = '00a000', fair = 'e0a000', bad = 'd00000', off = '808080';

function states(title, colours) {
	const options = {};

	for (let state in colours)
		options['gauge_' + state] = { title: state, color: colours[state], overlay: false, noarea: false };

	return {
		title: title,
		vlabel: 'number',
		y_min: '0',
		number_format: '%3.0lf',
		data: { instances: { gauge: Object.keys(colours) }, options: options }
	};
}

return baseclass.extend({
	title: _('nametrack'),

	rrdargs: function(graph, host, plugin, plugin_instance, dtype) {
		switch (plugin_instance) {
		case 'peers':
			return states('%H: nametrack, peers', {
				current: good, roamed: fair, suspect: 'c0a000', stalled: bad, unresolved: 'a00060', missing: '600060',
				disabled: off
			});

		case 'names':
			return states('%H: nametrack, names', {
				current: good, stale: fair, negative: 'a00060', failing: bad, unknown: off
			});

		case 'policies':
			return states('%H: nametrack, policies', {
				current: good, partial: fair, no_target: 'a00060', failing: bad, failed_over: 'c0a000', blocked: '600060',
				disabled: off
			});

		case 'dns':
			return {
				title: '%H: nametrack, DNS',
				vlabel: 'per second',
				y_min: '0',
				number_format: '%5.2lf',
				data: {
					instances: { derive: [ 'queries', 'failed_lookups' ] },
					options: {
						derive_queries: { title: 'queries', color: '0000d0', overlay: true, noarea: true },
						derive_failed_lookups: { title: 'failed lookups', color: bad, overlay: true, noarea: true }
					}
				}
			};

		case 'tunnels':
			return {
				title: '%H: nametrack, tunnels that came back',
				vlabel: 'per second',
				y_min: '0',
				number_format: '%5.4lf',
				data: {
					instances: { derive: [ 'recoveries' ] },
					options: { derive_recoveries: { title: 'recoveries', color: good } }
				}
			};

		default:
			return {
				title: '%H: nametrack, memory',
				vlabel: 'bytes',
				y_min: '0',
				number_format: '%5.1lf%s',
				data: {
					instances: { memory: [ 'resident' ] },
					options: { memory_resident: { title: 'resident', color: '0000d0' } }
				}
			};
		}
	}
});
