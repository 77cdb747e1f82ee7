'use strict';
'require baseclass';
'require nametrack.words as words';

/* One line that says whether all is well, and what needs attention first. */

const SHOWN = 5;  /* of those that need attention */

function about(name, each) {
	return { kind: words.kind(each.state), name: name, reason: each.reason, state: each.state };
}

function attention(status) {
	const entries = status.peers.map((peer) => about(words.peer(peer), peer))
		.concat(status.policies.map((policy) => about(policy.name, policy)));
	const bad = entries.filter((entry) => entry.kind === 'bad');

	return bad.concat(entries.filter((entry) => entry.kind === 'warn'));
}

function counted(status) {
	const followed = (list) => list.filter((each) => each.state !== 'disabled').length;

	return _('%d peers and %d policies are as configured.').format(
		followed(status.peers), followed(status.policies));
}

return baseclass.extend({
	render: function(status) {
		const found = attention(status);

		if (!found.length)
			return E('p', { 'class': 'nametrack-verdict' }, [
				words.label('good', _('All is well')), ' ', counted(status)
			]);

		return E('div', { 'class': 'nametrack-verdict' }, [
			E('p', {}, [ words.label(found[0].kind, _('Needs attention: %d').format(found.length)) ]),
			E('ul', {}, found.slice(0, SHOWN).map((entry) => E('li', { 'data-key': 'attention ' + entry.name }, [
				E('strong', {}, [ entry.name ]), ': ', words.state(entry.state), ' ', entry.reason
			])))
		]);
	}
});
