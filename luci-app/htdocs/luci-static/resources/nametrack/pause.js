'use strict';
'require baseclass';
'require nametrack.agent as agent';
'require nametrack.words as words';

/* The button that switches the policies with routes of nametrack's own off for a while, and on again. */

const MINUTES = 60;

return baseclass.extend({
	__init__: function() {
		this.busy = false;
		this.trouble = null;  /* why the last order was not taken, in words */
	},

	/* Ends the pause, or begins one; resolves when the agent has taken the order, or `trouble` is new. */
	ask: function(ends) {
		this.busy = true;

		return (ends ? agent.resume() : agent.pause(MINUTES)).then(() => {
			Object.assign(this, { busy: false, trouble: null });
		}, (error) => {
			Object.assign(this, { busy: false, trouble: agent.excuse(error) });
		});
	},

	/* Nothing if there is no policy that could be paused. */
	render: function(status) {
		const steered = status.policies.filter((policy) => policy.target === 'route');
		const ends = steered.some((policy) => policy.code === 'paused');

		if (!steered.length)
			return [];

		return [
			E('button', {
				'class': 'btn cbi-button', 'type': 'button', 'disabled': this.busy ? '' : null,
				'data-action': ends ? 'resume' : 'pause'
			}, [ ends ? _('End the pause') : _('Pause for an hour') ]), ' ',
			this.trouble ? words.label('bad', this.trouble) : E('small', {}, [
				ends ? '' : _('Packets take the normal way meanwhile, also those that are blocked.')
			])
		];
	}
});
