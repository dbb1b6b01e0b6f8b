/**
 * The message pane of a channel or of the conversation with the bot.
 * @module
 */
import { h, icon, iconButton, coalesce } from './dom.js';
import { composer } from './composer.js';
import { presence, statusLine, avatar } from './people.js';
import { Timeline } from './timeline.js';
import { welcome } from './welcome.js';

/**
 * Shows a channel in el until signal aborts.
 * @param {import('./app.js').App} app
 * @param {HTMLElement} el
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {{composer: Object}}
 */
export function showChannel(app, el, id, signal) {
  const { store } = app;
  const channel = store.channels.get(id);
  const title = channel.is_im ? 'Shipmate' : `#${channel.name}`;
  const timeline = new Timeline(app, { channel: id, thread: '', label: `Messages in ${title}` });
  const head = h('header', { class: 'pane-head' });
  const box = composer(app, {
    label: `Message ${title}`, draft: `${store.me}.${id}`, commands: true,
    send: (text) => app.say(id, text), up: () => timeline.editLast(),
  });
  timeline.onEditEnd = () => box.focus();

  const draw = () => {
    const all = store.messages.get(id);
    const messages = [...(all?.values() ?? [])].filter((m) => store.sees(m) && !(m.is_ephemeral && m.thread_ts)).sort((a, b) => Number(a.ts) - Number(b.ts));
    const hint = all && messages.every((m) => m.bot_id) ? welcome(app, channel, box) : null;
    const first = messages.length > 0 ? hint : null; // what a bot said stays at the end, where it is seen
    timeline.head.replaceChildren(...(store.hasMore(id) ? [earlier(store, id)] : [intro(store, channel), first].filter(Boolean)));
    timeline.tail.replaceChildren(...[first ? null : hint, working(store, id, messages)].filter(Boolean));
    timeline.show(messages);
    if (app.attentive()) store.markRead(id);
  };
  const absent = h('p', { class: 'absent', role: 'status' }, 'Shipmate is not connected. What you write waits until it is.');
  const drawHead = () => {
    absent.hidden = store.sockets === null || store.sockets > 0;
    head.replaceChildren(
      iconButton('menu', 'Open the sidebar', () => app.drawer(true), { class: 'icon-button only-narrow' }),
      h('h1', {}, channel.is_im ? presence(store.sockets) : icon('hash'), channel.is_im ? 'Shipmate' : channel.name),
      h('p', { class: 'topic' }, channel.is_im ? 'Ask in plain words; no mention is needed here.' : channel.topic));
  };

  const soon = coalesce(draw);
  const only = (fn) => (e) => (!e.detail.channel || e.detail.channel === id) && fn();
  store.addEventListener('messages', only(soon), { signal });
  store.addEventListener('people', soon, { signal });
  store.addEventListener('sockets', drawHead, { signal });
  document.addEventListener('visibilitychange', soon, { signal });
  const clock = setInterval(soon, 60000);
  signal.addEventListener('abort', () => clearInterval(clock));
  drawHead();
  draw();
  el.replaceChildren(head, timeline.node, absent, box.node);
  timeline.toEnd();
  return { composer: box };
}

function earlier(store, id) {
  return h('button', { type: 'button', class: 'button earlier', on: { click: () => store.loadChannel(id, true) } }, 'Show earlier messages');
}

function intro(store, channel) {
  if (channel.is_im) {
    return h('div', { class: 'intro' }, avatar({ name: 'Shipmate', ship: true }, ''), h('h2', {}, 'Shipmate'),
      h('p', {}, 'This conversation is just between you and Shipmate.'));
  }
  return h('div', { class: 'intro' }, h('h2', {}, icon('hash'), channel.name), h('p', {}, `This is the very beginning of #${channel.name}.`));
}

/** What the bot is doing in conversations that have no message here to show it under. */
function working(store, id, messages) {
  const known = new Set(messages.map((message) => message.ts));
  const status = [...store.statuses].find(([key]) => key.startsWith(`${id}/`) && !known.has(key.slice(id.length + 1)))?.[1];
  return status ? h('div', { class: 'working' }, statusLine(status)) : null;
}
