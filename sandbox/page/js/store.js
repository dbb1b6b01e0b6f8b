/**
 * What the page knows of the workspace, kept current by the event stream. Views listen to it and draw.
 *
 * Events: "people", "channels" (names, unread counts), "messages" {channel}, "thread" {channel, ts}, "arrived" {channel, message}, "sockets", "online", "view" {view}.
 * @module
 */
import { slack } from './api.js';
import { follow } from './stream.js';
import { load, save } from './storage.js';

const PAGE = 200;

/** The Slack workspace as this page sees it. */
export class Store extends EventTarget {
  team = { name: 'Shipmate' };
  bot = { user_id: '', name: 'shipmate' };
  /** @type {Map<string, Object>} */ users = new Map();
  /** @type {Map<string, Object>} */ channels = new Map();
  commands = [];
  /** @type {Object[]} */ groups = [];
  /** The user id of the person at the page. */
  me = '';
  /** How many sockets the bot has open; null until known. */
  sockets = null;
  online = true;
  /** Channel id → ts → top-level message. */
  messages = new Map();
  /** "channel/ts" → ts → parent or reply. Only threads that were opened. */
  threads = new Map();
  /** "channel/thread_ts" → what the bot says it is doing there. */
  statuses = new Map();
  #limits = new Map();
  #pending = new Map();

  /** Reads the workspace, then follows it. Resolves once everything is there. */
  async start() {
    await new Promise((resolve) => {
      follow('/control/slack/events', {
        onEvent: (event) => this.#apply(event),
        onOpen: () => this.resync().then(resolve),
        onDown: () => this.#setOnline(false),
      });
    });
  }

  /** Reads everything again: at the start and after the stream was broken. */
  async resync() {
    const state = await slack.state();
    this.team = state.team;
    this.bot = state.bot;
    this.commands = state.commands ?? [];
    this.groups = state.usergroups ?? [];
    this.users = new Map(state.users.map((user) => [user.id, user]));
    this.channels = new Map(state.channels.map((channel) => [channel.id, channel]));
    const chosen = load('me', '');
    this.me = this.users.has(chosen) ? chosen : state.me;
    this.sockets = state.connected ?? this.sockets;
    this.statuses.clear();
    await Promise.all([...this.channels.keys()].map((id) => this.loadChannel(id)));
    await Promise.all([...this.threads.keys()].map((key) => this.loadThread(...key.split('/')).catch(() => this.threads.delete(key))));
    this.#meet();
    this.#setOnline(true);
    for (const type of ['people', 'channels', 'sockets']) this.#emit(type);
  }

