'use strict';
'require baseclass';

/*
 * Makes a node look like a newly rendered one and touches only what differs, so that the focus, a selection and the
 * place in the page survive a poll. Rows that come, go and move are told apart by `data-key`. Listeners of the new
 * nodes are lost: a page that is patched listens at its root.
 */

function keyOf(node) {
	return node.nodeType === Node.ELEMENT_NODE ? node.getAttribute('data-key') : null;
}

function alike(node, wanted) {
	return node.nodeName === wanted.nodeName && keyOf(node) === keyOf(wanted);
}

function patchAttributes(node, wanted) {
	for (let i = node.attributes.length - 1; i >= 0; i--)
		if (!wanted.hasAttribute(node.attributes[i].name))
			node.removeAttribute(node.attributes[i].name);

	for (let i = 0; i < wanted.attributes.length; i++)
		if (node.getAttribute(wanted.attributes[i].name) !== wanted.attributes[i].value)
			node.setAttribute(wanted.attributes[i].name, wanted.attributes[i].value);
}

function patchChildren(node, wanted) {
	const keyed = {}, stays = {};

	for (let child = wanted.firstChild; child; child = child.nextSibling)
		stays[keyOf(child)] = true;

	/* What is gone goes first: then what stays need not be moved, and keeps its focus. */
	for (let child = node.firstChild, next; child; child = next) {
		const key = keyOf(child);

		next = child.nextSibling;

		if (key !== null && !stays[key])
			node.removeChild(child);
		else if (key !== null)
			(keyed[key] = keyed[key] || []).push(child);
	}

	let place = node.firstChild;

	while (wanted.firstChild) {
		const next = wanted.firstChild;
		/* a key that several have is that of each in turn: none takes the place of another */
		const known = keyOf(next) === null ? place : (keyed[keyOf(next)] || []).shift();

		if (known && alike(known, next)) {
			if (known === place)
				place = place.nextSibling;
			else
				node.insertBefore(known, place);

			wanted.removeChild(next);
			patch(known, next);
		}
		else {
			node.insertBefore(next, place);
		}
	}

	while (place) {
		const gone = place;

		place = place.nextSibling;
		node.removeChild(gone);
	}
}

function patch(node, wanted) {
	if (node.nodeType === Node.TEXT_NODE) {
		if (node.data !== wanted.data)
			node.data = wanted.data;

		return;
	}

	patchAttributes(node, wanted);
	patchChildren(node, wanted);
}

return baseclass.extend({
	/* `wanted` is of the same element as `node`, and is used up. */
	apply: patch
});
