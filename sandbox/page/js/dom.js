/**
 * The only place where elements are made. Text always goes in as text nodes, and addresses pass safeURL, so
 * whatever a stranger wrote stays text.
 * @module
 */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Returns the address if a link to it is harmless (http, https, mailto, or a place in this page), else ''.
 * @param {string} url
 * @returns {string}
 */
export function safeURL(url) {
  const text = String(url ?? '').trim();
  if (text.startsWith('#/')) return text;
  if (/^mailto:[^\s]+$/i.test(text)) return text;
  if (!/^https?:\/\//i.test(text)) return '';
  try {
    return new URL(text).href;
  } catch {
    return '';
  }
}

/**
 * Makes an element. Props: `class`, `on` (event name to listener), `data` (dataset), `prop` (DOM properties);
 * everything else is an attribute, left out when null, undefined or false. Children are nodes, strings, arrays
 * of them, or null.
 * @param {string} tag
 * @param {Object} [props]
 * @param {...*} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'class') el.className = value;
    else if (key === 'on') for (const [type, fn] of Object.entries(value)) el.addEventListener(type, fn);
    else if (key === 'data') Object.assign(el.dataset, value);
    else if (key === 'prop') Object.assign(el, value);
    else if (key === 'href') setHref(el, value);
    else if (!/^(on|style$|srcdoc$)/i.test(key)) el.setAttribute(key, value === true ? '' : String(value));
  }
  append(el, children);
  return el;
}

/** The place in this page that an address of the sandbox's GitHub or Slack stands for, or ''. */
function inPage(url) {
  if (!url.startsWith(`${location.origin}/`)) return '';
  const { pathname, hash, searchParams } = new URL(url);
  const pull = pathname.match(/^\/[^/]+\/[^/]+\/pull\/(\d+)(\/files)?\/?$/);
  if (pull) return `#/pulls/${pull[1]}${pull[2] ?? ''}${hash.match(/^#diff-([\da-f]{64})/)?.[1].replace(/^/, '/') ?? ''}`;
  const message = pathname.match(/^\/archives\/(\w+)\/p(\d+)(\d{6})$/);
  return message ? `#/c/${message[1]}/${searchParams.get('thread_ts') ?? `${message[2]}.${message[3]}`}` : '';
}

function setHref(el, value) {
  const safe = safeURL(value);
  const url = inPage(safe) || safe;
  if (!url) return;
  el.setAttribute('href', url);
  if (url.startsWith('#')) return;
  el.setAttribute('target', '_blank');
  el.setAttribute('rel', 'noopener noreferrer');
}

/** Makes an element of a drawing; every prop is an attribute, and children are as in h. */
export function svg(tag, props = {}, ...children) {
  const el = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(props)) {
    if (value !== null && value !== undefined && value !== false && !/^(on|style$|href$)/i.test(key)) el.setAttribute(key, String(value));
  }
  return append(el, children);
}

/** Appends nodes, strings and nested arrays of them; skips null, undefined and false. */
export function append(el, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    el.append(child instanceof Node ? child : String(child));
  }
  return el;
}

/** A document fragment of the given children. */
export function frag(...children) {
  return append(document.createDocumentFragment(), children);
}

/** Icons drawn on a 20-unit grid: each is one stroked path. */
const ICONS = {
  hash: 'M7.5 3 6 17M14 3l-1.5 14M3.5 7.5h13.5M3 12.5h13.5',
  pull: 'M5.5 7v6M5.5 3a2 2 0 1 0 0 4 2 2 0 0 0 0-4ZM5.5 13a2 2 0 1 0 0 4 2 2 0 0 0 0-4ZM14.5 13a2 2 0 1 0 0 4 2 2 0 0 0 0-4ZM14.5 13V8a3 3 0 0 0-3-3H10m2-2-2 2 2 2',
  reply: 'M17 9.5c0 3.3-3.1 6-7 6-1 0-2-.2-2.9-.5L3 16.5l1.2-3C3.4 12.4 3 11 3 9.5c0-3.3 3.1-6 7-6s7 2.7 7 6Z',
  smile: 'M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM6.8 11.8c.7 1.4 1.9 2.1 3.2 2.1s2.5-.7 3.2-2.1M7.5 7.5v.8M12.5 7.5v.8',
  more: 'M10 4.5v.02M10 10v.02M10 15.5v.02',
  send: 'M3 10h6M3.5 3.5 17.5 10l-14 6.5L5 10Z',
  search: 'M9 3a6 6 0 1 0 0 12A6 6 0 0 0 9 3ZM13.5 13.5 17.5 17.5',
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
  close: 'M5 5l10 10M15 5 5 15',
  back: 'M11.5 4.5 6 10l5.5 5.5',
  theme: 'M10 2.5a7.5 7.5 0 1 0 0 15V2.5Z',
  boat: 'M9 3v9.5H3.5ZM11 5l5 7.5h-5ZM3 14.5h14l-2 3H5Z',
  down: 'M5 7.5 10 12.5 15 7.5',
  at: 'M13 7v4.5a2 2 0 0 0 4 0V10a7 7 0 1 0-3 5.7M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z',
  slash: 'M12.5 3.5l-5 13',
  plus: 'M10 4v12M4 10h12',
  check: 'M4 10.5 8 14.5 16 6',
  file: 'M5 2.5h6.5L15.5 6.5V17.5H5ZM11.5 2.5v4h4',
};

/**
 * An icon that screen readers skip; name the control it sits in.
 * @param {keyof ICONS} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name] ?? '');
  svg.append(path);
  return svg;
}

/** A button that shows an icon and is named by label. */
export function iconButton(name, label, onclick, props = {}) {
  return h('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: label, on: { click: onclick }, ...props }, icon(name));
}

/**
 * Makes the children of el be the given items, keeping the node of every item whose key and signature did not change,
 * so that focus, selection and open menus survive.
 * @param {Element} el
 * @param {{key: string, sig: string, build: function(): Element}[]} items keys are unique
 */
export function reconcile(el, items) {
  const old = new Map();
  for (const child of el.children) old.set(child.__key, child);
  let at = el.firstElementChild;
  for (const item of items) {
    let node = old.get(item.key);
    if (!node || node.__sig !== item.sig) {
      const fresh = item.build();
      fresh.__key = item.key;
      fresh.__sig = item.sig;
      if (node) {
        if (node === at) at = node.nextElementSibling;
        replace(node, fresh);
      }
      node = fresh;
    }
    old.delete(item.key);
    if (node === at) at = at.nextElementSibling;
    else el.insertBefore(node, at);
  }
  for (const node of old.values()) node.remove();
}

/** Puts fresh where node was; the focus goes to the control with the same name, or to fresh itself. */
function replace(node, fresh) {
  const active = node.contains(document.activeElement) ? document.activeElement : null;
  const name = active?.getAttribute('aria-label');
  if (node.hasAttribute('tabindex')) fresh.tabIndex = node.tabIndex;
  node.replaceWith(fresh);
  if (!active) return;
  const same = active !== node && name ? [...fresh.querySelectorAll('[aria-label]')].find((el) => el.getAttribute('aria-label') === name) : null;
  (same ?? fresh).focus({ preventScroll: true });
}

/** Runs fn once, soon, however often the returned function was called meanwhile. */
export function coalesce(fn) {
  let queued = false;
  return () => {
    if (queued) return;
    queued = true;
    queueMicrotask(() => {
      queued = false;
      fn();
    });
  };
}