  #setOnline(online) {
    if (this.online === online) return;
    this.online = online;
    this.#emit('online');
  }

  #emit(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Reads the newest messages of a channel; more asks for older ones as well. */
  async loadChannel(channel, more = false) {
    const limit = (this.#limits.get(channel) ?? PAGE) + (more ? PAGE : 0);
    this.#limits.set(channel, limit);
    const list = await this.#read(channel, () => slack.messages(channel, { limit, user: this.me }));
    this.messages.set(channel, this.#merge(this.messages.get(channel), list));
    this.#emit('messages', { channel });
    this.#emit('channels');
  }

  /** Whether the channel may have messages older than those read. */
  hasMore(channel) {
    return (this.messages.get(channel)?.size ?? 0) >= (this.#limits.get(channel) ?? PAGE);
  }

  /** Reads a thread; from then on it is kept current. */
  async loadThread(channel, ts) {
    const key = `${channel}/${ts}`;
    if (!this.threads.has(key)) this.threads.set(key, new Map());
    const list = await this.#read(channel, () => slack.messages(channel, { thread: ts, limit: 1000, user: this.me }));
    this.threads.set(key, this.#merge(this.threads.get(key), list));
    this.#emit('thread', { channel, ts });
  }

  /** Reads a list while keeping the events that arrive meanwhile, so that an older answer cannot undo them. */
  async #read(channel, read) {
    const missed = [];
    this.#pending.set(missed, channel);
    try {
      const { messages } = await read();
      setTimeout(() => missed.forEach((event) => this.#apply(event, true)));
      return messages;
    } finally {
      this.#pending.delete(missed);
    }
  }

  #merge(old, list) {
    const fresh = new Map(list.map((message) => [message.ts, message]));
    for (const [ts, message] of old ?? []) if (message.is_ephemeral && !fresh.has(ts)) fresh.set(ts, message);
    return fresh;
  }

  #apply(event, again = false) {
    if (!again) for (const [missed, channel] of this.#pending) if (channel === event.channel) missed.push(event);
    switch (event.type) {
      case 'message': return this.#put(event.channel, event.message, !again);
      case 'message_changed': case 'reaction': return event.message && this.#put(event.channel, event.message, false);
      case 'ephemeral':
        if (event.removed) return this.#drop(event.channel, event.message.ts, event.message);
        return this.#put(event.channel, { ...event.message, user: event.message.user ?? this.bot.user_id, is_ephemeral: true, for: event.user ?? event.message.for }, !again);
      case 'message_deleted': return this.#drop(event.channel, event.message.ts, event.message);
      case 'status': return this.#status(event);
      case 'sockets':
        this.sockets = event.connected;
        return this.#emit('sockets');
      case 'view': return this.#emit('view', event);
      default: return undefined;
    }
  }

  #put(channel, message, arrived) {
    const thread = message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : '';
    const inThread = this.threads.get(`${channel}/${thread || message.ts}`);
    if (inThread) {
      inThread.set(message.ts, message);
      this.#emit('thread', { channel, ts: thread || message.ts });
    }
    const top = this.messages.get(channel);
    if (top && (!thread || message.subtype === 'thread_broadcast')) top.set(message.ts, message);
    if (top && thread && arrived && !message.is_ephemeral) this.#count(top, thread, message);
    if (message.user === this.bot.user_id || message.bot_id) this.statuses.delete(`${channel}/${thread || message.ts}`);
    this.#emit('messages', { channel });
    this.#emit('channels');
    if (arrived) this.#emit('arrived', { channel, message });
  }

  /** Counts a new reply in its parent, unless the parent was read with it already counted. */
  #count(top, thread, message) {
    const parent = top.get(thread);
    if (!parent || Number(parent.latest_reply ?? 0) >= Number(message.ts)) return;
    const users = new Set(parent.reply_users ?? []).add(message.user ?? message.bot_id);
    top.set(thread, { ...parent, reply_count: (parent.reply_count ?? 0) + 1, latest_reply: message.ts, reply_users: [...users] });
  }

  #drop(channel, ts, message) {
    this.messages.get(channel)?.delete(ts);
    for (const [key, thread] of this.threads) {
      if (key.startsWith(`${channel}/`) && thread.delete(ts)) this.#emit('thread', { channel, ts: key.split('/')[1] });
    }
    const thread = message?.thread_ts;
    if (thread && thread !== ts) this.loadChannel(channel).catch(() => {});
    this.#emit('messages', { channel });
    this.#emit('channels');
  }

  #status({ channel, thread_ts: thread, status }) {
    if (status) this.statuses.set(`${channel}/${thread}`, status);
    else this.statuses.delete(`${channel}/${thread}`);
    this.#emit('messages', { channel });
    this.#emit('thread', { channel, ts: thread });
  }

  /** On the first visit everything that is there counts as read, for everybody. */
  #meet() {
    for (const channel of this.channels.keys()) {
      for (const user of this.users.keys()) {
        const key = `read.${user}.${channel}`;
        if (!this.users.get(user).is_bot && load(key, -1) < 0) save(key, this.#newest(channel));
      }
    }
  }

  #newest(channel) {
    return Math.max(0, ...[...(this.messages.get(channel)?.values() ?? [])].map(freshness));
  }

  /** Lets the page act as another person. */
  become(user) {
    this.me = user;
    save('me', user);
    for (const type of ['people', 'channels']) this.#emit(type);
    for (const channel of this.channels.keys()) this.#emit('messages', { channel });
  }

  /** The channels the current person sees: shared ones they are in, then their conversation with the bot. */
  visible() {
    const mine = [...this.channels.values()].filter((channel) => (channel.is_im
      ? channel.user === this.me : !channel.members || channel.members.length === 0 || channel.members.includes(this.me)));
    return { shared: mine.filter((channel) => !channel.is_im), direct: mine.filter((channel) => channel.is_im) };
  }

  /** What a channel is called. */
  title(channel) {
    return channel?.is_im ? 'Shipmate' : channel?.name ?? 'unknown';
  }

  /** Whether the current person may see the message. */
  sees = (message) => !message.is_ephemeral || !message.for || message.for === this.me;

  /** Remembers that the person has seen everything in a channel. */
  markRead(channel) {
    const newest = this.#newest(channel);
    const key = `read.${this.me}.${channel}`;
    if (newest <= load(key, 0)) return;
    save(key, newest);
    this.#emit('channels');
  }

  /** How many messages and threads of others the person has not seen. */
  unread(channel) {
    const seen = load(`read.${this.me}.${channel}`, 0);
    return [...(this.messages.get(channel)?.values() ?? [])]
      .filter((message) => freshness(message) > seen && this.sees(message) && !(message.user === this.me && !message.reply_count)).length;
  }

  /** @type {import('./mrkdwn.js').Names} */
  get names() {
    return {
      me: this.me,
      user: (id) => this.users.get(id)?.name ?? id,
      channel: (id) => this.channels.get(id)?.name ?? id,
      usergroup: (id) => this.groups.find((group) => group.id === id)?.handle ?? 'group',
    };
  }
}

const freshness = (message) => Math.max(Number(message.ts), Number(message.latest_reply ?? 0));
