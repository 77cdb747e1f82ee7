'use strict';
'require baseclass';
'require form';
'require nametrack.agent as agent';
'require nametrack.valid as valid';

/* A button in a form that shows what the names in a field resolve to now. */

function excuse(error) {
	switch (agent.why(error)) {
	case 'absent':
		return _('nametrack is not running: start it to try names');
	case 'denied':
		return _('this login may only look');
	case 'unknown':
		return _('this version of nametrack cannot try names; save, and see the status page');
	}

	return String(error.message).split('\n')[0];
}

function found(answer) {
	return answer.addresses.length
		? _('%s (TTL %d s)', 'addresses, and their time to live').format(answer.addresses.join(', '), answer.ttl)
		: answer.reason;
}

function line(name) {
	return agent.resolve(name).then(found, excuse).then((words) =>
		E('li', {}, [ E('strong', {}, [ name ]), ': ', words ]));
}

return baseclass.extend({
	/* The field's kind; `source` is the option with the names, as they are in the form when the button is pressed. */
	button: (source) => [ form.Button, {
		modalonly: true,
		inputtitle: _('Look up now'),
		inputstyle: 'action',

		onclick: function(ev, section_id) {
			const place = ev.currentTarget.parentNode;
			const names = L.toArray(this.section.formvalue(section_id, source)).filter((name) =>
				valid.name(section_id, name) === true);

			return Promise.all(names.map(line)).then((lines) => {
				const old = place.querySelector('.nametrack-tried');

				if (old)
					place.removeChild(old);

				place.appendChild(E('ul', { 'class': 'nametrack-tried', 'role': 'status' },
					lines.length ? lines : [ E('li', {}, [ _('There is no host name to look up.') ]) ]));
			});
		}
	} ]
});
