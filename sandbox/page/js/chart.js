/**
 * Slack's own charts (data_visualization blocks): lines, areas, bars and pies, drawn in the colours of the page's theme. Whoever does not see
 * them hears their title and their numbers.
 * @module
 */
import { h, svg } from './dom.js';

const WIDTH = 480;
const HEIGHT = 220;
const TOP = 10;
const BOTTOM = 190; // of the area within the axes
const RIGHT = 470;

/**
 * Draws a data_visualization block.
 * @param {{title: string, chart: Object}} block
 */
export function chart(block) {
  const { chart: data, title } = block;
  const pie = data.type === 'pie';
  const series = pie ? [] : data.series;
  const drawing = svg('svg', { viewBox: `0 0 ${pie ? HEIGHT : WIDTH} ${HEIGHT}`, class: 'chart-drawing', role: 'img', 'aria-label': label(block) },
    pie ? slices(data.segments) : axes(data));
  const names = pie ? data.segments.map((s) => s.label) : series.length > 1 ? series.map((s) => s.name) : [];
  return h('figure', { class: 'block chart' }, h('figcaption', {}, title), drawing,
    names.length > 0 && h('ul', { class: 'chart-legend' }, names.map((name, i) => h('li', {}, h('span', { class: `chart-key chart-${i % 6}`, 'aria-hidden': 'true' }), name))),
    h('details', { class: 'chart-numbers' }, h('summary', {}, 'Numbers'), h('div', { class: 'table-scroll', tabindex: 0, role: 'group', 'aria-label': 'Numbers' }, table(data))));
}

/** What a chart shows, in one line. */
function label({ title, chart: data }) {
  if (data.type === 'pie') return `${title}: ${data.segments.map((s) => `${s.label} ${amount(s.value)}`).join(', ')}`;
  const spans = data.series.map((s) => {
    const values = s.data.map((p) => p.value);
    return `${s.name} from ${amount(Math.min(...values))} to ${amount(Math.max(...values))}, last ${amount(values.at(-1))}`;
  });
  const { categories, y_label: unit } = data.axis_config;
  return `${title}, ${data.type} chart, ${categories[0]} to ${categories.at(-1)}${unit ? ` in ${unit}` : ''}: ${spans.join('; ')}`;
}

function amount(value) {
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 4, notation: Math.abs(value) >= 1e5 ? 'compact' : 'standard' }).format(value);
}

function table(data) {
  if (data.type === 'pie') {
    return h('table', {}, h('tbody', {}, data.segments.map((s) => h('tr', {}, h('th', { scope: 'row' }, s.label), h('td', { class: 'align-right' }, amount(s.value))))));
  }
  return h('table', {},
    h('thead', {}, h('tr', {}, h('th', {}, data.axis_config.x_label ?? ''), data.series.map((s) => h('th', { scope: 'col' }, s.name)))),
    h('tbody', {}, data.axis_config.categories.map((name, i) => h('tr', {}, h('th', { scope: 'row' }, name),
      data.series.map((s) => h('td', { class: 'align-right' }, amount(valueAt(s, name, i))))))));
}

/** The value of a series in a category: Slack matches them by their labels. */
function valueAt(series, name, i) {
  return (series.data.find((p) => p.label === name) ?? series.data[i])?.value ?? 0;
}

/** The step between the lines of the grid: 1, 2, 2.5 or 5 times a power of ten. */
function stepOf(range) {
  const rough = range / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].find((m) => rough <= m * power * 1.0001) * power;
}

function axes(data) {
  const { categories, y_label: unit } = data.axis_config;
  const rows = data.series.map((s) => categories.map((name, i) => valueAt(s, name, i)));
  const all = rows.flat();
  let low = Math.min(0, ...all);
  let high = Math.max(0, ...all);
  if (high === low) high = 1;
  const step = stepOf(high - low);
  low = Math.floor(low / step) * step;
  high = Math.ceil(high / step) * step;
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step);
  const left = 16 + 7 * Math.max(...ticks.map((t) => amount(t).length));
  const slot = (RIGHT - left) / categories.length;
  const place = { x: (i) => left + (i + 0.5) * slot, y: (v) => BOTTOM - ((v - low) / (high - low)) * (BOTTOM - TOP), slot, rows };
  const every = Math.ceil((7.5 * Math.max(...categories.map((c) => c.length)) + 8) / slot);
  return [
    ticks.map((t) => [svg('line', { class: t === 0 ? 'chart-axis' : 'chart-grid', x1: left, x2: RIGHT, y1: place.y(t), y2: place.y(t) }),
      svg('text', { class: 'chart-text', x: left - 6, y: place.y(t) + 4, 'text-anchor': 'end' }, amount(t))]),
    unit && svg('text', { class: 'chart-text', x: left, y: HEIGHT - 1 }, unit),
    categories.map((name, i) => (categories.length - 1 - i) % every === 0 && svg('text', { class: 'chart-text', x: place.x(i), y: BOTTOM + 16, 'text-anchor': 'middle' }, name)),
    data.type === 'bar' ? bars(place) : rows.map((row, i) => lineOf(place, row, i, data.type === 'area')),
  ];
}

function lineOf({ x, y }, row, i, filled) {
  const points = row.map((v, d) => `${x(d).toFixed(1)},${y(v).toFixed(1)}`);
  return [
    filled && svg('polygon', { class: `chart-area chart-${i % 6}`, points: [`${x(0)},${y(0)}`, ...points, `${x(row.length - 1)},${y(0)}`].join(' ') }),
    svg('polyline', { class: `chart-line chart-${i % 6}`, points: points.join(' ') }),
    row.map((v, d) => svg('circle', { class: `chart-dot chart-${i % 6}`, cx: x(d).toFixed(1), cy: y(v).toFixed(1), r: 2.5 })),
  ];
}

/** Bars of one category stand side by side. */
function bars({ x, y, slot, rows }) {
  const wide = (slot * 0.76) / rows.length;
  return rows.map((row, i) => row.map((v, d) => svg('rect', {
    class: `chart-bar chart-${i % 6}`, x: (x(d) - slot * 0.38 + i * wide).toFixed(1), width: Math.max(wide - 1, 1).toFixed(1),
    y: Math.min(y(v), y(0)).toFixed(1), height: Math.abs(y(v) - y(0)).toFixed(1),
  })));
}

function slices(segments) {
  const sum = segments.reduce((all, s) => all + s.value, 0) || 1;
  const at = (part) => `${(110 + 96 * Math.sin(2 * Math.PI * part)).toFixed(2)},${(110 - 96 * Math.cos(2 * Math.PI * part)).toFixed(2)}`;
  let from = 0;
  return segments.map((s, i) => {
    const to = from + Math.min(s.value / sum, 0.9999); // a whole circle has no two ends
    const d = `M110,110 L${at(from)} A96,96 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)} Z`;
    from = to;
    return svg('path', { class: `chart-bar chart-${i % 6}`, d });
  });
}
