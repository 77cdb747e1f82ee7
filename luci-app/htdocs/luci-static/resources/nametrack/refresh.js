'use strict';
'require baseclass';
'require uci';
'require nametrack.agent as agent';
'require nametrack.feed as feed';
'require nametrack.words as words';

/*
 * Asking DNS again: who was asked, and what came of it. The agent takes an order at once and carries it out when
 * `min_ttl` allows; that it has shows in the status, by the time of the name's next query.
 */

const PATIENCE = 15;  /* seconds until a result says that the answer is still out */
const SHOWN = 15;     /* seconds that a result stays */
const SLACK = 1;      /* second by which rounding may move the time of a query */
const MIN_TTL = 10;   /* seconds: the agent's default */

const EVERYTHING = '';

/* { name: { addresses, due: Unix time of the next query, null while one is under way, trouble: text or null } } */
function names(status) {
	const found = {};
	const add = (name, addresses, next, trouble) => {
		const known = found[name] || (found[name] = { addresses: [], due: Infinity, trouble: null });

		known.addresses = known.addresses.concat(addresses.filter((address) => known.addresses.indexOf(address) < 0));
		known.due = next === null || known.due === null ? null : Math.min(known.due, status.now + next);
		known.trouble = known.trouble || trouble;
	};

	status.peers.forEach((peer) => {
		if (peer.endpoint_host && peer.state !== 'disabled')
			add(peer.endpoint_host, peer.addresses, peer.next_query,
				peer.failures || !peer.addresses.length ? peer.reason : null);
	});
	status.policies.forEach((policy) => policy.hosts.forEach((host) => {
		if (host.state !== 'literal')
			add(host.host, host.addresses.filter((entry) => entry.named).map((entry) => entry.address), host.next_query,
				host.state === 'current' ? null : host.reason);
	}));

	return found;
}

/*
 * Whether a name that was due at `before` was asked, now that it is due at `after`. What the router's own cache
 * answers leaves the time as it was: then it is not waiting for `min_ttl` if it is due later than that.
 */
function wasAsked(before, after, now) {
	if (after === null)
		return false;
	if (before === null || after > before + SLACK)
		return true;

	return after >= before - SLACK && after - now > (+uci.get('nametrack', 'global', 'min_ttl') || MIN_TTL);
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

	return [ failed.length ? 'bad' : 'good', _('asked for %d names: %d changed, %d without an answer').format(
		asked.length, changed.length, failed.length) ];
}

return baseclass.extend({
	EVERYTHING: EVERYTHING,

	__init__: function() {
		/*
		 * name -> { before: names of then, at, waiting: { name: when it was due last }, after: the number of the
		 * last status that is too old to tell }
		 */
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
		const order = { before: before, at: Date.now(), waiting: {}, after: Infinity };

		Object.keys(before).forEach((key) => {
			if (name === EVERYTHING || name === key)
				order.waiting[key] = before[key].due;
		});
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
		Object.keys(order.waiting).forEach((key) => {
			const due = after[key] ? after[key].due : Infinity;

			if (wasAsked(order.waiting[key], due, feed.status.now))
				delete order.waiting[key];
			else
				order.waiting[key] = due;
		});

		if (!Object.keys(order.waiting).length)
			this.say(name, name === EVERYTHING ? summary(order.before, after)
				: outcome(order.before[name], after[name] || { addresses: [], trouble: _('not followed any more') }));
		else if (Date.now() - order.at > PATIENCE * 1000)
			this.say(name, this.excuse(order.waiting[name]));
	},

	/* Why there is still no result for a name that is due then. */
	excuse: function(due) {
		const left = due ? due - feed.status.now : 0;

		if (left > SLACK)
			return [ 'note', _('to be asked in %s: no sooner, by the shortest TTL').format(words.duration(left)) ];

		return [ 'bad', _('no answer yet; nametrack goes on asking') ];
	},

	/* Forgets results that were there long enough to be read; whether there were any. */
	tidy: function() {
		const read = Object.keys(this.results).filter((name) => Date.now() - this.results[name].at > SHOWN * 1000);

		read.forEach((name) => delete this.results[name]);

		return read.length > 0;
	}
});
