/**
 * The first-run hint of a channel in which no person has said anything: things to say, with real pull requests of the repository.
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
  const costs = channel.name === 'finops';
  const draw = (pulls) => list.replaceChildren(...(costs ? aboutCosts(at) : suggestions(at, pulls)).map(({ text, why }) => h('button', {
    type: 'button', class: 'suggestion', on: { click: () => app.ask(channel.id, text) },
  }, h('code', {}, text), h('small', {}, why))));
  draw(app.recent ?? []);
  if (!app.recent && !costs) app.recentPulls().then(draw, () => {});
  return h('section', { class: 'welcome', 'aria-label': 'Getting started' },
    h('h2', {}, icon('boat'), 'Ask Shipmate something'),
    h('p', {}, app.repo && !costs ? `It knows the pull requests of ${app.repo}. ` : '', 'Click to send one of these, or type your own below.'), list,
    h('p', { class: 'welcome-more' }, 'You can also ', h('a', { href: '#/pulls' }, 'open a pull request'), ' and comment there, or press ', h('kbd', {}, 'Ctrl K'), ' to jump anywhere.'),
    h('button', { type: 'button', class: 'link-button', on: { click: () => { box.fill(at); } } }, 'Write my own'));
}

function aboutCosts(at) {
  return [
    { text: `${at}costs`, why: 'Yesterday, the week, the month to come' },
    { text: `${at}costs anomalies`, why: 'What is unusual, and what was' },
    { text: `${at}costs by service`, why: 'What it is made of' },
    { text: `${at}help`, why: 'Everything it can do' },
  ];
}

function suggestions(at, pulls) {
  return [
    ...pulls.slice(0, 2).map(({ number, title }) => ({ text: `${at}summarize #${number}`, why: title })),
    { text: `${at}pulls`, why: 'What is open, and what was merged lately' },
    { text: `${at}costs`, why: 'What the cloud costs, and what is unusual' },
    { text: `${at}help`, why: 'Everything it can do' },
  ];
}
