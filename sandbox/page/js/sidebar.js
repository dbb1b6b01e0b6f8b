/**
 * The sidebar: workspace, person, channels, the bot, and the pull requests.
 * @module
 */
import { h, icon, iconButton, coalesce } from './dom.js';
import { avatar, presence } from './people.js';
import { authorOf } from './message.js';
import { openMenu } from './menu.js';
import { load, save } from './storage.js';

/**
 * Draws the sidebar and keeps it current.
 * @param {import('./app.js').App} app
 * @param {HTMLElement} el
 */
export function showSidebar(app, el) {
  const draw = coalesce(() => {
    const held = el.contains(document.activeElement) ? identity(document.activeElement) : null;
    el.replaceChildren(top(app), sections(app), bottom(app));
    if (held) [...el.querySelectorAll('a, button')].find((control) => identity(control) === held)?.focus();
  });
  for (const type of ['people', 'channels', 'sockets']) app.store.addEventListener(type, draw);
  app.addEventListener('route', draw);
  app.addEventListener('repo', draw);
  draw();
}

/** What stays the same of a link or button of the sidebar when it is drawn anew: the keyboard goes back to it. */
function identity(control) {
  return control.getAttribute('href') ?? control.className;
}

function top(app) {
  return h('header', { class: 'sidebar-head' },
    h('div', { class: 'workspace' }, h('span', { class: 'workspace-mark' }, icon('boat')), h('div', {},
      h('strong', {}, app.store.team.name), h('small', {}, app.repo ?? 'on this machine'))),
    iconButton('close', 'Close the sidebar', () => app.drawer(false), { class: 'icon-button only-narrow' }),
    h('button', { type: 'button', class: 'jump', on: { click: () => app.quick() } }, icon('search'), 'Jump to…', h('kbd', {}, 'Ctrl K')));
}

function sections(app) {
  const { shared, direct } = app.store.visible();
  const pulls = app.route.view === 'pulls' || app.route.view === 'pull';
  return h('div', { class: 'sidebar-list' },
    h('h2', {}, 'Channels'), h('ul', {}, shared.map((channel) => entry(app, channel, icon('hash'), channel.name))),
    h('h2', {}, 'Direct messages'), h('ul', {}, direct.map((channel) => entry(app, channel, presence(app.store.sockets), 'Shipmate', h('span', { class: 'app-badge' }, 'APP')))),
    h('h2', {}, 'Repository'), h('ul', {}, h('li', {}, h('a', { href: '#/pulls', class: 'entry', 'aria-current': pulls ? 'page' : null }, icon('pull'), h('span', { class: 'grow' }, 'Pull requests')))));
}

function entry(app, channel, mark, name, badge) {
  const current = app.route.view === 'channel' && app.route.channel === channel.id;
  const unread = current ? 0 : app.store.unread(channel.id);
  return h('li', {}, h('a', {
    href: `#/c/${channel.id}`, class: `entry${unread ? ' unread' : ''}`, 'aria-current': current ? 'page' : null,
    'aria-label': unread ? `${name}, ${unread} unread` : null,
  }, mark, h('span', { class: 'grow' }, name, badge ? [' ', badge] : null), unread > 0 && h('span', { class: 'badge' }, unread > 99 ? '99+' : unread)));
}

function role(user) {
  if (user.is_admin) return 'admin';
  return user.is_guest || user.is_restricted || user.is_ultra_restricted ? 'guest' : 'member';
}

function bottom(app) {
  const { store } = app;
  const me = store.users.get(store.me);
  if (!me) return null;
  const people = [...store.users.values()].filter((user) => !user.is_bot);
  const button = h('button', { type: 'button', class: 'person', 'aria-haspopup': 'menu', title: 'Act as somebody else' },
    avatar(authorOf(store, { user: me.id }), 'small'), h('span', { class: 'grow' }, me.real_name || me.name, h('small', {}, role(me))), icon('down'));
  button.addEventListener('click', () => openMenu(button, people.map((user) => ({
    label: h('span', { class: 'person-choice' }, avatar(authorOf(store, { user: user.id }), 'small'), user.real_name || user.name), hint: role(user),
    checked: user.id === store.me, run: () => app.become(user.id),
  }))));
  return h('footer', { class: 'sidebar-foot' }, button, iconButton('theme', 'Switch between light and dark', toggleTheme));
}

/** Switches to the other theme than the one shown; back to the system's choice when that is the same. */
function toggleTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const shown = load('theme', null) ?? system;
  const next = shown === 'dark' ? 'light' : 'dark';
  save('theme', next === system ? undefined : next);
  if (next === system) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
}
