/**
 * The first-run hint of an empty channel: things to say, with real pull requests of the repository.
 * @module
 */
import { h, icon } from './dom.js';

/**
 * @param {import('./app.js').App} app
 * @param {Object} channel
 * @param {{fill: function(string), focus: function()}} box the composer
 */
export function welcome(app, channel, box) {
  const at = channel.is_im ? '' : '@shipmate ';
  const list = h('div', { class: 'suggestions' });
  const draw = (pulls) => list.replaceChildren(...suggestions(at, pulls).map(({ text, why }) => h('button', {
    type: 'button', class: 'suggestion', on: { click: () => app.ask(channel.id, text) },
  }, h('code', {}, text), h('small', {}, why))));
  draw(app.recent ?? []);
  if (!app.recent) app.recentPulls().then(draw, () => {});
  return h('section', { class: 'welcome', 'aria-label': 'Getting started' },
    h('h2', {}, icon('boat'), 'Ask Shipmate something'),
    h('p', {}, app.repo ? `It knows the pull requests of ${app.repo}. ` : '', 'Click to send one of these, or type your own below.'), list,
    h('p', { class: 'welcome-more' }, 'You can also ', h('a', { href: '#/pulls' }, 'open a pull request'), ' and comment there, or press ', h('kbd', {}, 'Ctrl K'), ' to jump anywhere.'),
    h('button', { type: 'button', class: 'link-button', on: { click: () => { box.fill(at); } } }, 'Write my own'));
}

function suggestions(at, pulls) {
  const [first, second] = pulls;
  return [
    first && { text: `${at}summarize #${first.number}`, why: first.title },
    second && { text: `${at}summarize #${second.number}`, why: second.title },
    { text: `${at}pulls`, why: 'What is open, and what was merged lately' },
    { text: `${at}help`, why: 'Everything it can do' },
  ].filter(Boolean);
}
