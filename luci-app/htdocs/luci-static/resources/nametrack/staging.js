'use strict';
'require baseclass';
'require uci';

/* Policies as the dialogues add them, for uci.save() to stage. */

return baseclass.extend({
	/* The name, or if a section has it, the name with the first number that is free. */
	freeName: function(name) {
		let number = 1;

		while (uci.get('nametrack', number > 1 ? name + '_' + number : name))
			number++;

		return number > 1 ? name + '_' + number : name;
	},

	/* `options`: { option: text or list }. */
	add: function(name, options) {
		const free = this.freeName(name);

		uci.add('nametrack', 'policy', free);
		Object.keys(options).forEach((option) => uci.set('nametrack', free, option, options[option]));
	}
});
