// The film strip: an element for each shot that is in sight, however many there are.
import { goToShot, on, state } from './state.js';

const strip = document.querySelector('#strip');
const inner = document.querySelector('#strip-inner');
const step = 118;  // pixels from shot to shot
const beyond = 4;  // shots on both sides that are made ready
const shown = new Map(); // elements by index
const kinds = { title_card: 'title card', leader: 'leader', black: 'black', picture: '' };

function made(index) {
  const button = document.createElement('button');
  button.className = 'shot';
  button.tabIndex = -1; // the strip has the focus, and arrow keys
  button.style.left = `${8 + index * step}px`;
  button.append(new Image(), document.createElement('span'));
  button.onclick = () => goToShot(index);
  inner.append(button);
  return button;
}

function fill(button, index) {
  const shot = state.project.shots[index];
  const { repairs, rejected } = shot.totals;
  const [number, about] = [document.createElement('em'), document.createElement('b')];
  number.textContent = `${index + 1} ${kinds[shot.kind]}`;
  number.style.fontStyle = 'normal';
  about.textContent = rejected > 0 ? `${rejected} rejected` : '';
  const count = document.createElement('i');
  count.style.fontStyle = 'normal';
  count.textContent = rejected > 0 ? '' : `${repairs}`;
  button.querySelector('span').replaceChildren(number, about, count);
  button.classList.toggle('excluded', shot.excluded);
  button.setAttribute('aria-current', index === state.shot);
  button.title = `Shot ${shot.id}, frames ${shot.first} to ${shot.last}, ${repairs} repairs`;
}

let soon = 0;
/** Pictures come when scrolling rests, so that a fast scroll asks for none. */
function loadThumbnails() {
  clearTimeout(soon);
  soon = setTimeout(() => {
    for (const [index, button] of shown) {
      const { first, last } = state.project.shots[index];
      const url = `/thumbnails/before/${Math.floor((first + last) / 2)}.jpg?v=${state.project.source.checksum}`;
      const image = button.querySelector('img');
      if (!image.src.endsWith(url) && state.project.source.error === '') image.src = url;
    }
  }, 80);
}

function show() {
  if (!state.project) return;
  const { length } = state.project.shots;
  inner.style.width = `${length * step + 16}px`;
  const first = Math.max(Math.floor(strip.scrollLeft / step) - beyond, 0);
  const last = Math.min(Math.ceil((strip.scrollLeft + strip.clientWidth) / step) + beyond, length - 1);
  for (const [index, button] of shown) {
    if (index >= first && index <= last) continue;
    button.remove();
    shown.delete(index);
  }
  for (let index = first; index <= last; ++index) {
    if (!shown.has(index)) shown.set(index, made(index));
    fill(shown.get(index), index);
  }
  loadThumbnails();
}

function follow() {
  const left = state.shot * step;
  if (left < strip.scrollLeft || left + step > strip.scrollLeft + strip.clientWidth) {
    strip.scrollLeft = left - strip.clientWidth / 2 + step / 2;
  }
  show();
}

strip.addEventListener('scroll', show, { passive: true });
strip.addEventListener('wheel', (event) => {
  if (event.deltaX === 0) strip.scrollLeft += event.deltaY;
}, { passive: true });
strip.addEventListener('keydown', (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  event.stopPropagation();
  goToShot(state.shot + by);
});
new ResizeObserver(show).observe(strip);
on('project shot', follow);
on('repairs', show);
