/**
 * Modal dialogs: confirmations, and the views an app opens.
 * @module
 */
import { h, iconButton } from './dom.js';

/**
 * Shows a dialog and resolves with what close was called with, or null after Escape.
 * @param {string} name what screen readers call it
 * @param {function(function(*)): Node[]} content given close
 * @param {string} [className]
 */
export function showDialog(name, content, className = '') {
  return new Promise((resolve) => {
    const dialog = h('dialog', { class: `dialog ${className}`, 'aria-label': name });
    let result = null;
    const close = (value = null) => {
      result = value;
      dialog.close();
    };
    dialog.append(...content(close));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    });
    dialog.addEventListener('click', (e) => e.target === dialog && close());
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Asks before something is done. Resolves true only if the person agreed.
 * @param {{title: string, text: Node|string, yes: string, no?: string, danger?: boolean}} ask
 */
export async function confirmDialog({ title, text, yes, no = 'Cancel', danger = false }) {
  return (await showDialog(title, (close) => [
    h('h2', { class: 'dialog-title' }, title), h('div', { class: 'dialog-body' }, text),
    h('div', { class: 'dialog-actions' },
      h('button', { type: 'button', class: 'button', on: { click: () => close() } }, no),
      h('button', { type: 'button', class: `button ${danger ? 'danger' : 'primary'}`, autofocus: true, on: { click: () => close(true) } }, yes)),
  ], 'small')) === true;
}

/**
 * Shows an app's view.
 * @param {Object} view
 * @param {string} view.title
 * @param {Node} view.body
 * @param {string} [view.submit] the name of the submit button
 * @param {string} [view.cancel] the name of the close button
 * @param {function(): Promise<boolean>} [view.onSubmit] resolves true when the view is done; without it there is no submit button
 * @returns {{done: Promise<*>, close: function()}} done resolves true after submit, 'replaced' after close(), and null when the person closed it
 */
export function viewDialog({ title, body, submit, cancel, onSubmit }) {
  let shut = () => {};
  const send = async (e, close) => {
    e.preventDefault();
    const button = e.submitter ?? e.target.querySelector('[type=submit]');
    button?.setAttribute('aria-busy', 'true');
    try {
      if (await onSubmit()) close(true);
    } finally {
      button?.removeAttribute('aria-busy');
    }
  };
  const done = showDialog(title, (close) => (shut = () => close('replaced')) && [
    h('form', { class: 'view-form', on: { submit: (e) => send(e, close) } },
      h('header', { class: 'dialog-head' }, h('h2', { class: 'dialog-title' }, title), iconButton('close', 'Close', () => close())),
      h('div', { class: 'dialog-body' }, body),
      h('div', { class: 'dialog-actions' },
        h('button', { type: 'button', class: 'button', on: { click: () => close() } }, cancel || 'Close'),
        onSubmit && h('button', { type: 'submit', class: 'button primary' }, submit || 'Submit'))),
  ], 'view');
  return { done, close: () => shut() };
}

/** Says something in passing at the bottom of the window: errors of what was just tried. */
export function toast(text) {
  const node = h('div', { class: 'toast', role: 'alert' }, text);
  document.body.append(node);
  setTimeout(() => node.remove(), 6000);
}
