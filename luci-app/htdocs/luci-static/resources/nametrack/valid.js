'use strict';
'require baseclass';
'require validation';

/* Whether a value is one that the agent takes: `true`, or what is expected, as LuCI's fields want it. */

/* a name in another script is the agent's to judge, which looks it up in its xn-- form */
const LABEL = /^[a-z0-9_\u00a1-\uffff]([a-z0-9_\u00a1-\uffff-]{0,61}[a-z0-9_\u00a1-\uffff])?$/i;
const FINAL_DOT = /\.$/;
const NUMERIC = /^[0-9]+$/;
const PORT = /^[0-9]{1,5}$/;
const INTERFACE = /^[a-z0-9_][a-z0-9_-]{0,29}$/i;
const VLAN = /^[a-z][a-z0-9_.-]{0,13}[0-9]$/i;
const HARDWARE = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;
const DEVICE = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,29}$/;
const IPSET = /^[a-z0-9_][a-z0-9_.-]{0,30}$/i;
const NFT_SET = /^(ip|ip6|inet|bridge|netdev) [a-z_][a-z0-9_.-]{0,254} [a-z_][a-z0-9_.-]{0,254}$/i;
const MARKS = /^0x0*[1-9a-f][0-9a-f]{0,7}$/i;
const FILE = /^@\/[a-z0-9\/._+~-]{1,254}$/i;
const PACKAGE = /^\/[a-z0-9\/._+~-]+\.(ipk|apk)$/i;

function isAddress(text) {
	return validation.parseIPv4(text) !== null || validation.parseIPv6(text) !== null;
}

function isPrefix(text) {
	const parts = text.split('/');
	const most = validation.parseIPv4(parts[0]) !== null ? 32 : 128;

	return parts.length === 2 && isAddress(parts[0]) && NUMERIC.test(parts[1]) && +parts[1] <= most;
}

function isName(text) {
	const labels = text.replace(FINAL_DOT, '').split('.');

	/* a last label of digits is an address with a slip of the finger */
	return text.length <= 254 && labels.every((label) => LABEL.test(label)) && !NUMERIC.test(labels[labels.length - 1]);
}

function isNameserver(text) {
	const parts = text.split('#');

	return isAddress(parts[0]) && (parts.length === 1 ||
		parts.length === 2 && PORT.test(parts[1]) && +parts[1] >= 1 && +parts[1] <= 65535);
}

/* An interface of netifd, or a device, whose name may have a dot, as br-lan.10. */
function isInterface(text) {
	return INTERFACE.test(text) || VLAN.test(text);
}

function isPorts(text) {
	const ends = text.split('-');

	return ends.length <= 2 && ends.every((end) => PORT.test(end) && +end >= 1 && +end <= 65535) &&
		+ends[0] <= +ends[ends.length - 1];
}

/* A validate function for a field; an empty field is for the field's own `rmempty` to judge. */
function rule(holds, expected) {
	return (section_id, value) => value == null || value === '' || holds(value)
		? true : _('Expecting: %s').format(expected);
}

return baseclass.extend({
	isInterface: isInterface,
	host: rule((text) => isName(text.replace(/^\*\./, '')) || isAddress(text) || isPrefix(text) || FILE.test(text),
		_('a host name, a wildcard as *.example.com, an address or a prefix')),
	name: rule(isName, _('a host name')),
	address: rule(isAddress, _('an address')),
	nameserver: rule(isNameserver, _('an address, or address#port')),
	fallback: rule((text) => isNameserver(text) || INTERFACE.test(text),
		_('an address, address#port, or an interface')),
	device: rule((text) => DEVICE.test(text), _('the name of an interface')),
	interface: rule(isInterface, _('the name of an interface')),
	client: rule((text) => isAddress(text) || isPrefix(text) || HARDWARE.test(text) || isInterface(text),
		_('an address, a prefix, a MAC address or the name of an interface')),
	proto: rule((text) => text === 'tcp' || text === 'udp', _('tcp or udp')),
	ports: rule(isPorts, _('a port, or a range as 8000-8010')),
	nftSet: rule((text) => NFT_SET.test(text), _('family, table and name of a set, as “inet fw4 mine4”')),
	ipset: rule((text) => IPSET.test(text), _('the name of an ipset')),
	markMask: rule((text) => MARKS.test(text), _('a mask of packet marks, as 0x0f000000')),
	packageFile: rule((text) => PACKAGE.test(text), _('the full path of an .ipk or .apk'))
});
