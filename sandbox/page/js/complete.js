/**
 * Completions in a composer: people after @, commands after /, pull requests and channels after #.
 * @module
 */
import { h, icon } from './dom.js';
import { avatar } from './people.js';
import { authorOf } from './message.js';
import { github } from './api.js';

const MAX = 8;
let lastId = 0;

/** The list over a text area, driven by what is left of the cursor. */
export class Completion {
  /**
   * @param {import('./app.js').App} app
   * @param {HTMLTextAreaElement} area
   * @param {boolean} commands whether / at the start offers commands
   */
  constructor(app, area, commands) {
    this.app = app;
    this.area = area;
    this.commands = commands;
    this.items = [];
    this.at = 0;
    this.turn = 0;
    this.stale = false; // the list is about an older text than the field's
    this.list = h('div', { class: 'completions', role: 'listbox', id: `completions-${++lastId}`, 'aria-label': 'Suggestions', hidden: true });
    area.setAttribute('aria-controls', this.list.id);
    area.addEventListener('blur', () => setTimeout(() => this.close(), 150));
  }

  /** Looks at the text again; called after every change. */
  async update() {
    const turn = ++this.turn;
    this.stale = true;
    const before = this.area.value.slice(0, this.area.selectionStart);
    const items = document.activeElement === this.area ? await this.#find(before) : [];
    if (turn !== this.turn) return;
    this.items = items;
    this.stale = false;
    // A whole number is not a question: Enter sends, and only the arrows choose from the list.
    this.at = /#\d+$/.test(before) ? -1 : 0;
    this.#draw();
  }

  async #find(before) {
    if (this.commands && /^\/\S*$/.test(before)) return this.#slash(before);
    const found = before.match(/(?:^|[\s(])([@#])([\w.-]*)$/);
    if (!found) return [];
    const [, mark, word] = found;
    return mark === '@' ? this.#people(word.toLowerCase()) : this.#numbers(word);
  }

  #slash(before) {
    return this.app.store.commands.filter(({ command }) => command.startsWith(before)).map((c) => ({
      node: [icon('slash'), h('strong', {}, c.command), h('span', { class: 'hint' }, c.usage_hint), h('small', {}, c.description)], replace: before, text: `${c.command} `,
    }));
  }

  #people(word) {
    const { store } = this.app;
    const matches = (user) => [user.name, user.real_name].some((name) => name?.toLowerCase().split(' ').some((part) => part.startsWith(word)));
    const rank = (user) => (user.id === store.bot.user_id ? 0 : user.is_bot ? 2 : 1);
    const people = [...store.users.values()].filter((user) => matches(user) && user.id !== store.me).sort((a, b) => rank(a) - rank(b)).map((user) => ({
      node: [avatar(authorOf(store, { user: user.id }), 'small'), h('strong', {}, user.name), h('span', { class: 'hint' }, user.real_name), user.is_bot && h('span', { class: 'app-badge' }, 'APP')],
      replace: `@${word}`, text: `@${user.name} `,
    }));
    const all = [...store.groups.map(({ handle, name }) => [handle, name]), ['here', 'Notifies everybody in this channel'], ['channel', 'Notifies everybody in this channel']];
    const groups = all.filter(([name]) => name.startsWith(word)).map(([name, about]) => ({
      node: [h('strong', {}, `@${name}`), h('small', {}, about)], replace: `@${word}`, text: `@${name} `,
    }));
    return [...people, ...groups].slice(0, MAX);
  }

  async #numbers(word) {
    const channels = this.app.store.visible().shared.filter((channel) => word && channel.name.startsWith(word.toLowerCase())).map((channel) => ({
      node: [icon('hash'), h('strong', {}, channel.name)], replace: `#${word}`, text: `#${channel.name} `,
    }));
    try {
      const { pulls } = word ? await github.pulls({ state: 'all', q: word }) : { pulls: await this.app.recentPulls() };
      return [...channels, ...pulls.slice(0, MAX).map((pull) => ({
        node: [icon('pull'), h('strong', {}, `#${pull.number}`), h('span', { class: 'hint' }, pull.title)], replace: `#${word}`, text: `#${pull.number} `,
      }))].slice(0, MAX);
    } catch {
      return channels;
    }
  }

  #draw() {
    const open = this.items.length > 0;
    this.list.hidden = !open;
    this.area.setAttribute('aria-expanded', String(open));
    this.list.replaceChildren(...this.items.map((item, i) => h('div', {
      class: 'completion', role: 'option', id: `${this.list.id}-${i}`, 'aria-selected': String(i === this.at),
      on: { pointerdown: (e) => { e.preventDefault(); this.#take(item); } },
    }, item.node)));
    if (open && this.at >= 0) this.area.setAttribute('aria-activedescendant', `${this.list.id}-${this.at}`);
    else this.area.removeAttribute('aria-activedescendant');
    this.list.children[this.at]?.scrollIntoView({ block: 'nearest' });
  }

  /** Handles a key while the list is open; true if it was used up. */
  onKey(e) {
    if (this.items.length === 0 || e.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) {
      this.at = this.at < 0 && step < 0 ? this.items.length - 1 : (this.at + step + this.items.length) % this.items.length;
      this.#draw();
    } else if (e.key === 'Tab' || (e.key === 'Enter' && !e.shiftKey)) {
      if (this.stale || this.at < 0 || this.#complete()) return false;
      this.#take(this.items[this.at]);
    } else if (e.key === 'Escape') this.close();
    else return false;
    e.preventDefault();
    e.stopPropagation();
    return true;
  }

  /** Whether what is typed already is the chosen completion: then Enter sends. */
  #complete() {
    const item = this.items[this.at];
    return item.replace.toLowerCase() === item.text.trim().toLowerCase();
  }

  #take(item) {
    const end = this.area.selectionStart;
    this.area.setRangeText(item.text, end - item.replace.length, end, 'end');
    this.close();
    this.area.focus();
    this.area.dispatchEvent(new Event('input'));
  }

  close() {
    this.turn++;
    this.stale = false;
    this.items = [];
    this.#draw();
  }
}
