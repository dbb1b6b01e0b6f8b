/**
 * Block Kit layout blocks, drawn as Slack draws them.
 * @module
 */
import { h, frag } from './dom.js';
import { mrkdwn, plain, emojiNode } from './mrkdwn.js';
import { richText } from './richtext.js';
import { markdown } from './markdown.js';
import { control, input } from './elements.js';
import { chart } from './chart.js';

/**
 * @typedef {Object} Surface what blocks are drawn on
 * @property {import('./mrkdwn.js').Names} names
 * @property {function(Object): Promise<void>} act delivers a click: {action_id, block_id, value?, selected_option?, …}
 * @property {import('./elements.js').Form} [form] collects the inputs of a modal
 */

const DRAW = { section, header, divider, context, actions, image, rich_text, markdown: md, table, input: inputBlock, file, data_visualization: chart };

/**
 * Draws blocks one under the other. A type this page does not know becomes a placeholder that shows its JSON.
 * @param {Object[]} blocks
 * @param {Surface} surface
 * @returns {HTMLElement}
 */
export function drawBlocks(blocks, surface) {
  return h('div', { class: 'blocks' }, (blocks ?? []).map((block) => drawBlock(block, surface)));
}

function drawBlock(block, surface) {
  const draw = Object.hasOwn(DRAW, block?.type) ? DRAW[block.type] : unknown;
  try {
    return draw(block, surface);
  } catch (err) {
    console.warn('a block could not be drawn', err);
    return unknown(block, surface);
  }
}

/** A Block Kit text object: mrkdwn or plain_text. */
export function textNode(text, names) {
  if (!text) return frag();
  return text.type === 'plain_text' ? withEmoji(text.text ?? '', text.emoji !== false) : mrkdwn(text.text, names);
}

/** Plain text in which :names: of emoji are drawn. */
export function withEmoji(text, on = true) {
  if (!on) return frag(text);
  return frag(text.split(/:([a-z0-9_+-]+):/).map((piece, i) => (i % 2 ? emojiNode(piece) ?? `:${piece}:` : piece)));
}

function section(block, surface) {
  return h('div', { class: 'block section' },
    h('div', { class: 'section-body' },
      block.text && h('div', { class: 'section-text' }, textNode(block.text, surface.names)),
      block.fields?.length > 0 && h('div', { class: 'section-fields' }, block.fields.map((field) => h('div', {}, textNode(field, surface.names))))),
    block.accessory && h('div', { class: 'section-accessory' }, control(block.accessory, surface, block.block_id)));
}

function header(block, surface) {
  return h('h3', { class: 'block header' }, textNode(block.text, surface.names));
}

function divider() {
  return h('hr', { class: 'block divider' });
}

function context(block, surface) {
  return h('div', { class: 'block context' }, (block.elements ?? []).map((el) =>
    (el.type === 'image' ? picture(el, 'context-image') : h('span', {}, textNode(el, surface.names)))));
}

function actions(block, surface) {
  return h('div', { class: 'block actions' }, (block.elements ?? []).map((el) => control(el, surface, block.block_id)));
}

function image(block, surface) {
  return h('figure', { class: 'block image' },
    block.title && h('figcaption', {}, textNode(block.title, surface.names)), picture(block, 'block-image'));
}

