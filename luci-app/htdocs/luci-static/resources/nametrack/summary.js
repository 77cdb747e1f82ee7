'use strict';
'require baseclass';
'require nametrack.findings as findings';
'require nametrack.reasons as reasons';
'require nametrack.words as words';

/* One line that says whether all is well, and what needs attention first. */

const SHOWN = 5;  /* of those that need attention */
const PART_OF_NAME = /[a-z0-9_.-]/i;

/* A pause switches a policy off, but its user wants it on again. */
function about(name, each, said) {
	return {
		kind: each.code === 'paused' ? 'warn' : words.kind(each.state),
		name: name, reason: each.reason, label: words.state(each.state), said: said
	};
}

const SEVERITIES = { error: 'bad', warning: 'warn' };

function entriesOf(status) {
	return status.peers.map((peer) => about(words.peer(peer), peer, reasons.peer(peer)))
		.concat(status.policies.map((policy) => about(policy.name, policy, reasons.policy(policy))))
		.filter((entry) => entry.kind === 'bad' || entry.kind === 'warn');
}

/* Whether a text has a name as a whole: `home` is not in `home-office`. */
function mentions(text, name) {
	for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length))
		if (!PART_OF_NAME.test(text.charAt(at - 1)) && !PART_OF_NAME.test(text.charAt(at + name.length)))
			return true;

	return false;
}

/* Findings that are not about one of the entries: those say the same by their reason, also of a name in it. */
function findingsOf(status, entries) {
	const isSaid = (finding) => entries.some((entry) => mentions(finding.subject, entry.name) ||
		finding.code === 'name_unresolved' && mentions(entry.reason, finding.subject));

	return status.findings.filter((finding) => SEVERITIES[finding.severity] && !isSaid(finding)).map((finding) => ({
		kind: SEVERITIES[finding.severity], name: finding.subject, reason: finding.text,
		label: findings.label(finding.severity), said: reasons.finding(finding)
	}));
}

/* What needs attention, the worst first. */
function attention(status) {
	const entries = entriesOf(status);
	const found = entries.concat(findingsOf(status, entries));
	const of = (kind) => found.filter((entry) => entry.kind === kind);

	return of('bad').concat(of('warn'));
}

function counted(status) {
	const count = (list) => list.filter((each) => each.state !== 'disabled').length;
	const peers = count(status.peers), policies = count(status.policies);

	return _('As configured: %s, %s.', 'peers, policies').format(
		peers === 1 ? _('1 peer') : _('%d peers').format(peers),
		policies === 1 ? _('1 policy') : _('%d policies').format(policies));
}

function more(count) {
	return count > 0 ? [ E('li', { 'data-key': 'more' }, [ E('em', {}, [ _('and %d more').format(count) ]) ]) ] : [];
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
				E('strong', {}, [ entry.name ]), ': ', entry.label, ' '
			].concat(entry.said))).concat(more(found.length - SHOWN)))
		]);
	}
});
