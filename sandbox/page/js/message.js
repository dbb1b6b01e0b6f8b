/**
 * One message: author, text or blocks, reactions, thread summary, and what can be done with it.
 * @module
 */
import { h, icon, iconButton } from './dom.js';
import { slack } from './api.js';
import { mrkdwn, unescape } from './mrkdwn.js';
import { drawBlocks, drawAttachments } from './blocks.js';
import { emoji } from './emoji.js';
import { openMenu, openPicker } from './menu.js';
import { confirmDialog, toast } from './dialog.js';
import { avatar, statusLine } from './people.js';
import { editor } from './editor.js';
import { dateOf, time, exact, ago } from './time.js';

const QUICK = ['white_check_mark', 'eyes', 'raised_hands'];

/**
 * @typedef {Object} Place where a message is drawn
 * @property {string} channel
 * @property {string} [thread] the parent's ts in a thread pane, else ''
 * @property {string} editing the ts of the message being edited, or ''
 * @property {function(string)} edit starts editing the message with this ts; '' stops
 */

/** What a message's node depends on: when it stays the same, so does the node. */
export function signature(app, message, place, grouped) {
  if (place.editing === message.ts) return 'editing';
  const status = place.thread ? '' : app.store.statuses.get(`${place.channel}/${message.ts}`) ?? '';
  const summary = message.latest_reply ? ago(dateOf(message.latest_reply)) : '';
  return JSON.stringify([message, grouped, status, summary, app.store.me]);
}

/**
 * Draws a message.
 * @param {import('./app.js').App} app
 * @param {Object} message
 * @param {Place} place
 * @param {boolean} grouped follows another by the same author: no avatar, no name
 */
export function messageNode(app, message, place, grouped) {
  const author = authorOf(app.store, message);
  const date = dateOf(message.ts);
  const stamp = h('time', { datetime: date.toISOString(), title: exact(date) }, time(date));
  const editing = place.editing === message.ts;
  return h('article', {
    class: `message${grouped ? ' grouped' : ''}${message.is_ephemeral ? ' ephemeral' : ''}${editing ? ' editing' : ''}`,
    tabindex: -1, data: { ts: message.ts }, 'aria-label': `${author.name}, ${time(date)}`,
  },
    h('div', { class: 'message-gutter' }, grouped ? stamp : avatar(author)),
    h('div', { class: 'message-main' },
      message.is_ephemeral && h('div', { class: 'only-you' }, '👁 Only visible to you'),
      !grouped && h('div', { class: 'message-head' },
        h('span', { class: 'author' }, author.name), author.bot && h('span', { class: 'app-badge' }, 'APP'), stamp),
      editing ? editor(app, message, place) : body(app, message, place),
      !editing && reactions(app, message, place),
      !place.thread && summary(app, message, place)),
    !editing && toolbar(app, message, place));
}

/** Who wrote a message: {name, color, bot, ship}. */
export function authorOf(store, message) {
  const user = store.users.get(message.user);
  const ship = message.user === store.bot.user_id || message.bot_id === store.bot.bot_id;
  const bot = Boolean(message.bot_id || user?.is_bot);
  const name = message.username || user?.real_name || user?.name || message.bot_profile?.name || (ship ? 'Shipmate' : 'Somebody');
  return { name, color: user?.color ?? '757575', bot, ship };
}

function body(app, message, place) {
  const surface = app.surface(place.channel, message);
  if (message.subtype === 'tombstone') return h('div', { class: 'message-text tombstone' }, 'This message was deleted.');
  // What people type is stored with its formatting marks; only apps send blocks made on purpose.
  const blocks = message.blocks?.length > 0 && Boolean(message.bot_id);
  const edited = message.edited && h('span', { class: 'edited', title: exact(dateOf(message.edited.ts)) }, ' (edited)');
  return h('div', { class: 'message-text' },
    blocks ? drawBlocks(message.blocks, surface) : message.text && h('div', { class: 'plain-text' }, mrkdwn(message.text, app.store.names), edited),
    drawAttachments(message.attachments, surface), files(message.files), blocks && edited);
}

function files(list) {
  return (list ?? []).map((file) => h('div', { class: 'file-card' }, icon('file'), h('div', {},
    h('a', { href: `${location.origin}/control/slack/file?id=${encodeURIComponent(file.id)}` }, file.title || file.name || 'File'),
    h('small', {}, [file.pretty_type || file.filetype || file.mimetype, file.size >= 0 ? `${Math.ceil(file.size / 1024)} KB` : ''].filter(Boolean).join(' · ')))));
}

