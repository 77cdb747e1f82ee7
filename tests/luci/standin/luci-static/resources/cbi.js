'use strict';

/* The two globals of LuCI's cbi.js that pages use: translation and format strings. */

/* window.TR: { msgid, or context + U+0001 + msgid: translation } */
window._ = function(text, context) {
	const key = context == null ? text : context + '\u0001' + text;

	return window.TR && window.TR[key] || text;
};

const PIECE = /%(?:(\d+)?(?:\.(\d+))?([sdfhm])|%)/g;
const HTML = { '&': '&#38;', '"': '&#34;', '\'': '&#39;', '<': '&#60;', '>': '&#62;' };

function scaled(value, base, digits) {
	const units = [ ' ', ' K', ' M', ' G', ' T', ' P' ];
	let unit = 0;

	for (; unit + 1 < units.length && value > base; unit++)
		value /= base;

	return unit ? value.toFixed(digits) + units[unit] + (base === 1024 ? 'i' : '') : value + ' ';
}

String.prototype.format = function(...values) {
	return this.replace(PIECE, (whole, width, precision, kind) => {
		if (kind === undefined)
			return '%';

		const value = values.shift();

		switch (kind) {
		case 'd': return Math.floor(+value || 0).toFixed(0);
		case 'f': return precision === undefined ? String(+value || 0) : (+value || 0).toFixed(+precision);
		case 'h': return String(value).replace(/[&"'<>]/g, (c) => HTML[c]);
		case 'm': return scaled(+value || 0, +width || 1000, precision === undefined ? 2 : +precision);
		}

		return String(value);
	});
};

window.cbi_init = () => {};
