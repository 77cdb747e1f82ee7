'use strict';
'require baseclass';
'require nametrack.agent as agent';

/* What the router said last, and how old that is. */

const PATIENCE = 5;      /* seconds until a request counts as lost, and the next may go out */
const OLD = 8;           /* seconds after which what is shown is no longer now */
const LAST_RESORT = 60;  /* seconds without a useful answer from a web server that answers */
const KEPT = 200;        /* events: as many as the agent keeps */
const SLACK = 5;         /* seconds by which the same start is told differently */

/* The milliseconds since `at`, by the faster of two clocks: one may have been set, one sleeps with the machine. */
function since(at) {
	return Math.max(Date.now() - at.wall, performance.now() - at.running);
}

function now() {
	return { wall: Date.now(), running: performance.now() };
}

return baseclass.extend({
	__init__: function() {
		this.status = null;     /* the last answer of a running agent; null: it does not run, or was not asked */
		this.problem = null;    /* agent.why() of the last answer, null if the answer was of another kind */
		this.trouble = null;    /* the text of the last failure */
		this.events = [];       /* newest first */
		this.heard = now();     /* when the last answer of any kind came */
		this.useful = now();    /* when the last was asked for that says something about the agent */
		this.asked = 0;         /* requests so far */
		this.taken = 0;         /* the number of the one whose answer came last */
		this.waking = 0;        /* the number of the first one since the page went out of sight */
		this.last = 0;          /* the id of the youngest event */
		this.started = 0;       /* when the agent began that gave it */
	},

	/* Asks for the status: one ubus call, and one more for the events when there are new ones. */
	poll: function() {
		/* the page is out of sight: `resume` asks again */
		if (document.hidden)
			return Promise.resolve();

		const number = ++this.asked, sent = now();
		const answer = agent.status().then(
			(status) => this.take(number, sent, status, null),
			(error) => this.take(number, sent, null, error));

		/* A lost request must not hold up the next for as long as the browser would wait for it. */
		return Promise.race([ answer, new Promise((done) => window.setTimeout(done, PATIENCE * 1000)) ]);
	},

	/* An answer is as old as its question: it may have waited in a page that slept. */
	take: function(number, sent, status, error) {
		/* overtaken by a younger request */
		if (number < this.taken)
			return;

		this.taken = number;
		this.problem = error ? agent.why(error) : null;
		this.trouble = error ? String(error.message).split('\n')[0] : null;

		if (this.problem !== 'silent')
			this.heard = now();
		if (this.problem === 'silent' || this.problem === 'failed')
			return;

		this.useful = sent;
		this.status = status;

		return status ? this.follow(status) : null;
	},

	/* Fetches the events that are new; a restarted agent counts them from another number. */
	follow: function(status) {
		if (Math.abs(status.started - this.started) > SLACK || status.last_event < this.last) {
			this.started = status.started;
			this.last = 0;
			this.events = [];
		}

		if (status.last_event === this.last)
			return null;

		return agent.events(this.last).then((events) => {
			/* another poll may have asked for the same */
			const fresh = events.filter((event) => event.id > this.last).reverse();

			this.events = fresh.concat(this.events).slice(0, KEPT);
			this.last = fresh.length ? fresh[0].id : status.last_event;
		}, () => {});
	},

	/* The page goes out of sight: what it shows may be of yesterday when the user looks again. */
	sleep: function() {
		this.waking = this.asked + 1;
	},

	asleep: function() {
		return this.taken < this.waking;
	},

	/* Seconds since the last answer that says something about the agent. */
	age: function() {
		return Math.floor(since(this.useful) / 1000);
	},

	old: function() {
		return this.asleep() || since(this.useful) > OLD * 1000;
	},

	/* Whether only a reload can help: the web server answers, and for long with nothing of use. */
	lost: function() {
		return since(this.useful) > LAST_RESORT * 1000 && since(this.heard) < OLD * 1000;
	}
});
