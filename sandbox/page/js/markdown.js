/**
 * GitHub Flavored Markdown, as far as comments and descriptions use it, drawn with DOM nodes.
 * Raw HTML is never handed to the browser: <details>, <br> and a few inline tags are understood, comments are hidden, and the rest stays visible as text.
 * @module
 */
import { h, frag } from './dom.js';
import { inline, entities } from './markdown_inline.js';

const MAX_DEPTH = 12;

/**
 * Draws a Markdown document.
 * @param {string} source
 * @returns {HTMLElement} a div of class "md"
 */
export function markdown(source) {
  const text = String(source ?? '').replace(/\r\n?/g, '\n').replace(/\t/g, '    ');
  return h('div', { class: 'md' }, blocks(text.split('\n'), 0));
}

/** Each reader looks at lines from i on and returns [node, next i], or null if its block does not start here. */
const READERS = [fence, comment, details, heading, rule, quote, list, table, indented, paragraph];

function blocks(lines, depth) {
  if (depth > MAX_DEPTH) return frag(lines.join('\n'));
  const out = frag();
  for (let i = 0; i < lines.length;) {
    if (!lines[i].trim()) {
      i++;
      continue;
    }
    for (const read of READERS) {
      const found = read(lines, i, depth);
      if (!found) continue;
      if (found[0]) out.append(found[0]);
      i = found[1];
      break;
    }
  }
  return out;
}

function fence(lines, i) {
  const open = lines[i].match(/^( {0,3})(`{3,}|~{3,})\s*([^`]*)$/);
  if (!open) return null;
  const close = new RegExp(`^ {0,3}${open[2][0]}{${open[2].length},}\\s*$`);
  let end = i + 1;
  while (end < lines.length && !close.test(lines[end])) end++;
  const body = lines.slice(i + 1, end).map((line) => line.replace(new RegExp(`^ {0,${open[1].length}}`), ''));
  return [h('pre', { class: 'pre' }, diffColours(open[3].trim(), body)), end + 1];
}

function diffColours(language, body) {
  if (language !== 'diff') return h('code', {}, body.join('\n'));
  const kind = { '+': 'diff-add', '-': 'diff-del', '@': 'diff-hunk' };
  return h('code', {}, body.map((line) => h('span', { class: kind[line[0]] ?? '' }, `${line}\n`)));
}

function comment(lines, i) {
  if (!/^ {0,3}<!--/.test(lines[i])) return null;
  let end = i;
  while (end < lines.length && !lines[end].includes('-->')) end++;
  const rest = (lines[end] ?? '').split('-->').slice(1).join('-->').trim();
  return [rest ? h('p', {}, inline(rest)) : null, end + 1];
}

function details(lines, i, depth) {
  const open = lines[i].match(/^ {0,3}<details(\s+open)?\s*>(.*)$/i);
  if (!open) return null;
  let level = 0;
  let end = i;
  for (; end < lines.length; end++) {
    level += (lines[end].match(/<details[\s>]/gi) ?? []).length - (lines[end].match(/<\/details>/gi) ?? []).length;
    if (level <= 0) break;
  }
  const inner = [open[2], ...lines.slice(i + 1, end), end > i ? (lines[end] ?? '') : ''].join('\n').replace(/<\/details>\s*$/i, '');
  const summary = inner.match(/^\s*<summary>([\s\S]*?)<\/summary>/i);
  const body = summary ? inner.slice(summary[0].length) : inner;
  return [h('details', { open: Boolean(open[1]) }, h('summary', {}, inline(summary?.[1].trim() ?? 'Details')), blocks(body.split('\n'), depth + 1)), end + 1];
}

function heading(lines, i) {
  const atx = lines[i].match(/^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/);
  if (!atx) return null;
  return [h(`h${atx[1].length}`, {}, inline(atx[2] ?? '')), i + 1];
}

function rule(lines, i) {
  return /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/.test(lines[i]) ? [h('hr'), i + 1] : null;
}

function quote(lines, i, depth) {
  if (!/^ {0,3}>/.test(lines[i])) return null;
  let end = i;
  while (end < lines.length && (/^ {0,3}>/.test(lines[end]) || (lines[end].trim() && !startsBlock(lines[end])))) end++;
  const inner = lines.slice(i, end).map((line) => line.replace(/^ {0,3}> ?/, ''));
  return [h('blockquote', { class: 'quote' }, blocks(inner, depth + 1)), end];
}

const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:( +)(.*)|$)/;

