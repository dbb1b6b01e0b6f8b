/**
 * Slack's mrkdwn, drawn with DOM nodes: *bold* _italic_ ~strike~ `code`, fences, quotes, :emoji:, links and mentions.
 * Text arrives as Slack stores it: &, < and > escaped, and <…> for controls.
 * @module
 */
import { h, frag, safeURL } from './dom.js';
import { emoji } from './emoji.js';
import { slackDate } from './time.js';

/**
 * @typedef {Object} Names what ids are called
 * @property {function(string): string} user the display name of a user id
 * @property {function(string): string} channel the name of a channel id
 * @property {function(string): string} usergroup the handle of a user group's id
 * @property {string} me the user id of the person at the page
 */

/** Undoes Slack's escaping; &amp; last, so that nothing is undone twice. */
export const unescape = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/**
 * Draws mrkdwn.
 * @param {string} text
 * @param {Names} names
 * @returns {DocumentFragment}
 */
export function mrkdwn(text, names) {
  const out = frag();
  String(text ?? '').split(/```\n?([\s\S]*?)\n?```/).forEach((part, i) => {
    if (i % 2) out.append(h('pre', { class: 'pre' }, plain(part, names)));
    else if (part.trim() || part.includes(' ')) out.append(lines(trimBreaks(part, i), names));
  });
  return out;
}

/** A fence ends its own line: the break beside it is not an empty line. */
const trimBreaks = (part, i) => (i ? part.replace(/^\n/, '') : part).replace(/\n$/, '');

function lines(text, names) {
  const out = frag();
  let quote = null;
  let first = true;
  let rest = false;
  for (const line of text.split('\n')) {
    const mark = rest ? [''] : line.match(/^(?:&gt;){3} ?|^(?:&gt;|>) ?/);
    if (mark) {
      rest ||= mark[0].startsWith('&gt;&gt;&gt;');
      if (quote) quote.append(h('br'));
      else out.append((quote = h('blockquote', { class: 'quote' })));
      quote.append(inline(line.slice(mark[0].length), names));
    } else {
      if (!first && !quote) out.append(h('br'));
      quote = null;
      out.append(inline(line, names));
    }
    first = false;
  }
  return out;
}

/** The text with its controls replaced by what they are called: for code and for notifications. */
export function plain(text, names) {
  return unescape(String(text ?? '').replace(/<([^<>\n]+)>/g, (_, body) => label(body, names)));
}

