'use strict';
'require baseclass';

/* Tables as LuCI's themes style them, on narrow screens one below the other. */

return baseclass.extend({
	/*
	 * `columns`: titles. `rows`: { key, cells, actions }; a cell is a list of nodes and texts. `actions`, where any
	 * row has them, are buttons in a last column without a title.
	 */
	render: function(columns, rows) {
		const acting = rows.some((row) => row.actions);
		const head = columns.map((title) => E('th', { 'class': 'th' }, [ title ]));

		if (acting)
			head.push(E('th', { 'class': 'th cbi-section-actions' }, []));

		return E('table', { 'class': 'table' }, [
			E('tr', { 'class': 'tr table-titles' }, head)
		].concat(rows.map((row, i) => {
			const cells = row.cells.map((cell, c) => E('td', { 'class': 'td left', 'data-title': columns[c] }, cell));

			if (acting)
				cells.push(E('td', { 'class': 'td cbi-section-actions' }, [ E('div', {}, row.actions || []) ]));

			return E('tr', {
				'class': 'tr cbi-rowstyle-%d'.format(i % 2 + 1), 'data-key': row.key
			}, cells);
		})));
	},

	/* The first `few` of a list, or all of it where the fold `key` is open, and the button that folds. */
	fold: function(list, few, key, open) {
		/* one more line costs no more room than a button that hides it */
		if (list.length <= few + 1)
			return { shown: list, button: [] };

		return {
			shown: open ? list : list.slice(0, few),
			button: [ E('button', {
				'class': 'btn cbi-button nametrack-fold', 'type': 'button', 'data-action': 'fold', 'data-fold': key,
				'aria-expanded': open ? 'true' : 'false'
			}, [ open ? _('Show fewer') : _('Show all %d').format(list.length) ]) ]
		};
	},

	/* What is said of those that the agent's answer had no room for; a list, for the end of what it had room for. */
	more: function(count) {
		return count ? [ ' ', E('em', [ _('and %d more, too many to show').format(count) ]) ] : [];
	}
});
