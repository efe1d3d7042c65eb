// Playback of the shot: a proxy that the server makes when it is first asked for.
import { goToFrame, on, report, shot, state } from './state.js';

const player = document.querySelector('#player');
const button = document.querySelector('#play');

const shown = () => (player.hidden ? null : player);
const rate = () => state.project.source.rate || 24;
const frameNow = () => Math.min(shot().first + Math.floor(player.currentTime * rate() + 0.01), shot().last);

function stop() {
  if (!shown()) return;
  const frame = frameNow();
  player.pause();
  player.hidden = true;
  player.removeAttribute('src');
  button.textContent = 'Play';
  goToFrame(frame);
}

async function start() {
  const { result, source } = state.project;
  const hasResult = !['none', 'missing'].includes(result.state);
  const side = state.mode === 'before' || !hasResult ? 'before' : 'after';
  const version = side === 'before' ? source.checksum : result.version;
  const { id, first, last } = shot();
  button.textContent = 'Stop';
  player.loop = true;
  player.src = `/clips/${side}/${id}.mp4?v=${version}-${first}-${last}`;
  player.hidden = false;
  try {
    await player.play();
    if (shown()) player.currentTime = 0;
  } catch (error) {
    if (!shown()) return; // it was stopped before it began
    const answer = await fetch(player.src);
    stop();
    report(answer.ok ? error : new Error((await answer.json()).error.text));
  }
}

export const togglePlayback = () => (shown() ? stop() : start());

button.onclick = togglePlayback;
on('shot mode', () => { if (shown()) stop(); });
