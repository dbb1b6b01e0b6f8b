/**
 * The quick switcher: Ctrl+K, a few letters, Enter.
 * @module
 */
import { h, icon } from './dom.js';
import { github } from './api.js';
import { showDialog } from './dialog.js';
import { presence } from './people.js';

/**
 * Opens the switcher and goes where the person chooses.
 * @param {import('./app.js').App} app
 */
export async function quickSwitcher(app) {
  if (document.querySelector('dialog.quick')) return;
  const to = await showDialog('Jump to', (close) => content(app, close), 'quick');
  if (to) location.hash = to;
}

function content(app, close) {
  let items = [];
  let at = 0;
  let turn = 0;
  const list = h('div', { class: 'quick-list', role: 'listbox', id: 'quick-list', 'aria-label': 'Results' });
  const input = h('input', {
    class: 'quick-input', type: 'text', placeholder: 'Jump to a channel or pull request…', 'aria-label': 'Jump to a channel or pull request',
    role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'quick-list', autofocus: true, autocomplete: 'off', spellcheck: 'false',
  });
  const draw = () => {
    list.replaceChildren(...items.map((item, i) => h('div', {
      class: 'completion', role: 'option', id: `quick-${i}`, 'aria-selected': String(i === at), on: { click: () => close(item.to) },
    }, item.node)));
    if (items.length === 0) list.append(h('p', { class: 'empty' }, 'Nothing found.'));
    input.setAttribute('aria-activedescendant', `quick-${at}`);
    list.children[at]?.scrollIntoView({ block: 'nearest' });
  };
  const update = async () => {
    const mine = ++turn;
    const word = input.value.trim();
    items = places(app, word.toLowerCase());
    at = 0;
    draw();
    const pulls = await (word ? github.pulls({ state: 'all', q: word.replace(/^#/, '') }).then((r) => r.pulls) : app.recentPulls()).catch(() => []);
    if (mine !== turn) return;
    items = [...items, ...pulls.slice(0, 8).map((pull) => ({
      to: `#/pulls/${pull.number}`, node: [icon('pull'), h('strong', {}, `#${pull.number}`), h('span', { class: 'hint' }, pull.title)],
    }))];
    draw();
  };
  input.addEventListener('input', update);
  input.addEventListener('keydown', (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && items.length) at = (at + step + items.length) % items.length;
    else if (e.key === 'Enter' && items[at]) return close(items[at].to);
    else return undefined;
    e.preventDefault();
    return draw();
  });
  update();
  return [input, list, h('p', { class: 'quick-keys' }, h('kbd', {}, '↑'), h('kbd', {}, '↓'), ' to choose ', h('kbd', {}, 'Enter'), ' to go ', h('kbd', {}, 'Esc'), ' to close')];
}

function places(app, word) {
  const { shared, direct } = app.store.visible();
  const all = [
    ...shared.map((channel) => ({ name: channel.name, to: `#/c/${channel.id}`, node: [icon('hash'), h('strong', {}, channel.name)] })),
    ...direct.map((channel) => ({ name: 'shipmate', to: `#/c/${channel.id}`, node: [presence(app.store.sockets), h('strong', {}, 'Shipmate')] })),
    { name: 'pull requests', to: '#/pulls', node: [icon('pull'), h('strong', {}, 'Pull requests')] },
  ];
  return all.filter(({ name }) => name.includes(word.replace(/^#/, '')));
}
