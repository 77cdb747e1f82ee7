'use strict';
'require baseclass';
'require nametrack.agent as agent';
'require nametrack.feed as feed';
'require nametrack.words as words';

/*
 * Asking DNS again: who was asked, and what came of it. The agent takes an order at once and carries it out when
 * `min_ttl` allows; that it has shows in the status, by the time of the name's last answer or its failures.
 */

const PATIENCE = 15;  /* seconds until a result says that the answer is still out */
const SHOWN = 15;     /* seconds that a result stays */

const EVERYTHING = '';

/*
 * { name: { addresses, next: seconds until the next query, null while one is under way, answered: Unix time, 0 for
 * never, failures: in a row, trouble: text or null } }; of a name that is asked of several nameservers, the worst.
 */
function names(status) {
	const found = {};
	const add = (name, addresses, entry, trouble) => {
		const known = found[name] || (found[name] = {
			addresses: [], next: Infinity, answered: Infinity, failures: 0, trouble: null
		});

		known.addresses = known.addresses.concat(addresses.filter((address) => known.addresses.indexOf(address) < 0));
		known.next = entry.next_query === null || known.next === null ? null : Math.min(known.next, entry.next_query);
		known.answered = Math.min(known.answered, entry.answered || 0);
		known.failures = Math.max(known.failures, entry.failures);
		known.trouble = known.trouble || trouble;
	};

	status.peers.forEach((peer) => {
		if (peer.endpoint_host && peer.state !== 'disabled')
			add(peer.endpoint_host, peer.addresses, peer, peer.failures || !peer.addresses.length ? peer.reason : null);
	});
	status.policies.forEach((policy) => policy.hosts.forEach((host) => {
		if (host.state !== 'literal')
			add(host.host, host.addresses.filter((entry) => entry.named).map((entry) => entry.address), host,
				host.state === 'current' ? null : host.reason);
	}));

	return found;
}

function wasAsked(before, after) {
	return after.failures !== before.failures || after.answered > before.answered;
}

function same(before, after) {
	const text = (name) => name.addresses.slice().sort().join();

	return before != null && text(before) === text(after);
}

function outcome(before, after) {
	if (after.trouble)
		return [ 'bad', after.trouble ];
	if (same(before, after))
		return [ 'good', _('asked: nothing has changed') ];

	return [ 'good', _('asked: now %s').format(after.addresses.join(', ')) ];
}

function summary(before, after) {
	const asked = Object.keys(after);
	const failed = asked.filter((name) => after[name].trouble);
	const changed = asked.filter((name) => !after[name].trouble && !same(before[name], after[name]));

	return [ failed.length ? 'bad' : 'good', _('names asked: %d, changed: %d, without an answer: %d').format(
		asked.length, changed.length, failed.length) ];
}

return baseclass.extend({
	EVERYTHING: EVERYTHING,

	__init__: function() {
		/* name -> { before: names of then, at, waiting: [ name ], after: the last status that is too old to tell } */
		this.orders = {};
		/* name -> { said: [ kind, text ], at } */
		this.results = {};
	},

	busy: function(name) {
		return this.orders[name] != null;
	},

	waiting: function() {
		return Object.keys(this.orders).length > 0;
	},

	/* [ kind, text ] of what came of it, or null. */
	result: function(name) {
		return this.results[name] ? this.results[name].said : null;
	},

	/* Asks for a name, or for EVERYTHING; resolves when the agent has taken the order. */
	ask: function(name) {
		const before = names(feed.status);
		const order = { before: before, at: Date.now(), after: Infinity };

		order.waiting = Object.keys(before).filter((key) => name === EVERYTHING || name === key);
		this.orders[name] = order;
		delete this.results[name];

		return agent.refresh(name === EVERYTHING ? undefined : name).then((count) => {
			order.after = feed.asked;
			if (!count)
				this.say(name, [ 'bad', _('nothing to ask: nametrack does not follow it') ]);
		}, (error) => {
			this.say(name, [ 'bad', agent.why(error) === 'denied' ? _('not asked: this login may only look')
				: _('not asked: %s').format(String(error.message).split('\n')[0]) ]);
		});
	},

	say: function(name, said) {
		delete this.orders[name];
		this.results[name] = { said: said, at: Date.now() };
	},

	/* Looks for results in the feed's status. */
	follow: function() {
		const after = names(feed.status);

		Object.keys(this.orders).forEach((name) => {
			if (feed.taken > this.orders[name].after)
				this.advance(name, this.orders[name], after);
		});
	},

	advance: function(name, order, after) {
		order.waiting = order.waiting.filter((key) => after[key] && !wasAsked(order.before[key], after[key]));

		if (!order.waiting.length)
			this.say(name, name === EVERYTHING ? summary(order.before, after)
				: outcome(order.before[name], after[name] || { addresses: [], trouble: _('not followed any more') }));
		else if (Date.now() - order.at > PATIENCE * 1000)
			this.say(name, this.excuse(after[name] ? after[name].next : null));
	},

	/* Why there is still no result for a name that is asked in so many seconds. */
	excuse: function(left) {
		if (left > 1)
			return [ 'note', _('nametrack asks in %s, because of the shortest TTL').format(words.duration(left)) ];

		return [ 'bad', _('no answer yet; nametrack goes on asking') ];
	},

	/* Forgets results that were there long enough to be read; whether there were any. */
	tidy: function() {
		const read = Object.keys(this.results).filter((name) => Date.now() - this.results[name].at > SHOWN * 1000);

		read.forEach((name) => delete this.results[name]);

		return read.length > 0;
	}
});
