// The keyboard does everything that the mouse does.
import { redo, undo } from './edits.js';
import { draw, drawWithKey } from './regions.js';
import { togglePlayback } from './play.js';
import { togglePreview } from './preview.js';
import { toggleRendering } from './rendering.js';
import { judge, select } from './repairs.js';
import { goToFrame, goToShot, setMode, shot, state } from './state.js';
import { zoomBy, zoomTo } from './viewer.js';

const dialog = document.querySelector('#keys');

/** Keys, what they are called, what they do. Letters are lower case. */
export const actions = [
  [['ArrowLeft'], '← →', 'Frame before, frame after; with Shift: ten frames', (event) => goToFrame(state.frame - (event.shiftKey ? 10 : 1))],
  [['ArrowRight'], '', '', (event) => goToFrame(state.frame + (event.shiftKey ? 10 : 1))],
  [['ArrowUp'], '↑ ↓', 'Repair before, repair after in the list', () => select(state.selected - 1)],
  [['ArrowDown'], '', '', () => select(state.selected + 1)],
  [['PageUp'], 'Page Up, Page Down', 'Shot before, shot after', () => goToShot(state.shot - 1)],
  [['PageDown'], '', '', () => goToShot(state.shot + 1)],
  [['Home'], 'Home, End', 'First and last frame of the shot', () => goToFrame(shot().first)],
  [['End'], '', '', () => goToFrame(shot().last)],
  [[' '], 'Space', 'Play the shot, stop', () => togglePlayback()],
  [['a'], 'A', 'Accept the repair', () => judge('accepted')],
  [['r'], 'R', 'Reject it: the next rendering has the original there', () => judge('rejected')],
  [['u'], 'U', 'Reset: nobody has judged it', () => judge('automatic')],
  [['1'], '1 2 3 4 5', 'Before, after, wipe, difference, evidence', () => setMode('before')],
  [['2'], '', '', () => setMode('after')],
  [['3'], '', '', () => setMode('wipe')],
  [['4'], '', '', () => setMode('difference')],
  [['5'], '', '', () => setMode('evidence')],
  [['t'], 'T', 'Toggle before and after', () => setMode(state.mode === 'before' ? 'after' : 'before')],
  [['+', '='], '+ − 0', 'Zoom; 0: fit', () => zoomBy(1.5)],
  [['-'], '', '', () => zoomBy(1 / 1.5)],
  [['0'], '', '', () => zoomTo(0)],
  [['o'], 'O, P', 'Draw a box: original here, protect in the shot', () => draw('o')],
  [['p'], '', '', () => draw('p')],
  [['d'], 'D, I', 'Draw a box: repair here, ignore in the shot', () => draw('d')],
  [['i'], '', '', () => draw('i')],
  [['v'], 'V', 'Preview: restore the shown frame with the settings of the shot', () => togglePreview()],
  [['Enter'], 'Ctrl+Enter', 'Render, or stop', (event) => event.ctrlKey && toggleRendering()],
  [['?'], '?', 'This list', () => showHelp()],
];

function showHelp() {
  const list = document.createElement('dl');
  const named = [...actions.filter(([, name]) => name !== ''), [[], 'Ctrl+Z, Ctrl+Shift+Z', 'Undo, redo']];
  for (const [, name, about] of named) {
    const [term, text] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = name;
    text.textContent = about;
    list.append(term, text);
  }
  const heading = document.createElement('h2');
  heading.textContent = 'Keys';
  const close = document.createElement('button');
  close.textContent = 'Close';
  close.onclick = () => dialog.close();
  dialog.replaceChildren(heading, list, close);
  dialog.showModal();
}

function isTyping(element) {
  return element.matches('input[type="text"], select, textarea, input[type="range"]:not(#scrubber)');
}

document.addEventListener('keydown', (event) => {
  if (dialog.open || !state.project || isTyping(event.target)) return;
  if (event.ctrlKey && event.key.toLowerCase() === 'z') {
    event.preventDefault();
    (event.shiftKey ? redo : undo)();
    return;
  }
  if (state.drawing && drawWithKey(event)) {
    event.preventDefault();
    return;
  }
  if ((event.ctrlKey && event.key !== 'Enter') || event.metaKey || event.altKey) return;
  if ((event.key === 'Enter' && !event.ctrlKey) || (event.key === ' ' && event.target.matches('button, input'))) {
    return; // presses the button that has the focus
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const action = actions.find(([keys]) => keys.includes(key));
  if (!action) return;
  event.preventDefault();
  action[3](event);
});

document.querySelector('#help').onclick = showHelp;
document.querySelector('#undo').onclick = undo;
document.querySelector('#redo').onclick = redo;
document.querySelector('#zoom-in').onclick = () => zoomBy(1.5);
document.querySelector('#zoom-out').onclick = () => zoomBy(1 / 1.5);
document.querySelector('#zoom-fit').onclick = () => zoomTo(0);
for (const button of document.querySelectorAll('#modes button')) {
  button.onclick = () => setMode(button.dataset.mode);
}
