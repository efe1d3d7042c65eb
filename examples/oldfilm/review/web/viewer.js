// The picture: before and after, the wipe, zoom, marks of repairs and regions.
import { on, report, shot, state } from './state.js';

const viewer = document.querySelector('#viewer');
const picture = document.querySelector('#picture');
const images = {
  before: document.querySelector('#before'),
  after: document.querySelector('#after'),
  evidence: document.querySelector('#evidence'),
};
const kinds = 'Blue: moved · light blue: recolored · green: other frames · yellow: around · orange: network';
const marks = document.querySelector('#marks');
const handle = document.querySelector('#wipe');
const empty = document.querySelector('#empty');

const view = { zoom: 0, x: 0, y: 0, wipe: 50 }; // zoom 0: fit; x, y: of the picture's corner
const cache = new Map(); // pictures by address
const mostCached = 48;

const hasEvidence = () => Boolean(state.project?.result.evidence);
const hasResult = () => !['none', 'missing'].includes(state.project.result.state);

function address(side, frame) {
  const version = side === 'before' ? state.project.source.checksum : state.project.result.version;
  return `/frames/${side}/${frame}.png?v=${version}`;
}

/** The address of a picture that is decoded, so that showing it does not flicker. */
async function decoded(url) {
  if (!cache.has(url)) {
    const image = new Image();
    image.src = url;
    cache.set(url, image.decode());
    if (cache.size > mostCached) cache.delete(cache.keys().next().value);
  }
  try {
    await cache.get(url);
  } catch {
    cache.delete(url);
    const answer = await fetch(url);
    throw new Error(answer.ok ? 'The picture cannot be shown.' : (await answer.json()).error.text);
  }
  return url;
}

let wanted = 0;
async function showFrame() {
  const turn = ++wanted;
  const { frame, preview } = state;
  const previewed = preview?.frame === frame ? preview.url : null;
  try {
    const before = decoded(address('before', frame));
    const after = previewed ?? (hasResult() ? decoded(address('after', frame)) : null);
    const shown = state.mode === 'evidence' && hasEvidence() && !previewed;
    const evidence = shown ? decoded(`/evidence/${frame}.png?v=${state.project.result.version}`) : null;
    const urls = await Promise.all([before, after, evidence]);
    if (turn !== wanted) return;
    images.before.src = urls[0];
    if (urls[1]) images.after.src = urls[1];
    images.after.hidden = !urls[1];
    if (urls[2]) images.evidence.src = urls[2];
    images.evidence.hidden = !urls[2];
    picture.dataset.frame = frame;
    showMode();
    prefetch(frame);
  } catch (error) {
    if (turn === wanted) report(error);
  }
}

function prefetch(frame) {
  for (const near of [frame + 1, frame - 1, frame + 2]) {
    if (near < shot().first || near > shot().last) continue;
    decoded(address('before', near)).catch(() => {});
    if (hasResult()) decoded(address('after', near)).catch(() => {});
  }
}

const size = () => state.project.source;
const fitting = () => Math.min((viewer.clientWidth - 32) / size().width, (viewer.clientHeight - 32) / size().height);
const scale = () => view.zoom || Math.max(fitting(), 0.05);

function place() {
  const { width, height } = size();
  const by = scale();
  if (!view.zoom) {
    view.x = (viewer.clientWidth - width * by) / 2;
    view.y = (viewer.clientHeight - height * by) / 2;
  }
  picture.style.width = `${width * by}px`;
  picture.style.height = `${height * by}px`;
  picture.style.left = `${view.x}px`;
  picture.style.top = `${view.y}px`;
  picture.classList.toggle('pixels', by >= 3);
  marks.setAttribute('viewBox', `0 0 ${width} ${height}`);
}

/** Zooms to `by` (0: fit) around a point of the viewer. */
export function zoomTo(by, x = viewer.clientWidth / 2, y = viewer.clientHeight / 2) {
  const now = scale();
  view.zoom = by && Math.min(Math.max(by, 0.1), 32);
  if (by) {
    view.x = x - (x - view.x) * view.zoom / now;
    view.y = y - (y - view.y) * view.zoom / now;
  }
  place();
}
export const zoomBy = (factor) => zoomTo(scale() * factor);

