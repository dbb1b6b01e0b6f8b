/**
 * Block Kit's rich_text: text that carries its formatting beside it, so nothing in it is parsed.
 * @module
 */
import { h, frag } from './dom.js';
import { link, mention, emojiNode } from './mrkdwn.js';
import { slackDate } from './time.js';

/**
 * Draws the elements of a rich_text block.
 * @param {Object[]} elements
 * @param {import('./mrkdwn.js').Names} names
 */
export function richText(elements, names) {
  return frag((elements ?? []).map((el) => container(el, names, 0)));
}

function container(el, names, depth) {
  const inner = () => (el.elements ?? []).map((child) => inlineElement(child, names));
  if (depth > 8) return null;
  switch (el.type) {
    case 'rich_text_section': return h('div', { class: 'rt-section' }, inner());
    case 'rich_text_preformatted': return h('pre', { class: 'pre' }, inner());
    case 'rich_text_quote': return h('blockquote', { class: 'quote rt-section' }, inner());
    case 'rich_text_list': return list(el, names, depth);
    default: return h('span', { class: 'unknown' }, `[${el.type}]`);
  }
}

function list(el, names, depth) {
  const ordered = el.style === 'ordered';
  const indent = Math.min(Math.max(Number(el.indent) || 0, 0), 8);
  return h(ordered ? 'ol' : 'ul', {
    class: `rt-list rt-indent-${indent} rt-level-${indent % 3}${el.border ? ' rt-border' : ''}`,
    start: ordered && el.offset ? Number(el.offset) + 1 : null,
  }, (el.elements ?? []).map((child) => h('li', {}, container(child, names, depth + 1))));
}

function inlineElement(el, names) {
  return styledBy(el.style, node(el, names));
}

function node(el, names) {
  switch (el.type) {
    case 'text': return document.createTextNode(el.text ?? '');
    case 'link': return link(el.url ?? '', el.text ?? '');
    case 'user': return mention(`@${names.user(el.user_id)}`, el.user_id === names.me);
    case 'channel': return h('a', { class: 'mention', href: `#/c/${el.channel_id}` }, `#${names.channel(el.channel_id)}`);
    case 'usergroup': return mention(`@${names.usergroup(el.usergroup_id)}`, false);
    case 'broadcast': return mention(`@${el.range}`, true);
    case 'emoji': return emojiNode(el.name ?? '') ?? document.createTextNode(`:${el.name}:`);
    case 'date': return h('time', {}, slackDate(Number(el.timestamp), el.format ?? '{date}') || el.fallback);
    case 'color': return h('code', {}, el.value);
    case 'team': return mention('@workspace', false);
    default: return h('span', { class: 'unknown' }, `[${el.type}]`);
  }
}

const STYLES = [['code', 'code'], ['strike', 's'], ['italic', 'em'], ['bold', 'strong'], ['underline', 'u']];

function styledBy(style, inner) {
  return STYLES.reduce((wrapped, [name, tag]) => (style?.[name] ? h(tag, {}, wrapped) : wrapped), inner);
}
