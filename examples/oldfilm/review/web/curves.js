// Curves of the shot: what each frame is, before and after.
import { get } from './api.js';
import { goToFrame, on, report, shot, state } from './state.js';

const panel = document.querySelector('#curves');
const space = 'http://www.w3.org/2000/svg';
const cache = new Map();
const height = 22;
// Name, what is drawn, unit by which values are shown.
const rows = [
  ['Exposure', (found) => [found.before.exposure, found.after?.exposure], (value) => `${(value * 100).toFixed(1)} %`],
  ['Flicker', (found) => [found.before.flicker, found.after?.flicker], (value) => `${(value * 100).toFixed(2)} %`],
  ['Weave', (found) => [found.before.weave, found.after?.weave], (value) => `${value.toFixed(2)} px`],
  ['Repairs', (found) => [undefined, found.repairs], (value) => `${value}`],
];

function line(values, low, high, className) {
  const path = document.createElementNS(space, 'polyline');
  const across = (index) => (values.length > 1 ? index / (values.length - 1) * 1000 : 0);
  const down = (value) => height - 2 - (value - low) / (high - low || 1) * (height - 4);
  path.setAttribute('points', values.map((value, index) => `${across(index)},${down(value)}`).join(' '));
  path.setAttribute('class', className);
  return path;
}

function drawing(pair) {
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', `0 0 1000 ${height}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  const all = pair.flatMap((values) => values ?? []);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (pair[0]) svg.append(line(pair[0], low, high, 'before'));
  if (pair[1]) svg.append(line(pair[1], low, high, 'after'));
  const cursor = document.createElementNS(space, 'line');
  cursor.setAttribute('class', 'cursor');
  cursor.setAttribute('y2', height);
  svg.append(cursor);
  svg.onclick = (event) => {
    const box = svg.getBoundingClientRect();
    const { first, last } = shot();
    goToFrame(first + Math.round((event.clientX - box.left) / box.width * (last - first)));
  };
  return svg;
}

function grain() {
  const fact = state.project.facts.shots?.find((one) => one.first === shot().first);
  return fact?.grain_sigma > 0 ? `Grain σ ${fact.grain_sigma.toFixed(1)}` : '';
}

function show() {
  const found = cache.get(shot().id)?.curves;
  panel.replaceChildren();
  if (!found) return;
  for (const [name, pick] of rows) {
    const row = document.createElement('div');
    row.className = 'curve';
    const [label, figures] = [document.createElement('span'), document.createElement('output')];
    label.textContent = name;
    row.append(label, drawing(pick(found)), figures);
    panel.append(row);
  }
  panel.title = `Before: gray, after: accent. ${grain()}`;
  showFrame();
}

function showFrame() {
  const found = cache.get(shot().id)?.curves;
  if (!found || panel.children.length === 0) return;
  const at = state.frame - found.first;
  const share = found.repairs.length > 1 ? at / (found.repairs.length - 1) : 0;
  rows.forEach(([, pick, text], index) => {
    const row = panel.children[index];
    const cursor = row.querySelector('.cursor');
    cursor.setAttribute('x1', share * 1000);
    cursor.setAttribute('x2', share * 1000);
    const values = pick(found).filter(Boolean).map((one) => text(one[at]));
    row.querySelector('output').textContent = values.join(' → ');
  });
}

let wanted = 0;
async function load() {
  const turn = ++wanted;
  const { id } = shot();
  const key = `${state.project.result.version} ${state.project.ledger} ${shot().first} ${shot().last}`;
  if (cache.get(id)?.key !== key) {
    try {
      cache.set(id, { key, curves: await get(`/api/shots/${id}/curves`) });
    } catch (error) {
      if (state.project.source.error === '') report(error);
    }
  }
  if (turn === wanted) show();
}

// Stepping through shots measures none of them.
let timer = 0;
on('project shot', () => {
  show();
  clearTimeout(timer);
  timer = setTimeout(load, 300);
});
on('frame', showFrame);
