/**
 * Pop-up menus and the emoji picker: one open at a time, closed by Escape, a click elsewhere, or a choice.
 * @module
 */
import { h } from './dom.js';
import { PICKER, emoji, drawable } from './emoji.js';

let close = () => {};

/**
 * Opens a menu beside its button.
 * @param {HTMLElement} anchor
 * @param {{label: string|Node, hint?: string, href?: string, danger?: boolean, checked?: boolean, run?: function()}[]} items
 */
export function openMenu(anchor, items) {
  const pick = (item) => () => {
    close();
    item.run?.();
  };
  popup(anchor, h('div', { class: 'menu', role: 'menu' }, items.map((item) => h(item.href ? 'a' : 'button', {
    class: `menu-item${item.danger ? ' danger' : ''}`, role: item.checked === undefined ? 'menuitem' : 'menuitemradio', type: item.href ? null : 'button',
    'aria-checked': item.checked === undefined ? null : String(item.checked), href: item.href, on: { click: pick(item) },
  }, item.label, item.hint && h('small', {}, item.hint)))), 'vertical');
}

/**
 * Opens the emoji picker; onPick gets the chosen name.
 * @param {HTMLElement} anchor
 * @param {function(string)} onPick
 */
export function openPicker(anchor, onPick) {
  popup(anchor, h('div', { class: `menu picker${drawable() ? '' : ' in-words'}`, role: 'menu', 'aria-label': 'Emoji' }, PICKER.map((name) => h('button', {
    type: 'button', class: 'picker-item', role: 'menuitem', 'aria-label': name, title: `:${name}:`,
    on: {
      click: () => {
        close();
        onPick(name);
      },
    },
  }, emoji(name) || `:${name}:`))), 'grid');
}

function popup(anchor, node, layout) {
  close();
  const ends = new AbortController();
  close = () => {
    const inside = node.contains(document.activeElement);
    ends.abort();
    node.remove();
    anchor.setAttribute('aria-expanded', 'false');
    if (inside && anchor.isConnected) anchor.focus();
    close = () => {};
  };
  anchor.setAttribute('aria-expanded', 'true');
  (anchor.closest('dialog') ?? document.body).append(node);
  place(anchor, node);
  const shut = close;
  const items = [...node.querySelectorAll('[role^=menuitem]')];
  items[0]?.focus();
  node.addEventListener('keydown', (e) => onKey(e, items, layout === 'grid' && drawable() ? 8 : 1, shut));
  document.addEventListener('pointerdown', (e) => !node.contains(e.target) && shut(), { signal: ends.signal, capture: true });
  window.addEventListener('resize', shut, { signal: ends.signal });
  window.addEventListener('hashchange', shut, { signal: ends.signal });
}

function onKey(e, items, columns, shut) {
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1, Home: -at, End: items.length - 1 - at }[e.key];
  if (e.key === 'Escape' || e.key === 'Tab') {
    e.stopPropagation();
    if (e.key === 'Escape') e.preventDefault();
    shut();
  } else if (step !== undefined) {
    e.preventDefault();
    items[(at + step + items.length) % items.length].focus();
  }
}

function place(anchor, node) {
  const at = anchor.getBoundingClientRect();
  const size = node.getBoundingClientRect();
  const below = at.bottom + 4 + size.height <= innerHeight;
  const top = below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4);
  const left = Math.min(Math.max(8, at.left), innerWidth - size.width - 8);
  node.style.setProperty('top', `${top}px`);
  node.style.setProperty('left', `${left}px`);
}
