/**
 * Block Kit's interactive elements: buttons, menus, pickers, and the inputs of a modal.
 * @module
 */
import { h, icon } from './dom.js';
import { picture, textNode, withEmoji } from './blocks.js';
import { confirmDialog } from './dialog.js';
import { openMenu } from './menu.js';

/**
 * @typedef {Object} Form what a modal's inputs are read from on submit
 * @property {{block_id: string, action_id: string, read: function(): Object}[]} fields
 * @property {Map<string, HTMLElement>} errors where the message for a block_id is shown
 * @property {Object} options choices for pickers of people and channels: {users, channels}, lists of {text, value}
 */

const DRAW = {
  button, overflow, image: (el) => picture(el, 'accessory-image'), workflow_button: button,
  static_select: select, external_select: select, users_select: select, conversations_select: select, channels_select: select,
  multi_static_select: choices, multi_users_select: choices, multi_channels_select: choices, multi_conversations_select: choices,
  checkboxes: choices, radio_buttons: choices,
  plain_text_input: field, email_text_input: field, url_text_input: field, number_input: field,
  datepicker: field, timepicker: field, datetimepicker: field,
};

/**
 * Draws one element.
 * @param {Object} el
 * @param {import('./blocks.js').Surface} surface
 * @param {string} blockId
 * @returns {HTMLElement}
 */
export function control(el, surface, blockId) {
  if (!Object.hasOwn(DRAW, el?.type)) return h('span', { class: 'unknown' }, `[${el?.type ?? 'nothing'}]`);
  return DRAW[el.type](el, surface, blockId);
}

const label = (text) => text?.text ?? '';

/** Asks for confirmation if the element wants it, then delivers the action with the control marked busy. */
async function act(el, node, surface, blockId, extra) {
  if (el.confirm && !(await confirmDialog({
    title: label(el.confirm.title), text: textNode(el.confirm.text, surface.names),
    yes: label(el.confirm.confirm) || 'Yes', no: label(el.confirm.deny) || 'Cancel', danger: el.confirm.style === 'danger',
  }))) return false;
  node.setAttribute('aria-busy', 'true');
  node.disabled = true;
  try {
    await surface.act({ type: el.type, action_id: el.action_id, block_id: blockId, ...extra });
  } finally {
    setTimeout(() => {
      node.removeAttribute('aria-busy');
      node.disabled = false;
    }, 350);
  }
  return true;
}

function button(el, surface, blockId) {
  const style = ['primary', 'danger'].includes(el.style) ? ` ${el.style}` : '';
  const props = { class: `button${style}`, 'aria-label': el.accessibility_label ?? null };
  const deliver = (e) => act(el, e.currentTarget, surface, blockId, { value: el.value });
  if (el.url) return h('a', { ...props, href: el.url, role: 'button', on: { click: deliver } }, withEmoji(label(el.text)));
  return h('button', { ...props, type: 'button', on: { click: deliver } }, withEmoji(label(el.text)));
}

function overflow(el, surface, blockId) {
  const node = h('button', { type: 'button', class: 'button overflow', 'aria-label': 'More actions', 'aria-haspopup': 'menu' }, icon('more'));
  node.addEventListener('click', () => openMenu(node, (el.options ?? []).map((option) => ({
    label: label(option.text), href: option.url, run: () => act(el, node, surface, blockId, { selected_option: option.value }),
  }))));
  return node;
}

/** The choices of a select: its own options or groups, or the workspace's people and channels. */
function optionGroups(el, surface) {
  const own = surface.options ?? {};
  if (el.type.includes('users')) return [{ options: own.users ?? [] }];
  if (el.type.includes('channels') || el.type.includes('conversations')) return [{ options: own.channels ?? [] }];
  return el.option_groups ?? [{ options: el.options ?? [] }];
}

const initial = (el) => el.initial_option?.value ?? el.initial_user ?? el.initial_channel ?? el.initial_conversation ?? '';

function select(el, surface, blockId) {
  const all = [];
  const choice = (option) => {
    all.push(option);
    return h('option', { value: String(all.length - 1), selected: option.value === initial(el) }, label(option.text));
  };
  const groups = optionGroups(el, surface).map((group) => (group.label
    ? h('optgroup', { label: label(group.label) }, group.options.map(choice)) : group.options.map(choice)));
  const node = h('select', { class: 'select', 'aria-label': label(el.placeholder) || 'Choose' },
    h('option', { value: '', selected: !initial(el) }, label(el.placeholder) || 'Choose an option'), groups);
  const read = () => selected(el, all[node.value]);
  if (surface.form) surface.form.fields.push({ block_id: blockId, action_id: el.action_id, read });
  if (!surface.form || surface.dispatch) {
    node.addEventListener('change', () => node.value !== '' && act(el, node, surface, blockId, { value: all[node.value].value }));
  }
  return node;
}

