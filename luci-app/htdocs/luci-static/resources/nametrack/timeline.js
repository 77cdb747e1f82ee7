'use strict';
'require baseclass';
'require nametrack.reasons as reasons';
'require nametrack.table as table';
'require nametrack.words as words';

const SHOWN = 15;  /* events before the list folds */

const KINDS = {
	endpoint: [ 'note', _('endpoint') ],
	policy: [ 'note', _('policy') ],
	way: [ 'note', _('interface', 'a policy uses another interface') ],
	interface: [ 'note', _('interface', 'a policy uses another interface') ],
	trouble: [ 'bad', _('trouble') ],
	recovered: [ 'good', _('recovered') ]
};

/* code -> how bad it is, if that is not what the kind says: each may be of a moment, as while an interface starts */
const SEVERITIES = { failed_over: 'warn', uplink: 'warn', blocked: 'warn' };

return baseclass.extend({
	/* `events`: newest first. */
	render: function(events, now, isOpen) {
		const fold = table.fold(events, SHOWN, 'timeline', isOpen('timeline'));

		if (!events.length)
			return [ E('p', {}, [ E('em', [ _('Nothing has changed since nametrack was started.') ]) ]) ];

		return [
			table.render([ _('When'), _('About'), _('What happened') ], fold.shown.map((event) => {
				const kind = KINDS[event.kind] || [ 'off', event.kind ];

				return { key: 'event %d'.format(event.id), cells: [
					[ words.moment(event.time), ' ', E('small', {}, [ words.ago(now - event.time) ]) ],
					[ event.subject ],
					[ words.label(SEVERITIES[event.code] || kind[0], kind[1]), ' ' ].concat(reasons.event(event))
				] };
			})),
			E('div', {}, fold.button)
		];
	}
});
