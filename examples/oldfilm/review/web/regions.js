// Boxes in which the original stays, or which are damaged, drawn with the mouse or moved with arrow keys.
import { changeRegions } from './edits.js';
import { goToFrame, on, say, shot, state, tell } from './state.js';
import { pointAt } from './viewer.js';

const viewer = document.querySelector('#viewer');
const panel = document.querySelector('#panel-regions');
panel.innerHTML = `
  <p class="quiet">No stage changes a protected region. A region to repair is damaged, found or not; one to ignore is not.
    The next rendering heeds them.</p>
  <div class="actions">
    <button data-key="o" title="O">Original here</button>
    <button data-key="p" title="P">Protect in the shot</button>
  </div>
  <div class="actions">
    <button data-key="d" title="D">Repair here</button>
    <button data-key="i" title="I">Ignore in the shot</button>
  </div>
  <div id="region-list"></div>`;

/** What is drawn, by the key that begins it. */
const kinds = {
  o: { action: 'protect', isWholeShot: false },
  p: { action: 'protect', isWholeShot: true },
  d: { action: 'repair', isWholeShot: false },
  i: { action: 'ignore', isWholeShot: true },
};

/** Begins a region, as the key `kind` does. */
export function draw(kind) {
  const { width, height } = state.project.source;
  state.drawing = {
    ...kinds[kind],
    box: { x: Math.round(width * 3 / 8), y: Math.round(height * 3 / 8), width: Math.round(width / 4), height: Math.round(height / 4) },
  };
  viewer.classList.add('drawing');
  viewer.focus();
  say('Drag a box, or move it with the arrow keys (with Shift: its size), and press Enter. Esc gives up.');
  tell('drawing');
}

export function stopDrawing() {
  state.drawing = null;
  viewer.classList.remove('drawing');
  say('');
  tell('drawing');
}

function freeId() {
  const taken = new Set(state.project.regions.map((region) => region.id));
  let number = 1;
  while (taken.has(`r${number}`)) ++number;
  return `r${number}`;
}

export async function finishDrawing() {
  const { action, isWholeShot, box } = state.drawing;
  stopDrawing();
  const [left, top] = [Math.round(box.x), Math.round(box.y)];
  const [right, bottom] = [Math.round(box.x + box.width), Math.round(box.y + box.height)];
  if (right - left < 2 || bottom - top < 2) return;
  const region = {
    id: freeId(),
    action,
    first: isWholeShot ? shot().first : state.frame,
    last: isWholeShot ? shot().last : state.frame,
    polygon: [[left, top], [right, top], [right, bottom], [left, bottom]],
    note: '',
  };
  await changeRegions([...state.project.regions, region], `Add region ${region.id}: ${action}`);
}

/** Moves the box that is being drawn. True: the key was for that. */
export function drawWithKey(event) {
  const { box } = state.drawing;
  const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (event.key === 'Enter') finishDrawing();
  else if (event.key === 'Escape') stopDrawing();
  else if (by) {
    const { width, height } = state.project.source;
    const pixels = event.altKey ? 1 : 8;
    if (event.shiftKey) {
      box.width = Math.min(Math.max(box.width + by[0] * pixels, 2), width - box.x);
      box.height = Math.min(Math.max(box.height + by[1] * pixels, 2), height - box.y);
    } else {
      box.x = Math.min(Math.max(box.x + by[0] * pixels, 0), width - box.width);
      box.y = Math.min(Math.max(box.y + by[1] * pixels, 0), height - box.height);
    }
    tell('drawing');
  } else return false;
  return true;
}

viewer.addEventListener('pointerdown', (event) => {
  if (!state.drawing || event.button !== 0) return;
  const from = pointAt(event);
  viewer.setPointerCapture(event.pointerId);
  viewer.onpointermove = (move) => {
    const to = pointAt(move);
    state.drawing.box = {
      x: Math.min(from.x, to.x), y: Math.min(from.y, to.y),
      width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y),
    };
    state.drawing.moved = true;
    tell('drawing');
  };
});
viewer.addEventListener('pointerup', () => {
  if (state.drawing?.moved) finishDrawing();
});

function row(region) {
  const element = document.createElement('div');
  element.className = 'region';
  const text = document.createElement('span');
  const frames = region.first === region.last ? `frame ${region.first}` : `frames ${region.first} to ${region.last}`;
  text.textContent = `${region.id}: ${region.action}, ${frames}`;
  const go = document.createElement('button');
  go.textContent = 'Show';
  go.onclick = () => goToFrame(region.first);
  const remove = document.createElement('button');
  remove.textContent = 'Remove';
  remove.onclick = () => changeRegions(
    state.project.regions.filter((other) => other.id !== region.id), `Remove region ${region.id}`);
  element.append(text, go, remove);
  return element;
}

on('project', () => {
  const list = panel.querySelector('#region-list');
  list.replaceChildren(...state.project.regions.map(row));
});
for (const button of panel.querySelectorAll('[data-key]')) button.onclick = () => draw(button.dataset.key);
