/**
 * A list of messages with day dividers and grouping; it follows new messages while it is scrolled to its end.
 * @module
 */
import { h, reconcile } from './dom.js';
import { messageNode, signature } from './message.js';
import { dateOf, day, dayKey } from './time.js';

const GROUP_SECONDS = 300;

/** Draws messages into one scrolling element. */
export class Timeline {
  /**
   * @param {import('./app.js').App} app
   * @param {{channel: string, thread: string, label: string}} where
   */
  constructor(app, { channel, thread, label }) {
    this.app = app;
    this.place = { channel, thread, editing: '', edit: (ts) => this.edit(ts) };
    this.list = h('div', { class: 'timeline', role: 'feed', 'aria-label': label });
    this.head = h('div', { class: 'timeline-head' });
    this.tail = h('div', { class: 'timeline-tail' });
    this.node = h('div', { class: 'scroller', tabindex: -1 }, !thread && h('div', { class: 'spring' }), this.head, this.list, this.tail);
    this.list.addEventListener('keydown', (e) => this.#onKey(e));
    this.atEnd = true;
    this.node.addEventListener('scroll', () => {
      this.atEnd = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < 60;
    }, { passive: true });
    const grown = new ResizeObserver(() => this.atEnd && this.toEnd()); // also when pictures arrive
    for (const part of [this.node, this.head, this.list]) grown.observe(part);
  }

  /** Shows the messages, oldest first. When older ones come before those on screen, what is on screen stays where it is. */
  show(messages) {
    const older = !this.atEnd && Number(messages[0]?.ts) < Number(this.messages?.[0]?.ts);
    const below = this.node.scrollHeight - this.node.scrollTop;
    this.messages = messages;
    const items = [];
    let previous = null;
    messages.forEach((message, i) => {
      const date = dateOf(message.ts);
      const fresh = !previous || dayKey(dateOf(previous.ts)) !== dayKey(date);
      if (fresh && !this.place.thread) items.push(divider(date));
      if (this.place.thread && i === 1) items.push(replies(messages.length - 1));
      const grouped = !fresh && !(this.place.thread && i === 1) && continues(previous, message);
      items.push({
        key: message.ts, sig: signature(this.app, message, this.place, grouped),
        build: () => messageNode(this.app, message, this.place, grouped),
      });
      previous = message;
    });
    reconcile(this.list, items);
    this.#rove();
    if (this.atEnd) this.toEnd();
    else if (older) this.node.scrollTop = this.node.scrollHeight - below;
  }

  /** Exactly one message can be reached with Tab; arrows move between them. */
  #rove() {
    const all = [...this.list.querySelectorAll('.message')];
    if (!all.some((node) => node.tabIndex === 0)) all.at(-1)?.setAttribute('tabindex', '0');
  }

  #onKey(e) {
    const from = e.target;
    if (!from.classList?.contains('message') || !['ArrowUp', 'ArrowDown', 'Enter'].includes(e.key)) return;
    e.preventDefault();
    if (e.key === 'Enter') {
      from.querySelector('.thread-summary, .toolbar [aria-label="Reply in thread"]')?.click();
      return;
    }
    const all = [...this.list.querySelectorAll('.message')];
    const to = all[all.indexOf(from) + (e.key === 'ArrowUp' ? -1 : 1)];
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
    this.atEnd = true;
  }

  edit(ts) {
    this.place.editing = ts;
    this.show(this.messages);
    if (!ts) this.onEditEnd?.();
  }

  /** Starts editing the person's newest message; false if there is none. */
  editLast() {
    const own = this.messages.findLast((message) => message.user === this.app.store.me && !message.is_ephemeral && message.subtype !== 'tombstone');
    if (own) this.edit(own.ts);
    return Boolean(own);
  }
}

function divider(date) {
  const label = day(date);
  return { key: `day ${dayKey(date)}`, sig: label, build: () => h('div', { class: 'day', role: 'separator', 'aria-label': label }, h('span', {}, label)) };
}

function replies(n) {
  const label = `${n} ${n === 1 ? 'reply' : 'replies'}`;
  return { key: 'replies', sig: label, build: () => h('div', { class: 'day replies' }, h('span', {}, label)) };
}

function continues(previous, message) {
  return previous && !message.is_ephemeral && !previous.is_ephemeral && previous.subtype !== 'tombstone'
    && (previous.user ?? previous.bot_id) === (message.user ?? message.bot_id) && previous.username === message.username
    && !previous.reply_count && Number(message.ts) - Number(previous.ts) < GROUP_SECONDS;
}
