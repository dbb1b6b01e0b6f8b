/**
 * The page: routes, the panes they show, and what every view may ask for.
 * @module
 */
import { h } from './dom.js';
import { slack, github } from './api.js';
import { Store } from './store.js';
import { showSidebar } from './sidebar.js';
import { showChannel } from './channel.js';
import { showThread } from './thread.js';
import { showPulls } from './pulls.js';
import { showPull } from './pull.js';
import { quickSwitcher } from './quick.js';
import { Views } from './view.js';
import { toast } from './dialog.js';
import { plain } from './mrkdwn.js';
import { authorOf } from './message.js';
import { load, save } from './storage.js';

const $ = (id) => document.getElementById(id);

/** Events: "route" after every change of place, "repo" once the repository is known. */
export class App extends EventTarget {
  store = new Store();
  /** {view: "channel"|"pulls"|"pull", channel, thread, number, tab, file, query} */
  route = { view: '' };
  /** owner/name of the repository, null until known. */
  repo = null;
  /** The newest pull requests, null until read. */
  recent = null;
  #main = null;
  #side = null;

  async start() {
    this.#banner();
    this.store.addEventListener('online', () => this.#banner());
    this.store.addEventListener('arrived', (e) => this.#announce(e.detail));
    this.store.addEventListener('channels', () => this.#title());
    const views = new Views(this);
    this.store.addEventListener('view', (e) => views.apply(e.detail));
    addEventListener('hashchange', () => this.#show());
    addEventListener('keydown', (e) => this.#onKey(e));
    $('scrim').addEventListener('click', () => this.drawer(false));
    matchMedia('(min-width: 761px)').addEventListener('change', () => this.drawer(false));
    await this.store.start();
    showSidebar(this, $('sidebar'));
    this.#show();
    github.state().then((state) => {
      this.repo = state.repo;
      this.github = state;
      this.dispatchEvent(new Event('repo'));
    }, () => {});
  }

  #parse() {
    const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
    const [first, second, third, fourth] = path.split('/').map(decoded);
    if (first === 'pulls' && /^\d+$/.test(second ?? '')) return { view: 'pull', number: Number(second), tab: third === 'files' ? 'files' : 'conversation', file: fourth };
    if (first === 'pulls') return { view: 'pulls', query: new URLSearchParams(query) };
    const { shared, direct } = this.store.visible();
    const all = [...shared, ...direct];
    const channel = all.find(({ id, name }) => first === 'c' && (id === second || name === second)) ?? all.find(({ id }) => id === load('channel', '')) ?? all[0];
    return { view: 'channel', channel: channel.id, thread: first === 'c' && channel && /^\d+\.\d+$/.test(third ?? '') ? third : '' };
  }

  #show() {
    const from = this.route;
    const to = this.#parse();
    this.route = to;
    this.drawer(false);
    const samePlace = from.view === to.view && from.channel === to.channel && from.number === to.number && String(from.query) === String(to.query) && from.tab === to.tab && from.file === to.file;
    if (!samePlace) this.#showMain(from, to);
    if (!samePlace || from.thread !== to.thread) this.#showSide(to);
    this.dispatchEvent(new Event('route'));
    this.#title();
    if (to.view === 'channel') {
      save('channel', to.channel);
      this.store.markRead(to.channel);
    }
  }

  #showMain(from, to) {
    this.#main?.abort();
    this.#main = new AbortController();
    const { signal } = this.#main;
    const el = $('main');
    if (to.view === 'pulls') return showPulls(this, el, to.query, signal, from.view === 'pulls');
    if (to.view === 'pull') return showPull(this, el, to, signal);
    this.channelView = showChannel(this, el, to.channel, signal);
    if (matchMedia('(min-width: 761px)').matches) this.channelView.composer.focus();
    return undefined;
  }

  #showSide(to) {
    this.#side?.abort();
    const side = $('side');
    side.hidden = !to.thread;
    $('app').classList.toggle('with-thread', Boolean(to.thread));
    side.replaceChildren();
    if (!to.thread) return;
    this.#side = new AbortController();
    const { composer } = showThread(this, side, to.channel, to.thread, this.#side.signal);
    if (matchMedia('(min-width: 761px)').matches) composer.focus();
  }

  openThread(channel, ts) {
    location.hash = `#/c/${channel}/${ts}`;
  }

  closeThread() {
    if (!this.route.thread) return;
    location.hash = `#/c/${this.route.channel}`;
    this.channelView?.composer.focus();
  }

  /** Opens or closes the sidebar on narrow screens. */
  drawer(open) {
    const left = !open && $('app').classList.contains('drawer-open') && $('sidebar').contains(document.activeElement);
    $('app').classList.toggle('drawer-open', open);
    $('scrim').hidden = !open;
    for (const pane of ['main', 'side']) $(pane).inert = open;
    if (open) $('sidebar').querySelector('.entry[aria-current]')?.focus();
    else if (left) document.querySelector('#main .only-narrow')?.focus();
  }

  quick() {
    quickSwitcher(this);
  }

  /** Acts as another person from now on; leaves a channel they cannot see. */
  become(user) {
    this.store.become(user);
    const { shared, direct } = this.store.visible();
    if (this.route.view === 'channel' && ![...shared, ...direct].some(({ id }) => id === this.route.channel)) {
      const wasDirect = this.store.channels.get(this.route.channel)?.is_im;
      location.hash = `#/c/${(wasDirect ? direct[0] ?? shared[0] : shared[0]).id}`;
      return;
    }
    this.route = { ...this.route, view: '' };
    this.#show();
  }

  /** Says something as the current person; resolves to {ok, ts} once it was taken, and to false otherwise. */
  say(channel, text, thread) {
    const word = text.match(/^\/[\w-]+(?!\S)/)?.[0];
    const known = this.store.commands.map(({ command }) => command);
    if (word && known.length > 0 && !known.includes(word)) {
      toast(`${word} is not a command here. There is ${known.join(', ')}.`);
      return false;
    }
    return this.attempt(slack.say({ user: this.store.me, channel, text, thread_ts: thread || undefined }));
  }

  /** Says something to the bot and, where there is room for it, opens the thread in which it will answer. */
  async ask(channel, text) {
    const { ts } = await this.say(channel, text) || {};
    if (ts) location.hash = `#/c/${channel}${matchMedia('(min-width: 901px)').matches ? `/${ts}` : ''}`;
    return Boolean(ts);
  }

  /** Waits for a request and resolves to its answer, or true if it has none; shows an error to the person and resolves false. */
  async attempt(request) {
    try {
      return (await request) ?? true;
    } catch (err) {
      toast(err.message);
      return false;
    }
  }

  /** What blocks of a message are drawn on: clicks go to the bot as the current person. */
  surface(channel, message) {
    return {
      names: this.store.names, options: this.pickerOptions(),
      act: (action) => this.click({ channel, ts: message.ts, ...action }),
    };
  }

  /** Uses an interactive element as the current person. Without a connected bot the click is lost, as in Slack. */
  async click(action) {
    const { delivered } = await this.attempt(slack.click({ user: this.store.me, ...action })) || {};
    if (delivered === false) toast('Shipmate is not connected, so the click went nowhere.');
  }

  /** Choices for pickers of people and channels. */
  pickerOptions() {
    const option = (text, value) => ({ text: { type: 'plain_text', text }, value });
    return {
      users: [...this.store.users.values()].map((user) => option(user.real_name || user.name, user.id)),
      channels: this.store.visible().shared.map((channel) => option(`#${channel.name}`, channel.id)),
    };
  }

  /** The newest pull requests: open ones first, then merged ones. Read once. */
  async recentPulls() {
    this.recent ??= await (async () => {
      const [open, all] = await Promise.all([github.pulls({ state: 'open' }), github.pulls({ state: 'all' })]);
      const rest = all.pulls.filter((pull) => !open.pulls.some(({ number }) => number === pull.number));
      return [...rest.slice(0, 6), ...open.pulls.slice(0, 4)];
    })();
    return this.recent;
  }

  /** Whether the person can see what arrives. */
  attentive() {
    return document.visibilityState === 'visible';
  }

  #announce({ channel, message }) {
    if (message.user === this.store.me || !this.store.sees(message)) return;
    const here = this.route.view === 'channel' && this.route.channel === channel;
    if (here && this.attentive()) this.store.markRead(channel);
    const where = here ? '' : ` in ${this.store.title(this.store.channels.get(channel))}`;
    $('live').textContent = `${authorOf(this.store, message).name}${where}: ${plain(message.text, this.store.names).slice(0, 200)}`;
  }

  #title() {
    const { shared, direct } = this.store.visible();
    const unread = [...shared, ...direct].reduce((sum, { id }) => sum + (this.route.channel === id ? 0 : this.store.unread(id)), 0);
    const { view, channel, number } = this.route;
    const place = view === 'channel' ? this.store.title(this.store.channels.get(channel)) : view === 'pull' ? `#${number}` : 'Pull requests';
    document.title = `${unread ? `(${unread}) ` : ''}${place} · ${this.store.team.name}`;
  }

  #banner() {
    const banner = $('banner');
    banner.hidden = this.store.online;
    if (this.store.online) return;
    banner.replaceChildren(h('strong', {}, 'The sandbox is not running.'), ' Start it again with ',
      h('code', {}, `go run . try --addr ${location.host}`), '. This page comes back by itself.');
  }

  #onKey(e) {
    if ((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === 'k') {
      e.preventDefault();
      this.quick();
    } else if (e.key === 'Escape' && !document.querySelector('dialog[open]')) {
      if ($('app').classList.contains('drawer-open')) this.drawer(false);
      else this.closeThread();
    }
  }
}

/** A part of the address without its escapes, or as it stands when they are wrong. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

new App().start();
