/**
 * The files of a pull request with their differences.
 * @module
 */
import { h } from './dom.js';

const OPEN_LINES = 300;
const OPEN_TOTAL = 1500;
const MAX_FILES = 300;

/** git's letters for GitHub's words. */
const LETTERS = { added: 'A', removed: 'D', renamed: 'R', copied: 'C', changed: 'T' };

/**
 * Draws the files. Large differences, and all after the first 1,500 lines, start folded and are drawn when opened.
 * @param {{files: Object[], changed_files: number}} pull
 */
export function fileList(pull) {
  let total = 0;
  const files = (pull.files ?? []).slice(0, MAX_FILES);
  const nodes = files.map((file) => {
    const lines = file.patch ? file.patch.split('\n').length : 0;
    total += lines;
    return fileNode(file, lines <= OPEN_LINES && total <= OPEN_TOTAL);
  });
  const rest = pull.changed_files - files.length;
  return h('div', { class: 'files-list' }, nodes, rest > 0 && h('p', { class: 'empty' }, `${rest} more files are not shown.`));
}

/**
 * Opens the file whose path has the given SHA-256, in hexadecimal, and scrolls to it; does nothing when there is none.
 * @param {HTMLElement} list made by fileList
 * @param {{files: Object[]}} pull
 * @param {string} digest
 */
export async function reveal(list, pull, digest) {
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
  for (const [i, { filename }] of (pull.files ?? []).slice(0, MAX_FILES).entries()) {
    if (hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(filename))) !== digest) continue;
    list.children[i].open = true;
    list.children[i].scrollIntoView({ block: 'start' });
    list.children[i].querySelector('summary').focus({ preventScroll: true });
    return;
  }
}

function fileNode(file, open) {
  const node = h('details', { class: 'diff-file', open },
    h('summary', {}, h('span', { class: `file-status ${file.status}`, title: file.status }, LETTERS[file.status] ?? 'M'),
      h('span', { class: 'file-name' }, file.previous_filename && file.previous_filename !== file.filename ? `${file.previous_filename} → ` : '', file.filename),
      h('span', { class: 'grow' }), h('span', { class: 'size' }, h('span', { class: 'plus' }, `+${file.additions}`), ' ', h('span', { class: 'minus' }, `−${file.deletions}`))));
  const draw = () => {
    if (node.open && node.children.length === 1) node.append(file.patch ? patch(file.patch) : h('p', { class: 'empty' }, reason(file)));
  };
  node.addEventListener('toggle', draw);
  draw();
  return node;
}

function reason(file) {
  if (file.status === 'renamed' && !file.additions && !file.deletions) return 'Renamed without changes.';
  return file.additions + file.deletions > 0 ? 'The difference is too large to show.' : 'Binary or empty file.';
}

function patch(text) {
  let before = 0;
  let after = 0;
  const rows = text.replace(/\n$/, '').split('\n').map((line) => {
    const hunk = line.match(/^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/);
    if (hunk) {
      before = Number(hunk[1]);
      after = Number(hunk[2]);
      return row('hunk', '', '', line);
    }
    if (line[0] === '+') return row('add', '', after++, line);
    if (line[0] === '-') return row('del', before++, '', line);
    if (line[0] === '\\') return row('note', '', '', line);
    return row('', before++, after++, line);
  });
  return h('div', { class: 'table-scroll', tabindex: 0 }, h('table', { class: 'diff' }, h('tbody', {}, rows)));
}

function row(kind, before, after, line) {
  return h('tr', { class: kind }, h('td', { class: 'ln' }, before), h('td', { class: 'ln' }, after), h('td', { class: 'line' }, line));
}