/** The selection in the words of Slack's payload for this kind of menu. */
function selected(el, option) {
  const value = option?.value ?? null;
  if (el.type === 'users_select') return { type: el.type, selected_user: value };
  if (el.type === 'channels_select') return { type: el.type, selected_channel: value };
  if (el.type === 'conversations_select') return { type: el.type, selected_conversation: value };
  return { type: el.type, selected_option: option ?? null };
}

function choices(el, surface, blockId) {
  const radio = el.type === 'radio_buttons';
  const group = `g${Math.random().toString(36).slice(2)}`;
  const options = optionGroups(el, surface).flatMap((part) => part.options);
  const on = new Set((el.initial_options ?? (el.initial_option ? [el.initial_option] : [])).map((option) => option.value));
  const boxes = options.map((option) => h('input', { type: radio ? 'radio' : 'checkbox', name: group, checked: on.has(option.value) }));
  const read = () => {
    const picked = options.filter((_, i) => boxes[i].checked);
    if (radio) return { type: el.type, selected_option: picked[0] ?? null };
    const kind = el.type.match(/^multi_(users|channels|conversations)_select$/)?.[1];
    if (kind) return { type: el.type, [`selected_${kind}`]: picked.map((option) => option.value) };
    return { type: el.type, selected_options: picked };
  };
  const node = h('div', { class: 'choices', role: radio ? 'radiogroup' : 'group' }, options.map((option, i) =>
    h('label', {}, boxes[i], h('span', {}, textNode(option.text, surface.names), option.description && h('small', {}, textNode(option.description, surface.names))))));
  if (surface.form) surface.form.fields.push({ block_id: blockId, action_id: el.action_id, read });
  if (!surface.form || surface.dispatch) {
    node.addEventListener('change', () => act(el, node, surface, blockId, { value: options.filter((_, i) => boxes[i].checked).map((option) => option.value).join(',') }));
  }
  return node;
}

const INPUT_TYPES = { email_text_input: 'email', url_text_input: 'url', number_input: 'number', datepicker: 'date', timepicker: 'time', datetimepicker: 'datetime-local' };

function field(el, surface, blockId) {
  const props = {
    class: 'field', placeholder: label(el.placeholder) || null, maxlength: el.max_length, minlength: el.min_length, min: el.min_value, max: el.max_value,
    step: el.is_decimal_allowed ? 'any' : null, 'aria-label': label(el.placeholder) || null,
  };
  const node = el.multiline ? h('textarea', { ...props, rows: 4 }) : h('input', { ...props, type: INPUT_TYPES[el.type] ?? 'text' });
  node.value = el.initial_value ?? el.initial_date ?? el.initial_time ?? '';
  const read = () => fieldValue(el, node.value);
  if (surface.form) surface.form.fields.push({ block_id: blockId, action_id: el.action_id, read });
  if (!surface.form || surface.dispatch) node.addEventListener('change', () => act(el, node, surface, blockId, { value: node.value }));
  return node;
}

function fieldValue(el, value) {
  if (el.type === 'datepicker') return { type: el.type, selected_date: value || null };
  if (el.type === 'timepicker') return { type: el.type, selected_time: value || null };
  if (el.type === 'datetimepicker') return { type: el.type, selected_date_time: value ? Math.floor(new Date(value) / 1000) : null };
  return { type: el.type, value: value || null };
}

/** An input block: label, element, hint, and room for an error. */
export function input(block, surface, text) {
  const node = control(block.element, { ...surface, dispatch: Boolean(block.dispatch_action) }, block.block_id);
  const error = h('p', { class: 'input-error', role: 'alert' });
  surface.form?.errors.set(block.block_id, error);
  if (!block.optional && 'required' in node) node.required = true;
  const id = `input-${block.block_id ?? Math.random().toString(36).slice(2)}`;
  node.id = id;
  node.setAttribute('aria-label', label(block.label));
  return h('div', { class: 'block input-block' },
    h('label', { for: id }, text(block.label, surface.names), block.optional && h('small', {}, ' (optional)')), node,
    block.hint && h('p', { class: 'input-hint' }, text(block.hint, surface.names)), error);
}
