/**
 * The views an app opens: modals drawn from blocks, lying on each other, submitted with what was filled in.
 * @module
 */
import { slack } from './api.js';
import { drawBlocks } from './blocks.js';
import { viewDialog, toast } from './dialog.js';

/** The open modals of the person at the page; the top one is on screen. */
export class Views {
  /** @type {Object[]} */ #stack = [];
  #dialog = null;
  #form = null;

  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.app = app;
  }

  /**
   * Takes in what happened to a view.
   * @param {{view: Object, user: string, action: 'open'|'push'|'update'|'close'|'errors', errors?: Object<string, string>}} event
   */
  apply({ view, user, action, errors }) {
    if (user !== this.app.store.me || view?.type !== 'modal') return;
    const top = this.#stack.at(-1);
    const at = this.#stack.findIndex(({ id }) => id === view.id);
    if (action === 'open') this.#stack = [view];
    else if (action === 'push') this.#stack.push(view);
    else if (action === 'update' && at >= 0) this.#stack[at] = view;
    else if (action === 'close' && at >= 0) this.#stack.splice(at, 1);
    else if (action === 'errors' && top?.id === view.id) this.#showErrors(errors ?? {});
    if (this.#stack.at(-1) !== top) this.#draw();
  }

  #draw() {
    this.#dialog?.close();
    this.#dialog = null;
    const view = this.#stack.at(-1);
    if (!view) return;
    const form = { fields: [], errors: new Map() };
    const { store } = this.app;
    const surface = { names: store.names, form, options: this.app.pickerOptions(), act: (action) => this.app.click({ view_id: view.id, ...action }) };
    const dialog = viewDialog({
      title: view.title?.text ?? 'Shipmate', body: drawBlocks(view.blocks, surface), submit: view.submit?.text, cancel: view.close?.text,
      onSubmit: view.submit ? () => this.#submit(view, form) : null,
    });
    this.#dialog = dialog;
    this.#form = form;
    dialog.done.then((how) => how === null && this.#closedByPerson(view));
  }

  #closedByPerson(view) {
    this.#dialog = null;
    this.#stack = this.#stack.filter(({ id }) => id !== view.id);
    slack.submit({ user: this.app.store.me, view_id: view.id, close: true }).catch(() => {});
    this.#draw();
  }

  #showErrors(errors) {
    for (const [block, text] of Object.entries(errors)) {
      const place = this.#form?.errors.get(block);
      if (place) place.textContent = text;
      else toast(text);
    }
  }

  /** Sends the form. What becomes of the view arrives as an event, so the dialog stays until then. */
  async #submit(view, form) {
    for (const error of form.errors.values()) error.textContent = '';
    const values = {};
    for (const { block_id: block, action_id: action, read } of form.fields) (values[block] ??= {})[action] = read();
    const answer = await this.app.attempt(slack.submit({ user: this.app.store.me, view_id: view.id, values }));
    if (answer && !answer.ok) toast('Shipmate did not answer in time. Try again.');
    return false;
  }
}
