/**
 * Editing a message in place.
 * @module
 */
import { h } from './dom.js';
import { slack } from './api.js';
import { composer } from './composer.js';
import { typed } from './message.js';

/**
 * A composer filled with the message; saving an empty text changes nothing.
 * @param {import('./app.js').App} app
 * @param {Object} message
 * @param {import('./message.js').Place} place
 */
export function editor(app, message, place) {
  const stop = () => place.edit('');
  const save = async (text) => {
    if (text.trim() && text !== typed(message.text, app.store.names)) {
      if (!(await app.attempt(slack.edit({ user: app.store.me, channel: place.channel, ts: message.ts, text })))) return false;
    }
    stop();
    return true;
  };
  const box = composer(app, { label: 'Edit message', text: typed(message.text, app.store.names), send: save, cancel: stop, button: 'Save' });
  queueMicrotask(() => box.focus());
  return h('div', { class: 'edit-box' }, box.node);
}
