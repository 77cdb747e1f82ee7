'use strict';

/*
 * A stand-in for LuCI's luci.js, as far as nametrack's pages use it: classes, modules, requests, polls, the DOM helpers
 * and views. Names and behaviour are LuCI's, traps included: `E(tag, {}, 'text')` is HTML, `E(tag, {}, [ 'text' ])` text.
 */

(function(window, document) {
	const env = {};

	function extend(base, properties) {
		const Type = function(...values) {
			if (!(this instanceof Type))
				throw new TypeError('Constructor must not be called without "new"');
			if (this.__init__)
				this.__init__(...values);
		};

		Type.prototype = Object.create(base.prototype);
		Object.assign(Type.prototype, properties, { constructor: Type });
		Type.extend = (more) => extend(Type, more);

		return Type;
	}

	const baseclass = { prototype: {}, extend: (properties) => extend({ prototype: baseclass.prototype }, properties) };

	/* DOM */

	const dom = {
		elem: (node) => node != null && typeof node === 'object' && 'nodeType' in node,

		append(node, children) {
			if (Array.isArray(children))
				children.forEach((child) => {
					if (child != null)
						node.appendChild(this.elem(child) ? child : document.createTextNode(child));
				});
			else if (this.elem(children))
				node.appendChild(children);
			else if (children != null)
				node.innerHTML = children;
		},

		content(node, children) {
			while (node.firstChild)
				node.removeChild(node.firstChild);
			this.append(node, children);
		},

		attr(node, attributes) {
			Object.keys(attributes).forEach((name) => {
				const value = attributes[name];

				if (typeof value === 'function')
					node.addEventListener(name, value);
				else if (value != null)
					node.setAttribute(name, typeof value === 'object' ? JSON.stringify(value) : value);
			});
		},

		create(what, attributes, children) {
			const node = Array.isArray(what) ? document.createDocumentFragment() : document.createElement(what);

			if (Array.isArray(what))
				this.append(node, what);
			if (attributes == null || typeof attributes !== 'object' || Array.isArray(attributes) || this.elem(attributes))
				children = attributes;
			else if (!Array.isArray(what))
				this.attr(node, attributes);
			this.append(node, children);

			return node;
		}
	};

	/* Requests */

	const request = {
		request(url, options) {
			return new Promise((resolve, reject) => {
				const xhr = new XMLHttpRequest();

				xhr.open(options.method, url + (options.cache ? '' : '?' + Date.now()), true);
				xhr.timeout = options.timeout || 0;
				if (options.content != null)
					xhr.setRequestHeader('Content-Type', 'application/json');
				xhr.onload = () => resolve({
					ok: xhr.status >= 200 && xhr.status <= 299,
					status: xhr.status,
					statusText: xhr.statusText,
					text: () => xhr.responseText,
					json: () => JSON.parse(xhr.responseText)
				});
				xhr.ontimeout = () => reject(new Error('XHR request timed out'));
				xhr.onerror = xhr.onabort = () => reject(new Error('XHR request aborted by browser'));
				xhr.send(options.content != null ? JSON.stringify(options.content) : null);
			});
		},

		get: (url, options) => request.request(url, Object.assign({ method: 'GET' }, options)),
		post: (url, content, options) => request.request(url, Object.assign({ method: 'POST', content: content }, options))
	};

	/* Polls */

	const poll = {
		queue: [],

		add(fn, interval) {
			this.queue.push({ fn: fn, interval: interval || env.pollinterval, ready: true });
			if (this.tick != null && !this.active())
				this.start();
		},

		active() {
			return this.timer != null;
		},

		start() {
			if (this.active())
				return false;

			this.tick = 0;
			if (this.queue.length) {
				this.timer = window.setInterval(() => this.step(), 1000);
				this.step();
				document.dispatchEvent(new CustomEvent('poll-start'));
			}

			return true;
		},

		stop() {
			if (!this.active())
				return false;

			document.dispatchEvent(new CustomEvent('poll-stop'));
			window.clearInterval(this.timer);
			delete this.timer;
			delete this.tick;

			return true;
		},

		/* A poll whose last run has not ended is passed over. */
		step() {
			this.queue.filter((entry) => this.tick % entry.interval === 0 && entry.ready).forEach((entry) => {
				entry.ready = false;
				Promise.resolve(entry.fn()).finally(() => {
					entry.ready = true;
				});
			});
			this.tick++;
		}
	};

	/* Views */

	const view = extend({ prototype: baseclass.prototype }, {
		__init__() {
			const page = document.getElementById('view');

			return window.L.loaded
				.then(() => this.load())
				.then((data) => this.render(data))
				.then((nodes) => {
					dom.content(page, nodes);
					dom.append(page, this.addFooter());
				}).catch((error) => {
					dom.content(page, [ E('pre', { 'class': 'alert-message error' }, [ String(error.message) ]) ]);
					throw error;
				});
		},

		load() {},

		maps() {
			return Array.from(document.querySelectorAll('#view .cbi-map')).map((node) => node.map).filter((map) => map);
		},

		handleSave() {
			return Promise.all(this.maps().map((map) => map.save()));
		},

		handleSaveApply(ev, mode) {
			return this.handleSave(ev).then(() => window.L.ui.changes.apply(mode === '0'));
		},

		handleReset() {
			return Promise.all(this.maps().map((map) => map.reset()));
		},

		addFooter() {
			const readonly = this.maps().length
				? this.maps().every((map) => map.readonly) : !LuCI.prototype.hasViewPermission();
			const button = (kind, handler, label, ...values) => handler ? E('button', {
				'class': 'cbi-button cbi-button-' + kind,
				'disabled': readonly || null,
				'click': window.L.ui.createHandlerFn(this, (ev) => handler.call(this, ev, ...values))
			}, [ label ]) : '';

			if (!this.handleSave && !this.handleSaveApply && !this.handleReset)
				return E([]);

			return E('div', { 'class': 'cbi-page-actions' }, [
				button('apply', this.handleSaveApply, _('Save & Apply'), '0'),
				button('save', this.handleSave, _('Save')), button('reset', this.handleReset, _('Reset'))
			]);
		}
	});

	/* Modules */

	const modules = { baseclass: baseclass, dom: dom, poll: poll, request: request, view: view };
	const DIRECTIVE = /^'require (\S+?)(?: as (\w+))?';$/gm;

	const LuCI = extend({ prototype: baseclass.prototype }, {
		__init__(environment) {
			Object.assign(env, environment);
			this.env = env;
			this.loaded = Promise.all([
				new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve)),
				this.require('ui').then((ui) => {
					this.ui = ui;
				})
			]).then(() => {
				this.ui.init();
				poll.start();
			});
			window.L = this;
		},

		require(name) {
			if (!modules[name])
				modules[name] = request.get(this.resource(name.replace(/\./g, '/') + '.js'), { cache: true }).then((reply) => {
					if (!reply.ok)
						throw new Error('HTTP error %d while loading class file "%s"'.format(reply.status, name));

					const source = reply.text();
					const directives = Array.from(source.matchAll(DIRECTIVE));
					const names = directives.map((d) => d[2] || d[1].replace(/[^a-zA-Z0-9_]/g, '_'));

					return Promise.all(directives.map((d) => this.require(d[1]))).then((found) => {
						const factory = new Function('window', 'document', 'L', ...names, source + '\n//# sourceURL=' + name);
						const Type = factory(window, document, this, ...found);

						return new Type();
					});
				});

			return Promise.resolve(modules[name]);
		},

		path: (prefix, parts) => [ prefix ].concat(parts).join('/'),
		url: (...parts) => LuCI.prototype.path(env.scriptname, parts),
		resource: (...parts) => LuCI.prototype.path(env.resource, parts),
		bind: (fn, self, ...values) => fn.bind(self, ...values),
		isObject: (value) => value != null && typeof value === 'object',
		resolveDefault: (value, otherwise) => Promise.resolve(value).catch(() => otherwise),
		hasViewPermission: () => env.nodespec && env.nodespec.satisfied ? !env.nodespec.readonly : null,

		toArray(value) {
			if (value == null)
				return [];
			if (Array.isArray(value))
				return value;

			const words = String(value).trim();

			return words ? words.split(/\s+/) : [];
		}
	});

	window.E = dom.create.bind(dom);
	window.LuCI = LuCI;
})(window, document);
