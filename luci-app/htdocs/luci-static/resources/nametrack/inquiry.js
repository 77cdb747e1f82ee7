'use strict';
'require baseclass';
'require nametrack.agent as agent';
'require nametrack.words as words';

/* The question which way packets to a host take, and the agent's answer: the sentence first, then the facts. */

function verdict(answer) {
	if (!answer.as_configured)
		return words.label('bad', _('not as configured'));

	return answer.addresses.length ? words.label('good', _('as configured')) : words.label('note', _('no answer'));
}

function facts(each) {
	return E('li', { 'data-key': each.address }, [
		E('strong', {}, words.address(each.address)), each.device ? ' → ' : '',
		each.device ? E('span', { 'class': 'ifacebadge' }, [ each.device ]) : '',
		E('ul', {}, each.steps.map((step) => E('li', {}, [ step ])))
	]);
}

function field(name, label, placeholder) {
	return E('label', {}, [ label, ' ', E('input', {
		'type': 'text', 'class': 'cbi-input-text', 'name': name, 'placeholder': placeholder, 'maxlength': 255,
		'autocapitalize': 'off', 'autocomplete': 'off', 'spellcheck': 'false'
	}, []) ]);
}

return baseclass.extend({
	__init__: function() {
		this.busy = false;
		this.answer = null;   /* the agent's last one, as docs/bus.md has it */
		this.trouble = null;  /* why there is none, in words */
	},

	/* Asks about what the form has; resolves when `answer` or `trouble` is new. */
	ask: function(form) {
		const value = (name) => form.elements[name].value.trim();

		if (!value('host'))
			return Promise.resolve();

		this.busy = true;

		return agent.explain(value('host'), value('client') || undefined).then((answer) => {
			Object.assign(this, { busy: false, answer: answer, trouble: null });
		}, (error) => {
			Object.assign(this, { busy: false, answer: null, trouble: agent.why(error) === 'invalid'
				? _('This is not a host name or an address.') : agent.excuse(error) });
		});
	},

	render: function() {
		return [
			E('form', { 'class': 'nametrack-inquiry' }, [
				field('host', _('Host'), 'staging.example.com'), ' ',
				field('client', _('Client'), _('the router itself')), ' ',
				E('button', {
					'class': 'btn cbi-button cbi-button-action', 'type': 'submit', 'data-action': 'why',
					'disabled': this.busy ? '' : null
				}, [ this.busy ? _('Asking…') : _('Explain') ])
			]),
			E('div', { 'class': 'nametrack-answer', 'role': 'status' }, this.renderAnswer())
		];
	},

	renderAnswer: function() {
		const answer = this.answer;

		if (this.trouble)
			return [ E('p', {}, [ words.label('warn', _('no answer')), ' ', this.trouble ]) ];
		if (!answer)
			return [];

		return [
			E('p', {}, [ verdict(answer), ' ', E('strong', {}, [ answer.sentence ]) ]),
			answer.advice ? E('p', {}, [ E('em', [ _('What to do:') ]), ' ', E('code', {}, [ answer.advice ]) ]) : '',
			answer.ingress ? E('p', {}, [
				_('Packets of %s come in through %s.').format(answer.client, answer.ingress)
			]) : '',
			E('ul', {}, answer.addresses.map(facts))
		];
	}
});