function list(lines, i, depth) {
  const first = lines[i].match(ITEM);
  if (!first) return null;
  const ordered = /\d/.test(first[2]);
  const el = h(ordered ? 'ol' : 'ul', { start: ordered && Number.parseInt(first[2], 10) !== 1 ? Number.parseInt(first[2], 10) : null });
  let at = i;
  while (at < lines.length) {
    const mark = lines[at].match(ITEM);
    if (!mark || /\d/.test(mark[2]) !== ordered || rule(lines, at)) break;
    const [body, next] = itemLines(lines, at, mark);
    el.append(item(body, depth));
    at = next;
  }
  return [el, at];
}

function itemLines(lines, at, mark) {
  const gap = mark[3]?.length ?? 1;
  const width = mark[1].length + mark[2].length + (gap > 4 ? 1 : gap);
  const body = [mark[4] ?? ''];
  let end = at + 1;
  for (; end < lines.length; end++) {
    const line = lines[end];
    const indent = line.search(/\S/);
    if (indent < 0) {
      const next = lines.slice(end + 1).find((later) => later.trim());
      if (!next || (next.search(/\S/) < Math.min(width, 2) && !ITEM.test(next))) break;
      if (ITEM.test(next) && next.search(/\S/) < Math.min(width, 2)) {
        end++;
        break;
      }
      body.push('');
    } else if (indent >= width || (indent >= 2 && ITEM.test(line.trimStart()))) body.push(line.slice(Math.min(width, indent)));
    else if (ITEM.test(line) || startsBlock(line)) break;
    else body.push(line.trimStart());
  }
  return [body, end];
}

function item(body, depth) {
  const task = body[0].match(/^\[([ xX])\]\s+(.*)/);
  if (task) body[0] = task[2];
  const inner = blocks(body, depth + 1);
  const only = inner.firstElementChild;
  if (only?.tagName === 'P') only.replaceWith(...only.childNodes);
  if (!task) return h('li', {}, inner);
  return h('li', { class: 'md-task' }, h('input', { type: 'checkbox', disabled: true, checked: task[1] !== ' ', 'aria-label': task[1] === ' ' ? 'not done' : 'done' }), inner);
}

const cells = (line) => line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));

function table(lines, i) {
  if (!lines[i].includes('|') || !/^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[i + 1] ?? '')) return null;
  const head = cells(lines[i]);
  const align = cells(lines[i + 1]).map((cell) => (/:$/.test(cell) ? (/^:/.test(cell) ? 'center' : 'right') : 'left'));
  if (head.length !== align.length) return null;
  const row = (tag, values) => h('tr', {}, head.map((_, c) => h(tag, { class: `align-${align[c]}` }, inline(values[c] ?? ''))));
  let end = i + 2;
  const rows = [];
  while (end < lines.length && lines[end].trim() && !startsBlock(lines[end])) rows.push(row('td', cells(lines[end++])));
  return [h('div', { class: 'table-scroll', tabindex: 0 }, h('table', {}, h('thead', {}, row('th', head)), h('tbody', {}, rows))), end];
}

function indented(lines, i) {
  if (!/^ {4}/.test(lines[i])) return null;
  let end = i;
  while (end < lines.length && (/^ {4}/.test(lines[end]) || !lines[end].trim())) end++;
  return [h('pre', { class: 'pre' }, h('code', {}, lines.slice(i, end).map((line) => line.slice(4)).join('\n').trimEnd())), end];
}

const startsBlock = (line) => /^ {0,3}(?:#{1,6}\s|>|`{3,}|~{3,}|<details[\s>]|<\/details>|<!--)/.test(line) || /^ {0,3}(?:[-*+]|1[.)])\s+\S/.test(line);

function paragraph(lines, i) {
  let end = i + 1;
  while (end < lines.length && lines[end].trim() && !startsBlock(lines[end]) && !rule(lines, end) && !/^ {0,3}=+\s*$/.test(lines[end])) end++;
  const text = inline(lines.slice(i, end).map((line) => line.replace(/ {2,}$/, '<br>').trimStart()).join('\n'));
  if (/^ {0,3}=+\s*$/.test(lines[end] ?? '')) return [h('h1', {}, text), end + 1];
  if (/^ {0,3}-+\s*$/.test(lines[end] ?? '')) return [h('h2', {}, text), end + 1];
  return [h('p', {}, text), end];
}

/** The first words of a document, for one-line previews. */
export const preview = (source, length = 120) => entities(String(source ?? '').replace(/<!--[\s\S]*?-->/g, '').replace(/\s+/g, ' ')).trim().slice(0, length);
