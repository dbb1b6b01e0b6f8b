/**
 * The comments of a pull request, kept current, and the box to write one.
 * @module
 */
import { h, iconButton, reconcile } from './dom.js';
import { github } from './api.js';
import { markdown } from './markdown.js';
import { emoji } from './emoji.js';
import { avatar } from './people.js';
import { openMenu } from './menu.js';
import { confirmDialog } from './dialog.js';
import { load, save } from './storage.js';
import { ago, exact } from './time.js';

/** The comments under one pull request. */
export class Conversation {
  #comments = new Map();
  #editing = 0;

  /**
   * @param {import('./app.js').App} app
   * @param {Object} pull with its comments
   */
  constructor(app, pull) {
    this.app = app;
    this.number = pull.number;
    this.list = h('div', { class: 'comments', 'aria-label': 'Comments' });
    this.node = h('div', {}, this.list, this.#box());
    this.replace(pull.comments);
  }

  /** Shows these comments and no others. */
  replace(comments) {
    this.#comments = new Map((comments ?? []).map((comment) => [comment.id, comment]));
    this.#draw();
  }

  /** Takes in an event of the stream. */
  apply({ type, comment, id }) {
    if (type === 'comment_deleted') this.#comments.delete(comment?.id ?? id);
    else if (comment) this.#comments.set(comment.id, { ...this.#comments.get(comment.id), ...comment });
    this.#draw();
  }

  /** The name the current person has on GitHub. */
  get login() {
    const { store } = this.app;
    return store.users.get(store.me)?.name ?? 'ada';
  }

  #draw() {
    const all = [...this.#comments.values()].sort((a, b) => a.id - b.id);
    reconcile(this.list, all.map((comment) => ({
      key: String(comment.id), sig: JSON.stringify([comment, this.#editing === comment.id, this.login]), build: () => this.#comment(comment),
    })));
    const count = document.querySelector('.tab[aria-current] .count');
    if (count) count.textContent = String(all.length);
  }

  #comment(comment) {
    const changed = comment.updated_at && comment.updated_at !== comment.created_at;
    const user = [...this.app.store.users.values()].find(({ name }) => name === comment.author);
    return h('article', { class: `comment${comment.is_bot ? ' by-bot' : ''}`, data: { id: comment.id }, 'aria-label': `Comment by ${comment.author}` },
      h('header', { class: 'comment-head' }, avatar({ name: comment.author, color: user?.color ?? '757575', ship: comment.is_bot && comment.author.startsWith('shipmate') }, 'small'),
        h('strong', {}, comment.author), comment.is_bot && h('span', { class: 'app-badge' }, 'bot'), ' ',
        h('time', { title: exact(new Date(comment.created_at)) }, ago(new Date(comment.created_at))),
        changed && h('span', { class: 'edited', title: exact(new Date(comment.updated_at)) }, ' · edited'),
        h('span', { class: 'grow' }), comment.author === this.login && this.#menu(comment)),
      h('div', { class: 'comment-body' }, this.#editing === comment.id ? this.#editor(comment) : markdown(comment.body), marks(comment.reactions)));
  }

  #menu(comment) {
    const button = iconButton('more', 'Comment actions', () => openMenu(button, [
      { label: 'Edit', run: () => this.#edit(comment.id) }, { label: 'Delete…', danger: true, run: () => this.#remove(comment) },
    ]), { 'aria-haspopup': 'menu' });
    return button;
  }

  #edit(id) {
    this.#editing = id;
    this.#draw();
    this.list.querySelector('.comment-editor textarea')?.focus();
  }

  #editor(comment) {
    const area = h('textarea', { class: 'field', rows: 5, 'aria-label': 'Edit comment' });
    area.value = comment.body;
    const store = async () => {
      if (await this.app.attempt(github.edit({ user: this.login, id: comment.id, body: area.value }))) this.#edit(0);
    };
    return h('div', { class: 'comment-editor' }, area, h('div', { class: 'dialog-actions' },
      h('button', { type: 'button', class: 'button', on: { click: () => this.#edit(0) } }, 'Cancel'),
      h('button', { type: 'button', class: 'button primary', on: { click: store } }, 'Update comment')));
  }

  async #remove(comment) {
    if (await confirmDialog({ title: 'Delete comment', text: 'This cannot be undone.', yes: 'Delete', danger: true })) {
      await this.app.attempt(github.remove({ user: this.login, id: comment.id }));
    }
  }

  #box() {
    const key = `comment.${this.number}`;
    const area = h('textarea', { class: 'field comment-text', rows: 3, placeholder: 'Try /shipmate summarize', 'aria-label': 'Write a comment' });
    const send = h('button', { type: 'submit', class: 'button primary' }, 'Comment');
    area.value = load(key, '');
    const changed = () => {
      send.disabled = !area.value.trim();
      save(key, area.value || undefined);
    };
    const submit = async (e) => {
      e?.preventDefault();
      const body = area.value.trim();
      if (!body || send.hasAttribute('aria-busy')) return;
      send.setAttribute('aria-busy', 'true');
      if (await this.app.attempt(github.comment({ user: this.login, number: this.number, body }))) {
        area.value = '';
        changed();
      }
      send.removeAttribute('aria-busy');
    };
    area.addEventListener('input', changed);
    area.addEventListener('keydown', (e) => e.key === 'Enter' && (e.ctrlKey || e.metaKey) && submit(e));
    changed();
    return h('form', { class: 'comment-box', on: { submit } }, area, h('div', { class: 'dialog-actions' },
      h('span', { class: 'composer-hint' }, 'Markdown · ', h('kbd', {}, 'Ctrl'), ' ', h('kbd', {}, 'Enter'), ' to send'), h('span', { class: 'grow' }), send));
  }
}

function marks(reactions) {
  const list = Object.entries(reactions ?? {}).filter(([, count]) => count > 0 && Number.isFinite(count));
  if (list.length === 0) return null;
  return h('div', { class: 'reactions' }, list.map(([name, count]) => h('span', { class: 'reaction', title: name }, emoji(name) || name, h('span', {}, count))));
}
