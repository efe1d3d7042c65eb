// The list of repairs of a shot, the most suspicious first, and what is decided about them.
import { decide } from './edits.js';
import { goToFrame, on, shot, state, tell } from './state.js';

const panel = document.querySelector('#panel-repairs');
panel.innerHTML = `
  <p class="quiet" id="repair-totals"></p>
  <div class="actions">
    <button id="accept" title="A">Accept</button>
    <button id="reject" title="R">Reject</button>
    <button id="reset" title="U">Reset</button>
  </div>
  <div id="repair-list" role="listbox" aria-label="Repairs, the most suspicious first" tabindex="0"></div>`;
const list = panel.querySelector('#repair-list');
const names = { unknown: 'Unknown', dust: 'Dust', hair: 'Hair', running_scratch: 'Running scratch', stain: 'Stain' };

/** One word for a series: mixed where its repairs differ. */
function decisionOf(series) {
  const all = new Set(series.repairs.map((repair) => repair.decision));
  return all.size === 1 ? [...all][0] : 'mixed';
}

/** What the row of a series says; `element` is an empty row, or one that says something else. */
function fill(element, series, index) {
  const decision = decisionOf(series);
  element.className = `repair ${decision}`;
  element.setAttribute('aria-selected', index === state.selected);
  const [kind, bar, figure, where, decided] = element.children;
  const percent = Math.round(series.suspicion * 100);
  kind.textContent = names[series.kind];
  bar.firstChild.style.width = `${percent}%`;
  figure.textContent = percent;
  const frames = series.first === series.last ? `frame ${series.first}` : `frames ${series.first} to ${series.last}`;
  where.textContent = `${frames}, ${series.area} px`;
  const gone = series.repairs.every((repair) => !repair.present);
  decided.textContent = { automatic: '', accepted: 'accepted', rejected: gone ? 'original is back' : 'rejected', mixed: 'mixed' }[decision];
}

function row(series, index) {
  const element = document.createElement('div');
  element.role = 'option';
  element.id = `repair-${index}`;
  element.dataset.series = series.series;
  element.innerHTML = `<span class="kind"></span><span class="bar" title="Suspicion"><i></i></span>
    <span class="figure"></span><span class="where"></span><span class="decision"></span>`;
  element.onclick = () => select(index);
  fill(element, series, index);
  return element;
}

let listed = null; // the series that the rows are of
/** New rows for new series; else only those that a person changed: judging a thousand repairs is quick. */
function showRows() {
  if (listed !== state.series) {
    listed = state.series;
    list.replaceChildren(...state.series.map(row));
    return;
  }
  for (const element of list.querySelectorAll('[aria-selected="true"]')) element.setAttribute('aria-selected', false);
  for (const index of [state.selected - 1, state.selected]) {
    if (list.children[index]) fill(list.children[index], state.series[index], index);
  }
}

function show() {
  const { totals } = shot();
  const share = (totals.share * 100).toFixed(3);
  panel.querySelector('#repair-totals').textContent = totals.frames === 0
    ? 'The shot was not rendered yet.'
    : `${totals.repairs} repairs, ${share} % of the shot; ${totals.accepted} accepted, ${totals.rejected} rejected`
      + (state.total > state.series.length ? `. The ${state.series.length} most suspicious of ${state.total} are listed.` : '');
  showRows();
  for (const id of ['accept', 'reject', 'reset']) panel.querySelector(`#${id}`).disabled = state.selected < 0;
  const chosen = list.children[state.selected];
  list.setAttribute('aria-activedescendant', chosen?.id ?? '');
  chosen?.scrollIntoView({ block: 'nearest' });
}

export function select(index) {
  if (state.series.length === 0) return;
  state.selected = Math.min(Math.max(index, 0), state.series.length - 1);
  const { repairs } = state.series[state.selected];
  if (!repairs.some((repair) => repair.frame === state.frame)) {
    const largest = repairs.reduce((a, b) => (b.area > a.area ? b : a));
    goToFrame(largest.frame);
  }
  tell('repairs');
}

/** Judges the selected series, and goes on to the next one. */
export function judge(decision) {
  const series = state.series[state.selected];
  if (!series) return;
  decide(series, decision);
  if (decision === 'automatic') tell('repairs');
  else select(state.selected + 1);
}

panel.querySelector('#accept').onclick = () => judge('accepted');
panel.querySelector('#reject').onclick = () => judge('rejected');
panel.querySelector('#reset').onclick = () => judge('automatic');
on('project repairs', show);