/** The point of the picture, in its own pixels, under a pointer. */
export function pointAt(event) {
  const box = viewer.getBoundingClientRect();
  const limit = (value, most) => Math.min(Math.max(value, 0), most);
  return {
    x: limit((event.clientX - box.left - view.x) / scale(), size().width),
    y: limit((event.clientY - box.top - view.y) / scale(), size().height),
  };
}

function setWipe(percent) {
  view.wipe = Math.min(Math.max(percent, 0), 100);
  handle.style.left = `${view.wipe}%`;
  handle.setAttribute('aria-valuenow', Math.round(view.wipe));
  showMode();
}

function showMode() {
  const mode = images.after.hidden ? 'before' : state.mode;
  picture.dataset.mode = mode;
  images.after.style.clipPath = mode === 'wipe' ? `inset(0 0 0 ${view.wipe}%)` : '';
  const after = state.preview?.frame === state.frame ? 'Preview' : 'After';
  const evidence = hasEvidence() ? kinds : 'No evidence film';
  const left = { before: 'Before', after, wipe: 'Before', difference: 'Difference × 5', evidence }[mode];
  document.querySelector('#label-left').textContent = left;
  document.querySelector('#label-right').textContent = mode === 'wipe' ? after : '';
  for (const button of document.querySelectorAll('#modes button')) {
    button.setAttribute('aria-checked', button.dataset.mode === state.mode);
    button.disabled = (images.after.hidden && button.dataset.mode !== 'before')
      || (button.dataset.mode === 'evidence' && !hasEvidence());
  }
}

function mark(name, attributes, classes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.setAttribute('class', classes);
  marks.append(element);
}

function showMarks() {
  marks.replaceChildren();
  const { frame } = state;
  for (const region of state.project.regions) {
    if (region.first > frame || region.last < frame) continue;
    mark('polygon', { points: region.polygon.map((point) => point.join(',')).join(' ') }, 'region');
  }
  const chosen = state.series[state.selected];
  for (const repair of chosen?.repairs ?? []) {
    if (repair.frame !== frame) continue;
    const [x, y, width, height] = repair.box;
    mark('rect', { x: x - 2, y: y - 2, width: width + 4, height: height + 4 },
      `selected ${repair.decision}`);
  }
  if (state.drawing) {
    const { x, y, width, height } = state.drawing.box;
    mark('rect', { x, y, width, height }, 'drawing');
  }
}

function showWhatIsMissing() {
  const { source } = state.project;
  empty.textContent = source.error;
  empty.hidden = source.error === '';
  picture.hidden = source.error !== '';
}

// Dragging: the wipe, or the picture.
handle.addEventListener('pointerdown', (event) => {
  event.stopPropagation();
  handle.setPointerCapture(event.pointerId);
  handle.onpointermove = (move) => setWipe(pointAt(move).x / size().width * 100);
});
handle.addEventListener('pointerup', () => { handle.onpointermove = null; });
handle.addEventListener('keydown', (event) => {
  const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
  if (!step) return;
  event.stopPropagation();
  setWipe(view.wipe + step);
});
viewer.addEventListener('pointerdown', (event) => {
  if (state.drawing || event.button !== 0) return;
  const from = { x: event.clientX - view.x, y: event.clientY - view.y };
  viewer.setPointerCapture(event.pointerId);
  viewer.onpointermove = (move) => {
    view.zoom = scale();
    view.x = move.clientX - from.x;
    view.y = move.clientY - from.y;
    place();
  };
});
viewer.addEventListener('pointerup', () => { viewer.onpointermove = null; });
viewer.addEventListener('wheel', (event) => {
  event.preventDefault();
  const box = viewer.getBoundingClientRect();
  zoomTo(scale() * (event.deltaY < 0 ? 1.2 : 1 / 1.2), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
new ResizeObserver(() => state.project && place()).observe(viewer);

on('project', () => { place(); showWhatIsMissing(); });
on('project shot frame preview', showFrame);
on('project frame repairs drawing', showMarks);
on('mode', () => { showMode(); showFrame(); });
setWipe(50);
