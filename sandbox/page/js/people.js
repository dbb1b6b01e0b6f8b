/**
 * Avatars, presence and the "is working" line.
 * @module
 */
import { h, icon } from './dom.js';

/**
 * A square with the initial of a person, or the boat of the bot.
 * @param {{name: string, color: string, ship?: boolean}} person
 * @param {''|'small'} [size]
 */
export function avatar({ name, color, ship }, size = '') {
  const el = h('span', { class: `avatar ${size}${ship ? ' ship' : ''}`, 'aria-hidden': 'true', title: name }, ship ? icon('boat') : [...name][0]?.toUpperCase() ?? '?');
  if (!ship && /^[\da-f]{6}$/i.test(color)) el.style.setProperty('--hue', `#${color}`);
  return el;
}

/** "Shipmate is reading #12…" with three dots that move. */
export function statusLine(status) {
  const text = String(status).replace(/[.…]+$/, '');
  return h('span', { class: 'status-line', role: 'status' },
    /^is\b/i.test(text) ? `Shipmate ${text}` : text, h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')));
}

/** The bot's presence: filled when at least one socket is open. */
export function presence(sockets) {
  const on = sockets > 0;
  return h('span', { class: `presence${on ? ' on' : ''}`, role: 'img', 'aria-label': on ? 'connected' : 'not connected', title: on ? `Connected (${sockets} socket${sockets === 1 ? '' : 's'})` : 'Not connected' });
}
