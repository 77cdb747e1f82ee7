'use strict';
'require baseclass';
'require poll';
'require request';
'require ui';

/* ubus calls over JSON-RPC, one request each: LuCI's batches are no part of what the pages rely on. */

const TEXTS = [
	'Success', 'Invalid command', 'Invalid argument', 'Method not found', 'Resource not found', 'No data received',
	'Permission denied', 'Request timed out', 'Not supported', 'Unknown error', 'Connection lost'
];

let number = 1;

function call(object, method, params) {
	return request.post(L.env.ubuspath, {
		jsonrpc: '2.0', id: number++, method: 'call', params: [ L.env.sessionid, object, method, params ]
	}, { timeout: 20000 }).then((reply) => {
		if (!reply.ok)
			throw new Error('RPC call to %s/%s failed with HTTP error %d: %s'.format(object, method, reply.status, reply.statusText));

		return reply.json();
	});
}

/* A denied call may mean that the session is over: then nothing on the page works any more. */
function isOver(object, method) {
	if (object === 'session' && method === 'access')
		return Promise.resolve(false);

	return call('session', 'access', { scope: 'uci', object: 'luci', 'function': 'read' }).then((reply) => reply.error != null);
}

function expired() {
	poll.stop();
	ui.showModal(_('Session expired'), [
		E('p', {}, [ _('A new login is required since the authentication session expired.') ])
	]);
	throw new Error('Login session is expired');
}

return baseclass.extend({
	declare(options) {
		return (...values) => {
			const params = {};

			(options.params || []).forEach((name, i) => {
				params[name] = values[i];
			});

			return call(options.object, options.method, params).then((reply) => {
				if (!reply.error)
					return reply.result;

				const error = new Error('RPC call to %s/%s failed with error %d: %s'.format(
					options.object, options.method, reply.error.code, reply.error.message));

				if (reply.error.code !== -32002)
					throw error;

				return isOver(options.object, options.method).then((over) => {
					if (over)
						expired();

					throw error;
				});
			}).then((result) => {
				if (options.reject && result[0] !== 0)
					throw new Error('RPC call to %s/%s failed with ubus code %d: %s'.format(
						options.object, options.method, result[0], TEXTS[result[0]] || TEXTS[9]));

				let value = result.length > 1 ? result[1] : result[0];

				for (let key in options.expect || {}) {
					value = key !== '' && value != null ? value[key] : value;
					if (value == null || Object.prototype.toString.call(value) !== Object.prototype.toString.call(options.expect[key]))
						value = options.expect[key];
				}

				return value;
			});
		};
	}
});
