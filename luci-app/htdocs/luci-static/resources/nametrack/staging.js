'use strict';
'require baseclass';
'require uci';

/* What the dialogues add, for uci.save() to stage. */

return baseclass.extend({
	/* The name, or if a section of the package has it, the name with the first number that is free. */
	freeName: function(config, name) {
		let number = 1;

		while (uci.get(config, number > 1 ? name + '_' + number : name))
			number++;

		return number > 1 ? name + '_' + number : name;
	},

	/* A policy; `options`: { option: text or list }. Gives its name. */
	add: function(name, options) {
		const free = this.freeName('nametrack', name);

		uci.add('nametrack', 'policy', free);
		Object.keys(options).forEach((option) => uci.set('nametrack', free, option, options[option]));

		return free;
	},

	/* Stages what was added, { package: [section] }; if that fails it is taken back, for it would be added twice. */
	save: function(added) {
		return uci.save().catch((error) => {
			Object.keys(added).forEach((config) => added[config].forEach((section) => uci.remove(config, section)));
			throw error;
		});
	}
});
