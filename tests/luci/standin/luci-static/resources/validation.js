'use strict';
'require baseclass';

/* Addresses, and the datatypes of the fields that the pages have. */

const GROUP = /^[0-9a-f]{1,4}$/i;

const DATATYPES = {
	string: () => true,
	port: (text) => /^\d+$/.test(text) && +text <= 65535 || _('valid port value'),
	range: (text, least, most) => /^-?\d+$/.test(text) && +text >= least && +text <= most ||
		_('value between %d and %d').format(least, most)
};

return baseclass.extend({
	parseIPv4(text) {
		const parts = String(text).split('.');

		return parts.length === 4 && parts.every((p) => /^\d{1,3}$/.test(p) && +p <= 255) ? parts.map(Number) : null;
	},

	parseIPv6(text) {
		const halves = String(text).split('::');
		const groups = halves.map((half) => half === '' ? [] : half.split(':'));
		const count = groups.reduce((sum, half) => sum + half.length, 0);

		if (halves.length > 2 || (halves.length === 2 ? count > 7 : count !== 8))
			return null;
		if (!groups.every((half) => half.every((group) => GROUP.test(group))))
			return null;

		return groups[0].concat(Array(8 - count).fill('0'), groups[1] || []).map((group) => parseInt(group, 16));
	},

	/* true, or what is wrong, for the text of a field of a type like `range(1,5)` */
	check(type, text) {
		const parts = /^(\w+)(?:\((.*)\))?$/.exec(type || 'string');
		const verdict = DATATYPES[parts[1]](text, ...(parts[2] || '').split(',').map(Number));

		return verdict === true ? true : _('Expecting: %s').format(verdict);
	}
});
