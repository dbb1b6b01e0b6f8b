/**
 * Where messages are typed: Enter sends, Shift+Enter breaks the line, @, / and # offer completions.
 * @module
 */
import { h, icon, iconButton } from './dom.js';
import { load, save } from './storage.js';
import { Completion } from './complete.js';
import { openPicker } from './menu.js';

const MAX = 40000;

/**
 * Makes a composer.
 * @param {import('./app.js').App} app
 * @param {Object} o
 * @param {string} o.label what it is for; shown while it is empty
 * @param {function(string): Promise<boolean>} o.send resolves true once the text was taken
 * @param {string} [o.draft] the key under which an unsent text is kept
 * @param {string} [o.text] what it starts with
 * @param {function(): boolean} [o.up] what Arrow Up does while it is empty
 * @param {function()} [o.cancel] what Escape does
 * @param {string} [o.button] the name of the send button
 * @param {boolean} [o.commands] whether a slash command may be typed here
 * @returns {{node: HTMLElement, focus: function(), fill: function(string)}}
 */
export function composer(app, o) {
  const draftKey = o.draft && `draft.${o.draft}`;
  const area = h('textarea', {
    class: 'composer-text', rows: 1, placeholder: o.label, 'aria-label': o.label, maxlength: MAX, spellcheck: 'true',
    autocomplete: 'off', role: 'combobox', 'aria-expanded': 'false', 'aria-autocomplete': 'list',
  });
  area.value = o.text ?? (draftKey ? load(draftKey, '') : '');
  const send = h('button', { type: 'button', class: 'send', 'aria-label': o.button ?? 'Send now', title: `${o.button ?? 'Send'} (Enter)` }, o.button ?? icon('send'));
  const completion = new Completion(app, area, Boolean(o.commands));
  const emojiButton = iconButton('smile', 'Emoji', () => openPicker(emojiButton, (name) => insert(area, `:${name}: `)));
  const node = h('div', { class: 'composer' }, completion.list,
    h('div', { class: 'composer-box' }, area, h('div', { class: 'composer-bar' },
      iconButton('at', 'Mention somebody', () => insert(area, '@')),
      o.commands && iconButton('slash', 'Commands', () => { area.value = '/'; changed(); area.focus(); }),
      emojiButton, h('span', { class: 'composer-hint' }, h('kbd', {}, 'Shift'), ' ', h('kbd', {}, 'Enter'), ' for a new line'),
      h('span', { class: 'grow' }), o.cancel && o.button && h('button', { type: 'button', class: 'button', on: { click: o.cancel } }, 'Cancel'), send)));

  const changed = () => {
    grow(area);
    send.disabled = !area.value.trim();
    if (draftKey) save(draftKey, area.value || undefined);
    completion.update();
  };
  const submit = async () => {
    const text = area.value.trim();
    if (!text || send.disabled) return;
    send.disabled = true;
    area.value = '';
    changed();
    if (!(await o.send(text)) && !area.value) {
      area.value = text;
      changed();
    }
  };
  area.addEventListener('input', changed);
  area.addEventListener('keydown', (e) => {
    if (completion.onKey(e)) return;
    onKey(e, area, submit, o);
  });
  send.addEventListener('click', submit);
  queueMicrotask(changed);
  return {
    node,
    focus: () => area.focus({ preventScroll: false }),
    fill: (text) => {
      area.value = text;
      changed();
      area.focus();
      area.setSelectionRange(text.length, text.length);
    },
  };
}

function onKey(e, area, submit, o) {
  if (e.isComposing) return;
  if (e.key === 'Enter' && !e.shiftKey && !e.altKey) {
    e.preventDefault();
    submit();
  } else if (e.key === 'ArrowUp' && area.value === '' && o.up?.()) e.preventDefault();
  else if (e.key === 'Escape' && o.cancel) {
    e.preventDefault();
    e.stopPropagation();
    o.cancel();
  } else if ((e.ctrlKey || e.metaKey) && Object.hasOwn(MARKS, e.key)) {
    e.preventDefault();
    wrap(area, MARKS[e.key]);
  }
}

const MARKS = { b: '*', i: '_', e: '`' };

function wrap(area, mark) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  area.setRangeText(mark + value.slice(from, to) + mark, from, to, 'end');
  if (from === to) area.setSelectionRange(from + 1, from + 1);
  area.dispatchEvent(new Event('input'));
}

function insert(area, text) {
  const before = area.value.slice(0, area.selectionStart);
  const gap = before && !/\s$/.test(before) ? ' ' : '';
  area.focus();
  area.setRangeText(gap + text, area.selectionStart, area.selectionEnd, 'end');
  area.dispatchEvent(new Event('input'));
}

function grow(area) {
  area.style.setProperty('height', 'auto');
  area.style.setProperty('height', `${Math.min(area.scrollHeight, 260)}px`);
}
