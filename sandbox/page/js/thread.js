/**
 * The thread pane: a parent, its replies, and a composer that answers in the thread.
 * @module
 */
import { h, iconButton, coalesce } from './dom.js';
import { composer } from './composer.js';
import { statusLine } from './people.js';
import { Timeline } from './timeline.js';

/**
 * Shows the thread of a message in el until signal aborts.
 * @param {import('./app.js').App} app
 * @param {HTMLElement} el
 * @param {string} channel
 * @param {string} ts of the parent
 * @param {AbortSignal} signal
 */
export function showThread(app, el, channel, ts, signal) {
  const { store } = app;
  const timeline = new Timeline(app, { channel, thread: ts, label: 'Thread' });
  const where = store.channels.get(channel);
  const box = composer(app, {
    label: 'Reply…', draft: `${store.me}.${channel}.${ts}`, send: (text) => app.say(channel, text, ts),
    up: () => timeline.editLast(), cancel: () => app.closeThread(),
  });
  timeline.onEditEnd = () => box.focus();
  const draw = () => {
    const all = [...(store.threads.get(`${channel}/${ts}`)?.values() ?? [])];
    const whispered = [...(store.messages.get(channel)?.values() ?? [])].filter((m) => m.is_ephemeral && m.thread_ts === ts);
    const unique = new Map([...all, ...whispered].map((message) => [message.ts, message]));
    timeline.show([...unique.values()].filter(store.sees).sort((a, b) => Number(a.ts) - Number(b.ts)));
    const status = store.statuses.get(`${channel}/${ts}`);
    timeline.tail.replaceChildren(...(status ? [h('div', { class: 'working' }, statusLine(status))] : []));
    if (timeline.atEnd) timeline.toEnd();
  };
  const soon = coalesce(draw);
  store.addEventListener('thread', (e) => e.detail.channel === channel && e.detail.ts === ts && soon(), { signal });
  store.addEventListener('messages', (e) => e.detail.channel === channel && soon(), { signal });
  store.addEventListener('people', soon, { signal });
  el.replaceChildren(
    h('header', { class: 'pane-head' }, iconButton('back', 'Back to the channel', () => app.closeThread(), { class: 'icon-button only-narrow' }),
      h('h2', {}, 'Thread'), h('p', { class: 'topic' }, where?.is_im ? 'Shipmate' : `#${where?.name ?? ''}`), h('span', { class: 'grow' }),
      iconButton('close', 'Close thread', () => app.closeThread(), { class: 'icon-button only-wide' })),
    timeline.node, box.node);
  draw();
  app.attempt(store.loadThread(channel, ts));
  return { composer: box };
}