function reactions(app, message, place) {
  const list = message.reactions ?? [];
  if (list.length === 0) return null;
  const names = (users) => users.map((id) => (id === app.store.me ? 'you' : app.store.names.user(id))).join(', ');
  return h('div', { class: 'reactions' }, list.map(({ name, users, count }) => {
    const mine = users.includes(app.store.me);
    return h('button', {
      type: 'button', class: `reaction${mine ? ' mine' : ''}`, 'aria-pressed': String(mine), title: `${names(users)} reacted with :${name}:`,
      'aria-label': `${name}, ${count}`, on: { click: () => react(app, message, place, name) },
    }, emoji(name) || `:${name}:`, h('span', {}, count));
  }), addReaction(app, message, place, 'reaction add'));
}

function addReaction(app, message, place, className) {
  const button = iconButton('smile', 'Add reaction', () => openPicker(button, (name) => react(app, message, place, name)), { class: className, 'aria-haspopup': 'menu' });
  return button;
}

function react(app, message, place, name) {
  const mine = (message.reactions ?? []).some((r) => r.name === name && r.users.includes(app.store.me));
  return app.attempt(slack.react({ user: app.store.me, channel: place.channel, ts: message.ts, name, remove: mine }));
}

function summary(app, message, place) {
  const status = app.store.statuses.get(`${place.channel}/${message.ts}`);
  if (!message.reply_count && !status) return null;
  const open = () => app.openThread(place.channel, message.ts);
  if (!message.reply_count) return h('button', { type: 'button', class: 'thread-summary', on: { click: open } }, statusLine(status));
  const people = (message.reply_users ?? []).slice(0, 4).map((id) => avatar(authorOf(app.store, app.store.users.has(id) ? { user: id } : { bot_id: id }), 'small'));
  return h('button', { type: 'button', class: 'thread-summary', on: { click: open } },
    h('span', { class: 'avatars' }, people),
    h('span', { class: 'reply-count' }, `${message.reply_count} ${message.reply_count === 1 ? 'reply' : 'replies'}`),
    status ? statusLine(status) : h('span', { class: 'last-reply' }, `Last reply ${ago(dateOf(message.latest_reply))}`));
}

function toolbar(app, message, place) {
  if (message.is_ephemeral || message.subtype === 'tombstone') return null;
  const own = message.user === app.store.me;
  const more = iconButton('more', 'More actions', () => openMenu(more, [
    { label: 'Copy link', run: () => copyLink(place, message) },
    ...(own ? [{ label: 'Edit message', hint: '↑', run: () => place.edit(message.ts) }, { label: 'Delete message…', danger: true, run: () => remove(app, message, place) }] : []),
  ]), { 'aria-haspopup': 'menu' });
  return h('div', { class: 'toolbar', role: 'group', 'aria-label': 'Message actions' },
    QUICK.filter(emoji).map((name) => h('button', {
      type: 'button', class: 'icon-button', 'aria-label': `React with ${name}`, title: `:${name}:`, on: { click: () => react(app, message, place, name) },
    }, emoji(name))),
    addReaction(app, message, place, 'icon-button'),
    !place.thread && iconButton('reply', 'Reply in thread', () => app.openThread(place.channel, message.thread_ts ?? message.ts)),
    more);
}

function copyLink(place, message) {
  const thread = message.thread_ts ?? (message.reply_count ? message.ts : '');
  const url = `${location.origin}/#/c/${place.channel}${thread ? `/${thread}` : `/${message.ts}`}`;
  navigator.clipboard?.writeText(url).then(() => toast('Link copied.'), () => toast(url));
}

async function remove(app, message, place) {
  const yes = await confirmDialog({ title: 'Delete message', text: 'Are you sure you want to delete this message? This cannot be undone.', yes: 'Delete', danger: true });
  if (yes) await app.attempt(slack.remove({ user: app.store.me, channel: place.channel, ts: message.ts }));
}

/** A stored message's text as the person typed it. */
export function typed(text, names) {
  return unescape(text.replace(/<([^<>\n]+)>/g, (_, control) => {
    const [target, label] = control.split('|');
    if (/^@[UW]/.test(target)) return `@${names.user(target.slice(1))}`;
    if (/^#C/.test(target)) return `#${label || names.channel(target.slice(1))}`;
    return target.startsWith('!') ? `@${target.slice(1).split('^')[0]}` : target;
  }));
}
