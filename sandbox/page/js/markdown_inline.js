/**
 * The inside of a Markdown paragraph: code spans, links, emphasis, entities and the few harmless HTML tags.
 * @module
 */
import { h, frag, safeURL } from './dom.js';
import { emojiNode } from './mrkdwn.js';

const ENTITIES = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', mdash: '—', ndash: '–', hellip: '…', copy: '©', reg: '®', trade: '™',
  middot: '·', bull: '•', rarr: '→', larr: '←', uarr: '↑', darr: '↓', harr: '↔', times: '×', divide: '÷', plusmn: '±', le: '≤', ge: '≥', ne: '≠',
  lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', laquo: '«', raquo: '»', deg: '°', sect: '§', para: '¶', micro: 'µ', ensp: '\u2002', emsp: '\u2003',
  thinsp: '\u2009', zwj: '\u200d', zwnj: '\u200c', shy: '\u00ad', check: '✓', cross: '✗', num: '#', ast: '*', lowbar: '_', grave: '`', vert: '|', sol: '/', bsol: '\\',
};

/** Replaces HTML entities by the characters they name; an unknown one stays as it is. */
export function entities(text) {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,8}));/gi, (all, dec, hex, name) => {
    if (name) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : all;
    const code = dec ? Number(dec) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}

const TAGS = new Set(['b', 'strong', 'i', 'em', 'code', 'kbd', 'sub', 'sup', 'del', 's', 'ins', 'samp', 'var', 'q', 'mark', 'small']);
const FIRST = 0xe000;
const LAST = 0xf8ff;
const ATOM = new RegExp([
  /(?<tick>`+)(?<code>[\s\S]*?[^`])\k<tick>(?!`)/, /\\(?<escaped>[!-/:-@[-`{-~])/, /<!--[\s\S]*?-->/,
  /<(?<auto>(?:https?:\/\/|mailto:)[^\s<>]+)>/, /<br\s*\/?>(?<br>)\n?/, /<(?<tag>[a-z]+)>(?<inner>[^<]*)<\/\k<tag>>/,
  /(?<image>!?)\[(?<label>(?:[^[\]\\]|\\.|\[[^[\]]*\])*)\]\(\s*<?(?<url>[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+["'(][^\n]*?["')])?\s*\)/,
  /(?<bare>https?:\/\/[^\s<>\ue000-\uf8ff]+)/, /(?<![\w/&])#(?<number>\d{1,9})\b/, /(?<![\w/`.])@(?<login>[a-z\d](?:[a-z\d-]{0,38}))(?:\[bot\])?/,
  /:(?<emoji>[a-z0-9_+-]+):/,
].map((re) => re.source).join('|'), 'gi');

/**
 * Draws inline Markdown.
 * @param {string} text
 * @param {number} depth how many labels and tags this text is inside of
 * @returns {DocumentFragment}
 */
export function inline(text, depth = 0) {
  if (depth > 6) return frag(text);
  const atoms = [];
  const flat = text.replace(/[\ue000-\uf8ff]/g, '').replace(ATOM, (all, ...rest) => {
    const node = atoms.length > LAST - FIRST ? null : atom(rest.at(-1), all, depth);
    if (!node) return all;
    atoms.push(node);
    return String.fromCharCode(FIRST + atoms.length - 1) + (node.tail ?? '');
  });
  return emphasis(flat, atoms, 0);
}

function atom(g, all, depth) {
  if (g.code !== undefined) return h('code', {}, g.code.replace(/\n/g, ' ').replace(/^ (.*[^ ].*) $/, '$1'));
  if (g.escaped !== undefined) return document.createTextNode(g.escaped);
  if (g.auto !== undefined) return anchor(g.auto, g.auto);
  if (g.br !== undefined) return h('br');
  if (g.tag !== undefined) return TAGS.has(g.tag.toLowerCase()) ? h(g.tag.toLowerCase(), {}, g.tag === 'code' ? entities(g.inner) : inline(g.inner, depth + 1)) : null;
  if (g.url !== undefined) return linked(g, depth);
  if (g.bare !== undefined) return bare(g.bare);
  if (g.number !== undefined) return h('a', { href: `#/pulls/${g.number}` }, `#${g.number}`);
  if (g.login !== undefined) return h('span', { class: 'md-login' }, all);
  if (g.emoji !== undefined) return emojiNode(g.emoji);
  return document.createTextNode('');
}

function anchor(url, text) {
  return safeURL(url) && !url.startsWith('#') ? h('a', { href: url }, text) : document.createTextNode(text);
}

function linked({ image, label, url }, depth) {
  const inner = inline(label, depth + 1);
  const address = entities(url);
  if (image) {
    const alt = h('span', { class: 'md-image' }, '🖼 ', label || 'image');
    return safeURL(address) && depth === 0 ? h('a', { href: address }, alt) : alt;
  }
  if (!safeURL(address)) return h('span', { class: 'md-dead', title: 'This address cannot be followed here' }, inner);
  return h('a', { href: address }, inner);
}

function bare(url) {
  const trimmed = url.replace(/[.,;:!?'"*_~)\]]+$/, (tail) => (tail.startsWith(')') && url.includes('(') ? ')' : ''));
  const node = anchor(trimmed, trimmed);
  node.tail = url.slice(trimmed.length);
  return node;
}

const MARK = /(\*\*\*|\*\*|\*|___|__|_|~~|~)/g;
const ELEMENTS = { '**': 'strong', __: 'strong', '*': 'em', _: 'em', '~~': 'del', '~': 'del' };
const WORD = /[\p{L}\p{N}]/u;

function emphasis(text, atoms, depth) {
  const out = frag();
  const none = new Set();
  let from = 0;
  MARK.lastIndex = 0;
  const marks = depth > 6 ? [] : [...text.matchAll(MARK)];
  for (const { 0: mark, index } of marks) {
    if (index < from || none.has(mark) || !opens(text, index, mark)) continue;
    const end = closing(text, index, mark);
    if (end < 0) {
      none.add(mark);
      continue;
    }
    const inner = emphasis(text.slice(index + mark.length, end), atoms, depth + 1);
    const node = mark.length === 3 ? h('strong', {}, h('em', {}, inner)) : h(ELEMENTS[mark], {}, inner);
    out.append(restore(text.slice(from, index), atoms), node);
    from = end + mark.length;
  }
  out.append(restore(text.slice(from), atoms));
  return out;
}

function opens(text, i, mark) {
  const next = text[i + mark.length];
  return next !== undefined && !/\s/.test(next) && !(mark[0] === '_' && i > 0 && WORD.test(text[i - 1]));
}

function closing(text, i, mark) {
  const char = mark[0];
  for (let end = text.indexOf(mark, i + mark.length + 1); end > 0; end = text.indexOf(mark, end + 1)) {
    const after = text[end + mark.length];
    if (/\s/.test(text[end - 1]) || (char === '_' && after && WORD.test(after))) continue;
    if (mark.length === 1 && (after === char || text[end - 1] === char)) {
      while (text[end + 1] === char) end++;
      continue;
    }
    return end;
  }
  return -1;
}

function restore(text, atoms) {
  return frag(text.split(/([\ue000-\uf8ff])/).map((piece, i) => (i % 2 ? atoms[piece.charCodeAt(0) - FIRST] : entities(piece))));
}
