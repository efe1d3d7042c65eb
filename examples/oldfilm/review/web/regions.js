// Boxes for which a person decides, drawn with the mouse or moved with arrow keys.
import { changeRegions } from './edits.js';
import { goToFrame, on, say, shot, state, tell } from './state.js';
import { pointAt } from './viewer.js';

const viewer = document.querySelector('#viewer');
const panel = document.querySelector('#panel-regions');
panel.innerHTML = `
  <p class="quiet">No stage changes a protected region; the next rendering leaves the original there.
    A region to repair is damaged, whether or not a stage finds that. In a region to ignore, nothing is.</p>
  <div class="actions">
    <button id="draw-frame" title="O">Original here</button>
    <button id="draw-shot" title="P">Protect in the shot</button>
    <button id="draw-damage" title="D">Damage here</button>
  </div>
  <div id="region-list"></div>`;

/** Begins a region: of this frame alone, or of the whole shot. */
export function draw(extent, action = 'protect') {
  const { width, height } = state.project.source;
  state.drawing = {
    extent,
    action,
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
  const { extent, action, box } = state.drawing;
  stopDrawing();
  const [left, top] = [Math.round(box.x), Math.round(box.y)];
  const [right, bottom] = [Math.round(box.x + box.width), Math.round(box.y + box.height)];
  if (right - left < 2 || bottom - top < 2) return;
  const whole = extent === 'shot';
  const region = {
    id: freeId(),
    action,
    first: whole ? shot().first : state.frame,
    last: whole ? shot().last : state.frame,
    polygon: [[left, top], [right, top], [right, bottom], [left, bottom]],
    note: '',
  };
  await changeRegions([...state.project.regions, region], `Add region ${region.id}`);
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

/** What is decided for a region, to be changed. */
function choice(region) {
  const select = document.createElement('select');
  select.setAttribute('aria-label', `Action of region ${region.id}`);
  for (const action of ['protect', 'repair', 'ignore']) select.add(new Option(action, action));
  select.value = region.action;
  select.onchange = () => changeRegions(
    state.project.regions.map((other) => (other.id === region.id ? { ...other, action: select.value } : other)),
    `Change region ${region.id}`);
  return select;
}

function row(region) {
  const element = document.createElement('div');
  element.className = 'region';
  const text = document.createElement('span');
  const frames = region.first === region.last ? `frame ${region.first}` : `frames ${region.first} to ${region.last}`;
  text.textContent = `${region.id}, ${frames}`;
  const go = document.createElement('button');
  go.textContent = 'Show';
  go.onclick = () => goToFrame(region.first);
  const remove = document.createElement('button');
  remove.textContent = 'Remove';
  remove.onclick = () => changeRegions(
    state.project.regions.filter((other) => other.id !== region.id), `Remove region ${region.id}`);
  element.append(text, choice(region), go, remove);
  return element;
}

on('project', () => {
  const list = panel.querySelector('#region-list');
  list.replaceChildren(...state.project.regions.map(row));
});
panel.querySelector('#draw-frame').onclick = () => draw('frame');
panel.querySelector('#draw-shot').onclick = () => draw('shot');
panel.querySelector('#draw-damage').onclick = () => draw('frame', 'repair');
