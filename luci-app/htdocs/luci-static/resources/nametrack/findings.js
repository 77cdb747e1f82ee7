'use strict';
'require baseclass';
'require nametrack.reasons as reasons';
'require nametrack.table as table';
'require nametrack.words as words';

/* What `check` found, worst first as it comes: each with its advice, and the page that mends it if there is one. */

const INTERFACES = [ 'admin/network/network', _('Interfaces') ];
const SETTINGS = [ 'admin/services/nametrack/settings', _('Settings') ];

const MENDED_AT = {
	allowed_ips_overlap: INTERFACES,
	endpoint_in_allowed_ips: INTERFACES,
	no_keepalive: INTERFACES,
	peer_missing: INTERFACES,
	configuration: SETTINGS,
	name_unresolved: SETTINGS,
	no_target: SETTINGS,
	set_flags: SETTINGS,
	nameserver_silent: [ 'admin/network/dhcp', _('DHCP and DNS') ],
	watchdog_also_active: [ 'admin/system/crontab', _('Scheduled Tasks') ],
	clock_unset: [ 'admin/system/system', _('System') ]
};

/* Beyond what the finding says itself: what people stumble over. */
const EXPLAINED = {
	allowed_ips_overlap:
		_('WireGuard sends an address to the peer whose allowed IPs contain it. If two peers of one interface ' +
		'claim the same address, the one that was set last gets it, and the other loses it without a warning.')
};

const SEVERITIES = {
	error: [ 'bad', _('Error') ],
	warning: [ 'warn', _('Warning') ],
	info: [ 'note', _('Note') ]
};

/* The severity, as it is known here. */
function known(severity) {
	return SEVERITIES[severity] ? severity : 'info';
}

function label(severity) {
	return words.label.apply(words, SEVERITIES[known(severity)]);
}

function render(finding) {
	const page = MENDED_AT[finding.code];

	return E('div', {
		'class': 'nametrack-finding nametrack-%s'.format(known(finding.severity)),
		'data-key': [ finding.code, finding.subject, finding.text ].join(' ')
	}, [
		E('p', {}, [
			label(finding.severity), ' ',
			E('strong', {}, [ finding.subject ]), ': '
		].concat(reasons.finding(finding))),
		EXPLAINED[finding.code] ? E('p', {}, [ EXPLAINED[finding.code] ]) : '',
		E('p', {}, [
			E('em', [ _('What to do:') ]), ' ', E('code', {}, [ finding.advice ]),
			page ? E('span', {}, [ ' → ', E('a', { 'href': L.url(page[0]) }, [ page[1] ]) ]) : ''
		])
	]);
}

return baseclass.extend({
	label: label,
	render: (status) => status.findings.map(render).concat(E('div', {}, table.more(status.more_findings)))
});
