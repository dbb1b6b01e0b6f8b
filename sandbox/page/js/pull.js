/**
 * One pull request: what it is, its conversation and its files.
 * @module
 */
import { h, icon, iconButton } from './dom.js';
import { github } from './api.js';
import { follow } from './stream.js';
import { markdown, preview } from './markdown.js';
import { ago, exact } from './time.js';
import { stateBadge, size } from './pulls.js';
import { Conversation } from './comments.js';
import { fileList, reveal } from './diff.js';

/**
 * Shows a pull request in el until signal aborts.
 * @param {import('./app.js').App} app
 * @param {HTMLElement} el
 * @param {{number: number, tab: 'conversation'|'files', file?: string}} route file is the SHA-256 of the path to show, as in GitHub's links
 * @param {AbortSignal} signal
 */
export async function showPull(app, el, { number, tab, file }, signal) {
  const bar = h('header', { class: 'pane-head' }, iconButton('menu', 'Open the sidebar', () => app.drawer(true), { class: 'icon-button only-narrow' }),
    h('a', { class: 'icon-button', href: '#/pulls', 'aria-label': 'All pull requests', title: 'All pull requests' }, icon('back')), h('h1', {}, `#${number}`), h('p', { class: 'topic' }));
  const body = h('div', { class: 'scroller pull', tabindex: -1, 'aria-busy': 'true' });
  el.replaceChildren(bar, body);
  let pull;
  try {
    pull = await github.pull(number);
  } catch (err) {
    if (!signal.aborted) body.replaceChildren(h('p', { class: 'empty' }, err.message));
    return;
  } finally {
    body.removeAttribute('aria-busy');
  }
  if (signal.aborted) return;
  bar.lastChild.textContent = pull.title;
  body.append(head(app, pull), tabs(pull, tab));
  if (tab === 'files') {
    const list = fileList(pull);
    body.append(list);
    if (file) reveal(list, pull, file);
    return;
  }
  showConversation(app, body, pull, signal);
}

function showConversation(app, body, pull, signal) {
  const conversation = new Conversation(app, pull);
  body.append(h('div', { class: 'conversation' }, description(pull), standing(pull), conversation.node));
  let events = 0;
  const reread = async () => {
    const before = events;
    const { comments } = await github.pull(pull.number);
    if (before === events) conversation.replace(comments);
    else await reread(); // the answer may be older than what arrived meanwhile
  };
  const stream = follow('/control/github/events', {
    onEvent: (event) => {
      if (event.number !== pull.number) return;
      events++;
      conversation.apply(event);
    },
    onOpen: reread,
  });
  signal.addEventListener('abort', () => stream.close());
}

function head(app, pull) {
  const when = pull.merged_at ?? pull.created_at;
  const ask = h('button', {
    type: 'button', class: 'button primary', on: { click: () => summarize(app, pull.number, ask) },
  }, icon('boat'), `Summarize in #${eng(app)?.name ?? 'eng'}`);
  return h('section', { class: 'pull-head' }, h('h2', { class: 'pull-name' }, pull.title, ' ', h('span', { class: 'number' }, `#${pull.number}`)),
    h('div', { class: 'pull-line' }, stateBadge(pull), h('span', {}, h('strong', {}, pull.author), pull.merged ? ' merged ' : ' wants to merge ',
      h('code', { class: 'branch' }, pull.head_ref), ' into ', h('code', { class: 'branch' }, pull.base_ref), ' ',
      when ? h('time', { title: exact(new Date(when)) }, ago(new Date(when))) : null), h('span', { class: 'grow' }), ask));
}

const eng = (app) => {
  const { shared } = app.store.visible();
  return shared.find(({ name }) => name === 'eng') ?? shared[0];
};

async function summarize(app, number, button) {
  const channel = eng(app);
  button.setAttribute('aria-busy', 'true');
  await app.ask(channel.id, `@${app.store.bot.name} summarize #${number}`);
  button.removeAttribute('aria-busy');
}

function tabs(pull, tab) {
  const link = (id, name, count, href) => h('a', { href, class: 'tab', 'aria-current': tab === id ? 'page' : null }, name, h('span', { class: 'count' }, count));
  return h('nav', { class: 'tabs', 'aria-label': 'Parts of the pull request' },
    link('conversation', 'Conversation', pull.comments?.length ?? 0, `#/pulls/${pull.number}`), link('files', 'Files', pull.changed_files, `#/pulls/${pull.number}/files`),
    h('span', { class: 'grow' }), size(pull));
}

const MARKS = {
  success: ['✓', 'good'], neutral: ['●', ''], skipped: ['●', ''], APPROVED: ['✓', 'good'], COMMENTED: ['●', ''], DISMISSED: ['●', ''],
  failure: ['✗', 'bad'], timed_out: ['✗', 'bad'], cancelled: ['✗', 'bad'], action_required: ['✗', 'bad'], CHANGES_REQUESTED: ['✗', 'bad'],
};

/** Checks of the head commit, reviews, and whose review is waited for; null when there are none. */
function standing(pull) {
  const line = (state, what, more) => {
    const [mark, kind] = MARKS[state] ?? ['…', ''];
    return h('li', {}, h('span', { class: `mark ${kind}`, 'aria-hidden': 'true' }, mark), h('strong', {}, what), ` ${String(state).toLowerCase().replaceAll('_', ' ')}`, more && h('small', {}, more));
  };
  const lines = [
    ...(pull.checks ?? []).map((check) => line(check.conclusion || check.status, check.name, check.title)),
    ...(pull.reviews ?? []).map((review) => line(review.state, review.user, preview(review.body))),
    ...(pull.review_requests ?? []).map((login) => line('asked to review', login)),
  ];
  return lines.length > 0 ? h('ul', { class: 'standing', 'aria-label': 'Checks and reviews' }, lines) : null;
}

function description(pull) {
  return h('article', { class: 'comment' }, h('header', { class: 'comment-head' }, h('strong', {}, pull.author), ' ',
    h('time', { title: exact(new Date(pull.created_at)) }, ago(new Date(pull.created_at)))),
  h('div', { class: 'comment-body' }, pull.body?.trim() ? markdown(pull.body) : h('p', { class: 'none' }, 'No description.')));
}
