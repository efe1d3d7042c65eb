// Rendering in the background, and what other windows and programs change meanwhile.
import { get, post } from './api.js';
import { isDeciding } from './edits.js';
import { endPreview } from './preview.js';
import { loadProject, loadRepairs, on, report, say, state } from './state.js';

const button = document.querySelector('#render');
let running = false;

function show() {
  const { rendering, history } = state.project;
  running = rendering.state === 'running';
  const { frames, total } = rendering;
  button.textContent = !running ? 'Render'
    : total > 0 ? `Stop (${Math.min(99, Math.floor(frames / total * 100))} %)` : 'Stop';
  button.title = running ? 'Stop the rendering' : `Render the project to ${state.project.result.path}`;
  for (const direction of ['undo', 'redo']) {
    const element = document.querySelector(`#${direction}`);
    element.disabled = history[direction] === '';
    element.title = history[direction];
  }
}

async function ended(rendering) {
  endPreview();
  await loadProject();
  if (rendering.text) say(rendering.text.charAt(0).toUpperCase() + rendering.text.slice(1) + '.');
}

async function poll() {
  try {
    if (isDeciding()) return;
    const was = state.project.rendering.state;
    const status = await get('/api/status');
    state.project.rendering = status.rendering;
    state.project.history = status.history;
    if (was === 'running' && status.rendering.state !== 'running') await ended(status.rendering);
    else if (status.revision !== state.project.revision) await loadProject();
    else if (status.ledger !== state.project.ledger && status.rendering.state !== 'running') await loadRepairs();
    show();
  } catch (error) {
    report(error);
  } finally {
    setTimeout(poll, running ? 400 : 1500);
  }
}

export async function toggleRendering() {
  try {
    state.project.rendering = await post(running ? '/api/render/stop' : '/api/render');
    show();
  } catch (error) {
    report(error);
  }
}

button.onclick = toggleRendering;
on('project repairs', show);
let announced = '';
on('project', () => {
  const { state: result, text } = state.project.result;
  const note = result === 'ready' || running ? '' : text;
  if (note !== announced && note) say(`${note.charAt(0).toUpperCase()}${note.slice(1)}.`);
  announced = note;
});
export const startPolling = () => setTimeout(poll, 1000);
