/**
 * Times as people read them. A Slack ts is "seconds.microseconds" since 1970.
 * @module
 */

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const clockSeconds = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const long = new Intl.DateTimeFormat(undefined, { weekday: 'long', month: 'long', day: 'numeric' });
const medium = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const numeric = new Intl.DateTimeFormat(undefined, { dateStyle: 'short' });

/** The Date of a Slack ts. */
export const dateOf = (ts) => new Date(Number.parseFloat(ts) * 1000);

/** "9:41 AM" */
export const time = (date) => clock.format(date);

/** The whole date and time, for tooltips. */
export const exact = (date) => full.format(date);

/** A key that is the same for all times of one local day. */
export const dayKey = (date) => `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;

/** "Today", "Yesterday" or "Monday, November 23", with the year when it is another one. */
export function day(date, now = new Date()) {
  const near = nearDay(date, now);
  if (near) return near;
  return date.getFullYear() === now.getFullYear() ? long.format(date) : medium.format(date);
}

function nearDay(date, now) {
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(date)) / 86400000);
  return { 0: 'Today', 1: 'Yesterday', '-1': 'Tomorrow' }[days] ?? '';
}

/** "just now", "5 minutes ago", "3 days ago", or a date when it is long past. */
export function ago(date, now = new Date()) {
  const seconds = Math.round((now - date) / 1000);
  if (seconds < 45) return 'just now';
  for (const [unit, size, below] of [['minute', 60, 3600], ['hour', 3600, 86400], ['day', 86400, 30 * 86400]]) {
    if (seconds < below) {
      const n = Math.max(1, Math.round(seconds / size));
      return `${n} ${unit}${n === 1 ? '' : 's'} ago`;
    }
  }
  return `on ${medium.format(date)}`;
}

/**
 * Slack's date formatting: fills {date}, {date_short_pretty}, {time} and the like into format.
 * @param {number} unix seconds
 * @param {string} format
 */
export function slackDate(unix, format) {
  const date = new Date(unix * 1000);
  const pretty = (text) => nearDay(date, new Date()).toLowerCase() || text;
  const parts = {
    date_num: () => numeric.format(date), date: () => medium.format(date), date_short: () => medium.format(date),
    date_long: () => day(date), date_pretty: () => pretty(medium.format(date)), date_short_pretty: () => pretty(medium.format(date)),
    date_long_pretty: () => pretty(long.format(date)), time: () => clock.format(date), time_secs: () => clockSeconds.format(date), ago: () => ago(date),
    day_divider_pretty: () => day(date),
  };
  return format.replace(/\{([a-z_]+)\}/g, (all, name) => (Object.hasOwn(parts, name) ? parts[name]() : all));
}