function label(body, names) {
  const [target, name] = cut(body, '|');
  if (/^@[UWB]\w+$/.test(target)) return `@${names.user(target.slice(1))}`;
  if (/^#[CGD]\w+$/.test(target)) return `#${names.channel(target.slice(1))}`;
  if (target.startsWith('!subteam^')) return name || `@${names.usergroup(target.slice(9))}`;
  if (target.startsWith('!date^')) return dateText(target) || name;
  if (target.startsWith('!')) return `@${target.slice(1)}`;
  return name || target;
}

const cut = (text, sep) => {
  const at = text.indexOf(sep);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
};

function dateText(target) {
  const [, unix, format] = target.split('^');
  return Number.isFinite(Number(unix)) ? slackDate(Number(unix), format || '{date} {time}') : '';
}

// Finished nodes take part in the search for formatting marks as one private-use character each.
const FIRST = 0xe000;
const LAST = 0xf8ff;
const ATOM = /<([^<>\n]+)>|`([^`\n]+)`|:([a-z0-9_+'-]+(?:::[a-z0-9-]+)?):|(https?:\/\/[^\s<>|\ue000-\uf8ff]+)/gi;

function inline(line, names) {
  const atoms = [];
  const text = line.replace(/[\ue000-\uf8ff]/g, '').replace(ATOM, (all, control, code, name, url) => {
    const node = atoms.length > LAST - FIRST ? null : atom(control, code, name, url, names);
    if (!node) return all;
    atoms.push(node);
    const tail = url ? url.slice(trimURL(url).length) : '';
    return String.fromCharCode(FIRST + atoms.length - 1) + tail;
  });
  return styled(text, atoms, 0);
}

function atom(control, code, name, url, names) {
  if (control !== undefined) return controlNode(control, names);
  if (code !== undefined) return h('code', {}, plain(code, names));
  if (name !== undefined) return emojiNode(name);
  return link(unescape(trimURL(url)), '');
}

/** An address in running text ends before its closing punctuation. */
const trimURL = (url) => url.replace(/(?:[.,;:!?'"*_~)\]]|&gt;)+$/, '');

function controlNode(body, names) {
  const [target, name] = cut(body, '|');
  if (/^@[UWB]\w+$/.test(target)) return mention(`@${names.user(target.slice(1))}`, target.slice(1) === names.me);
  if (/^#[CGD]\w+$/.test(target)) {
    return h('a', { class: 'mention', href: `#/c/${target.slice(1)}` }, `#${names.channel(target.slice(1))}`);
  }
  if (/^!(here|channel|everyone)$/.test(target)) return mention(`@${target.slice(1)}`, true);
  if (target.startsWith('!subteam^')) return mention(name || `@${names.usergroup(target.slice(9))}`, false);
  if (target.startsWith('!date^')) {
    const text = dateText(target) || unescape(name);
    const url = safeURL(target.split('^')[3]);
    return url ? link(url, text) : h('time', {}, text);
  }
  const url = unescape(target);
  if (safeURL(url) && !url.startsWith('#')) return link(url, unescape(name));
  return document.createTextNode(unescape(`<${body}>`));
}

/** A link, or just its text when the address is not one that may be followed. */
export function link(url, text) {
  const shown = text || url.replace(/^mailto:/, '');
  return safeURL(url) ? h('a', { href: url }, shown) : document.createTextNode(shown);
}

/** A mention; mine stands out. */
export function mention(text, mine) {
  return h('span', { class: mine ? 'mention mention-me' : 'mention' }, text);
}

/** An emoji by name, or null if it is unknown. */
export function emojiNode(name) {
  const char = emoji(name);
  return char ? h('span', { class: 'emoji', role: 'img', 'aria-label': name, title: `:${name}:` }, char) : null;
}

const TAGS = { '*': 'strong', _: 'em', '~': 's' };
const WORD = /[\p{L}\p{N}]/u;

function styled(text, atoms, depth) {
  const out = frag();
  let plainFrom = 0;
  const flush = (to) => {
    if (to > plainFrom) out.append(restore(text.slice(plainFrom, to), atoms));
  };
  const none = new Set();
  for (let i = 0; i < text.length; i++) {
    const mark = text[i];
    if (!(mark in TAGS) || depth > 5 || none.has(mark) || !opens(text, i)) continue;
    const end = closing(text, i);
    if (end < 0) {
      none.add(mark);
      continue;
    }
    flush(i);
    out.append(h(TAGS[mark], {}, styled(text.slice(i + 1, end), atoms, depth + 1)));
    plainFrom = end + 1;
    i = end;
  }
  flush(text.length);
  return out;
}

const opens = (text, i) => !(i > 0 && WORD.test(text[i - 1])) && i + 1 < text.length && !/\s/.test(text[i + 1]) && text[i + 1] !== text[i];

function closing(text, i) {
  for (let end = text.indexOf(text[i], i + 2); end > 0; end = text.indexOf(text[i], end + 1)) {
    const after = text[end + 1];
    if (!/\s/.test(text[end - 1]) && !(after && (WORD.test(after) || after === text[i]))) return end;
  }
  return -1;
}

function restore(text, atoms) {
  return frag(text.split(/([\ue000-\uf8ff])/).map((piece, i) => (i % 2 ? atoms[piece.charCodeAt(0) - FIRST] : unescape(piece))));
}
