// Where in the shot the frame is.
import { goToFrame, on, shot, state } from './state.js';

const scrubber = document.querySelector('#scrubber');
const counter = document.querySelector('#counter');

function timecode(frame) {
  const { rate } = state.project.source;
  if (!rate) return '';
  const seconds = Math.floor(frame / rate);
  const pad = (value) => String(Math.floor(value)).padStart(2, '0');
  return `${pad(seconds / 3600)}:${pad(seconds / 60 % 60)}:${pad(seconds % 60)}:${pad(frame - seconds * rate)}`;
}

function show() {
  const { first, last, id } = shot();
  scrubber.min = first;
  scrubber.max = last;
  scrubber.value = state.frame;
  counter.textContent = `${state.frame}  ${timecode(state.frame)}`;
  document.querySelector('#place').textContent =
    `Shot ${state.shot + 1} of ${state.project.shots.length} (${id}), frames ${first} to ${last}`;
  document.querySelector('#title').textContent = state.project.source.name;
}

scrubber.addEventListener('input', () => goToFrame(Number(scrubber.value)));
on('project shot frame', show);
