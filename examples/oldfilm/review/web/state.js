// What the page shows, and who wants to know when it changes.
import { get } from './api.js';

const listeners = new Map();

export const state = {
  project: null,    // as /api/project has it
  shot: 0,          // index of the current shot
  frame: 0,         // of the film
  mode: 'wipe',     // before, after, wipe, difference
  series: [],       // of repairs of the current shot, the most suspicious first
  selected: -1,     // index in `series`
  preview: null,    // {frame, url}: the after picture, rendered with settings that are not saved
  drawing: null,    // {action, box}: a region that is being drawn
};

/** Calls `listener` when one of `topics` (project, shot, frame, mode, repairs, preview, drawing) changes. */
export function on(topics, listener) {
  for (const topic of topics.split(' ')) {
    if (!listeners.has(topic)) listeners.set(topic, []);
    listeners.get(topic).push(listener);
  }
}

/** Tells that `topics` changed; each listener is called once. */
export function tell(topics) {
  const called = new Set(topics.split(' ').flatMap((topic) => listeners.get(topic) ?? []));
  for (const listener of called) listener();
}

export const shot = () => state.project.shots[state.shot];

export async function loadProject() {
  const project = await get('/api/project');
  const id = state.project ? shot().id : null; // now: another shot may have been chosen meanwhile
  state.project = project;
  const same = state.project.shots.findIndex((one) => one.id === id);
  state.shot = Math.max(same, 0);
  state.frame = Math.min(Math.max(state.frame, shot().first), shot().last);
  tell('project');
  await loadRepairs();
}

export async function loadRepairs() {
  const id = shot().id;
  const found = await get(`/api/shots/${id}/repairs`);
  if (shot().id !== id) return; // another shot was chosen meanwhile
  const chosen = state.series[state.selected]?.series;
  state.series = found.series;
  state.total = found.total;
  state.project.ledger = found.ledger;
  shot().totals = found.totals;
  state.selected = state.series.findIndex((one) => one.series === chosen);
  tell('repairs');
}

export function goToShot(index) {
  const last = state.project.shots.length - 1;
  const next = Math.min(Math.max(index, 0), last);
  if (next === state.shot) return;
  state.shot = next;
  state.frame = shot().first;
  state.series = [];
  state.selected = -1;
  tell('shot frame repairs');
  loadRepairs().catch(report);
}

export function goToFrame(frame) {
  const film = state.project.source.frames - 1;
  state.frame = Math.min(Math.max(frame, 0), film);
  const index = state.project.shots.findIndex((one) => one.last >= state.frame);
  if (index !== state.shot) {
    const wanted = state.frame;
    goToShot(index);
    state.frame = wanted;
  }
  tell('frame');
}

export function setMode(mode) {
  state.mode = mode;
  tell('mode');
}

// Messages.
const bar = document.querySelector('#message');
bar.querySelector('button').onclick = () => { bar.hidden = true; };

export function say(text) {
  bar.querySelector('span').textContent = text;
  bar.hidden = text === '';
}

export function report(error) {
  if (error.name === 'AbortError') return;
  say(error.message.charAt(0).toUpperCase() + error.message.slice(1));
}
