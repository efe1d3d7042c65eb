// Changes of the project and its ledger. The server keeps the history, so that all windows share it.
import { post } from './api.js';
import { loadProject, loadRepairs, report, shot, state } from './state.js';

/** Makes a change; if somebody else was first, shows the state that is there now. */
async function made(change) {
  try {
    await change();
  } catch (error) {
    report(error);
    if (error.status === 409) await loadProject();
    return false;
  }
  return true;
}

/** Replaces what is decided about the current shot: kind, excluded, stages, note. */
export function changeShot(changes, label) {
  return made(async () => {
    const document = { ...shot(), ...changes, label, revision: state.project.revision };
    await post(`/api/shots/${shot().id}`, document);
    await loadProject();
  });
}

export function changeRegions(regions, label) {
  return made(async () => {
    await post('/api/regions', { regions, label, revision: state.project.revision });
    await loadProject();
  });
}

let deciding = Promise.resolve();
let waiting = 0;

/** Whether decisions are on their way. */
export const isDeciding = () => waiting > 0;

/** Decides about all repairs of a series. It shows at once; people judge faster than disks sync. */
export function decide(series, decision) {
  const decisions = series.repairs.map(({ id, decision: was }) => ({ id, was, decision }));
  const verb = { accepted: 'Accept', rejected: 'Reject', automatic: 'Reset' }[decision];
  const label = `${verb} ${series.kind.replace('_', ' ')} in shot ${shot().id}`;
  for (const repair of series.repairs) repair.decision = decision;
  ++waiting;
  deciding = deciding.then(() => made(async () => {
    const { history } = await post('/api/decisions', { decisions, label });
    state.project.history = history;
    if (waiting === 1) await loadRepairs();
  })).finally(() => { --waiting; });
}

export const undo = () => made(async () => { await post('/api/undo'); await loadProject(); });
export const redo = () => made(async () => { await post('/api/redo'); await loadProject(); });
