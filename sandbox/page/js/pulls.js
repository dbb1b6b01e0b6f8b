/**
 * The list of pull requests.
 * @module
 */
import { h, icon, iconButton } from './dom.js';
import { github } from './api.js';
import { ago } from './time.js';

const PAGE = 50;
const STATES = [['open', 'Open'], ['merged', 'Merged'], ['all', 'All']];

/**
 * Shows the list; its state is in the address.
 * @param {import('./app.js').App} app
 * @param {HTMLElement} el
 * @param {URLSearchParams} query state, page and q
 * @param {AbortSignal} signal
 * @param {boolean} again whether the list is on screen already: then the search box stays
 */
export async function showPulls(app, el, query, signal, again) {
  const state = query.get('state') || 'all';
  const page = Math.max(1, Number(query.get('page')) || 1);
  const q = query.get('q') ?? '';
  if (!again || !el.querySelector('.pulls-search')) el.replaceChildren(head(app), filters(), h('div', { class: 'scroller pulls', tabindex: -1 }));
  const search = el.querySelector('.pulls-search');
  if (document.activeElement !== search) search.value = q;
  for (const tab of el.querySelectorAll('.segment')) tab.setAttribute('aria-current', String(tab.dataset.state === state));
  const body = el.querySelector('.pulls');
  body.setAttribute('aria-busy', 'true');
  try {
    const found = await github.pulls({ state: state === 'merged' ? 'closed' : state, page, q });
    if (signal.aborted) return;
    const list = found.pulls;
    body.replaceChildren(list.length ? h('ul', { class: 'pull-list' }, list.map(row)) : empty(q, state), pager(found.total, page, { state, q }));
  } catch (err) {
    if (!signal.aborted) body.replaceChildren(h('p', { class: 'empty' }, err.message));
  } finally {
    body.removeAttribute('aria-busy');
  }
}

function head(app) {
  const name = h('p', { class: 'topic' }, app.repo ?? '');
  app.addEventListener('repo', () => name.replaceChildren(app.repo), { once: true });
  return h('header', { class: 'pane-head' }, iconButton('menu', 'Open the sidebar', () => app.drawer(true), { class: 'icon-button only-narrow' }),
    h('h1', {}, icon('pull'), 'Pull requests'), name);
}

const address = ({ state, page, q }) => {
  const params = new URLSearchParams();
  if (state && state !== 'all') params.set('state', state);
  if (q) params.set('q', q);
  if (page > 1) params.set('page', page);
  return `#/pulls${params.size ? `?${params}` : ''}`;
};

/** The filters as the address has them now. */
const current = () => Object.fromEntries(new URLSearchParams(location.hash.split('?')[1] ?? ''));

function filters() {
  let timer = 0;
  const search = h('input', {
    class: 'pulls-search', type: 'search', placeholder: 'Search by title, author, branch or number', 'aria-label': 'Search pull requests',
    on: {
      input: () => {
        clearTimeout(timer);
        timer = setTimeout(() => location.replace(address({ ...current(), page: 1, q: search.value.trim() })), 200);
      },
    },
  });
  return h('div', { class: 'pulls-filters' }, h('label', { class: 'search-box' }, icon('search'), search),
    h('div', { class: 'segments', role: 'group', 'aria-label': 'State' }, STATES.map(([state, name]) => h('button', {
      type: 'button', class: 'segment', data: { state }, on: { click: () => { location.hash = address({ ...current(), page: 1, state }); } },
    }, name))));
}

/** "open", "merged" or "closed", as a badge with an icon. */
export function stateBadge(pull, small = false) {
  const state = pull.merged ? 'merged' : pull.state;
  return h('span', { class: `state ${state}${small ? ' small' : ''}`, title: state }, icon(state === 'merged' ? 'check' : 'pull'), small ? h('span', { class: 'sr-only' }, state) : state);
}

/** "+12 −3" with words for screen readers. */
export function size(pull) {
  return h('span', { class: 'size', 'aria-label': `${pull.additions} added, ${pull.deletions} removed` },
    h('span', { class: 'plus' }, `+${pull.additions}`), ' ', h('span', { class: 'minus' }, `−${pull.deletions}`));
}

function row(pull) {
  const when = pull.merged_at ?? pull.created_at;
  return h('li', {}, h('a', { href: `#/pulls/${pull.number}`, class: 'pull-row' },
    stateBadge(pull, true),
    h('span', { class: 'pull-main' }, h('span', { class: 'pull-title' }, pull.title),
      h('span', { class: 'pull-meta' }, `#${pull.number} `, pull.merged ? 'merged ' : 'opened ', when ? ago(new Date(when)) : '', ` by ${pull.author} `, h('code', { class: 'branch' }, pull.head_ref))),
    h('span', { class: 'pull-numbers' }, size(pull), h('span', { class: 'files' }, `${pull.changed_files} ${pull.changed_files === 1 ? 'file' : 'files'}`),
      h('span', { class: 'comment-count', 'aria-label': `${pull.comments} comments` }, pull.comments > 0 && [icon('reply'), pull.comments]))));
}

function empty(q, state) {
  return h('p', { class: 'empty' }, q ? `No ${state === 'all' ? '' : `${state} `}pull request matches “${q}”.` : `There is no ${state === 'all' ? '' : `${state} `}pull request.`);
}

function pager(total, page, { state, q }) {
  const pages = Math.ceil(total / PAGE);
  if (pages <= 1) return h('p', { class: 'pager' }, `${total} in all`);
  return h('nav', { class: 'pager', 'aria-label': 'Pages' },
    page > 1 && h('a', { class: 'button', href: address({ state, q, page: page - 1 }) }, 'Newer'), h('span', {}, `Page ${page} of ${pages} · ${total} in all`),
    page < pages && h('a', { class: 'button', href: address({ state, q, page: page + 1 }) }, 'Older'));
}