/** Where the picture of a slack_file is, by its id or the address of the file in the workspace. */
function uploaded(file) {
  const id = file?.id ?? String(file?.url ?? '').match(/\/files-pri\/[^/-]+-(F[A-Z0-9]+)\//)?.[1];
  return id ? `${location.origin}/control/slack/file?id=${encodeURIComponent(id)}` : String(file?.url ?? '');
}

/** An uploaded picture, an image of this page or a data: image; others are not fetched, so they become a link to follow. */
export function picture(el, className) {
  const url = String(el.image_url ?? uploaded(el.slack_file));
  const alt = el.alt_text || 'image';
  if (/^data:image\/(?:png|jpeg|gif|webp|svg\+xml)[;,]/i.test(url) || url.startsWith(`${location.origin}/`)) {
    return h('img', { class: className, src: url, alt, loading: 'lazy' });
  }
  return h('a', { class: 'image-link', href: url, title: 'Pictures from elsewhere are not loaded here' }, `🖼 ${alt}`);
}

function rich_text(block, surface) {
  return h('div', { class: 'block rich-text' }, richText(block.elements, surface.names));
}

function md(block) {
  const node = markdown(block.text);
  node.classList.add('block');
  return node;
}

function table(block, surface) {
  const settings = block.column_settings ?? [];
  const cell = (value, c, tag) => {
    const el = h(tag, {
      class: `align-${['center', 'right'].includes(settings[c]?.align) ? settings[c].align : 'left'}${settings[c]?.is_wrapped ? ' wrapped' : ''}`,
    }, value?.type === 'rich_text' ? richText(value.elements, surface.names) : String(value?.text ?? value?.value ?? ''));
    el.classList.toggle('long-words', /\S{16}/.test(el.textContent));
    return el;
  };
  const [head, ...rows] = block.rows ?? [];
  return h('div', { class: 'block table-scroll', tabindex: 0, role: 'group', 'aria-label': 'Table' },
    h('table', {},
      head && h('thead', {}, h('tr', {}, head.map((value, c) => cell(value, c, 'th')))),
      h('tbody', {}, rows.map((row) => h('tr', {}, row.map((value, c) => cell(value, c, 'td')))))));
}

function inputBlock(block, surface) {
  return input(block, surface, textNode);
}

function file(block) {
  return h('div', { class: 'block unknown-block' }, `Remote file ${block.external_id ?? ''}`);
}

function unknown(block) {
  return h('details', { class: 'block unknown-block' },
    h('summary', {}, `This page cannot draw a block of type “${block?.type ?? 'none'}”`),
    h('pre', { class: 'pre' }, JSON.stringify(block, null, 2)));
}

/**
 * Draws legacy attachments: a colour bar with text, fields or blocks beside it.
 * @param {Object[]} attachments
 * @param {Surface} surface
 */
export function drawAttachments(attachments, surface) {
  return frag((attachments ?? []).map((attachment) => drawAttachment(attachment, surface)));
}

const NAMED = { good: '#2eb67d', warning: '#ecb22e', danger: '#e01e5a' };

function drawAttachment(a, surface) {
  const text = (value) => mrkdwn(value, surface.names);
  const el = h('div', { class: 'attachment' },
    a.pretext && h('div', { class: 'attachment-pretext' }, text(a.pretext)),
    h('div', { class: 'attachment-body' },
      a.author_name && h('div', { class: 'attachment-author' }, h('a', { href: a.author_link }, a.author_name)),
      a.title && h('div', { class: 'attachment-title' }, a.title_link ? h('a', { href: a.title_link }, plain(a.title, surface.names)) : text(a.title)),
      a.text && h('div', { class: 'attachment-text' }, text(a.text)),
      a.blocks?.length > 0 && drawBlocks(a.blocks, surface),
      !a.blocks?.length && !a.text && !a.title && a.fallback && h('div', { class: 'attachment-text' }, plain(a.fallback, surface.names)),
      a.fields?.length > 0 && h('div', { class: 'section-fields' }, a.fields.map((field) =>
        h('div', { class: field.short ? '' : 'field-wide' }, h('strong', {}, text(field.title)), h('div', {}, text(field.value))))),
      a.image_url && picture({ image_url: a.image_url, alt_text: a.fallback }, 'block-image'),
      a.footer && h('div', { class: 'attachment-footer' }, text(a.footer))));
  const colour = NAMED[a.color] ?? `#${String(a.color ?? '').replace(/^#/, '')}`;
  if (/^#(?:[\da-f]{3}|[\da-f]{6})$/i.test(colour)) el.style.setProperty('--bar', colour);
  return el;
}
