// The shown frame, restored on the spot with the settings of the shot.
import { postForPicture } from './api.js';
import { on, report, shot, state, tell } from './state.js';

let request = null; // what can abort the one that goes on
let settings = null;

function forget() {
  if (state.preview) URL.revokeObjectURL(state.preview.url);
  state.preview = null;
}

/** Shows the frame with `changed` settings of the shot; null: as the shot is saved. */
export async function preview(changed) {
  settings = changed;
  request?.abort();
  request = new AbortController();
  const { frame } = state;
  const document = { shot: shot().id, frame, settings: { ...shot(), ...changed } };
  window.document.body.dataset.previewing = 'true';
  try {
    const { blob, note } = await postForPicture('/api/preview', document, request.signal);
    forget();
    state.preview = { frame, url: URL.createObjectURL(blob), note };
    tell('preview');
  } catch (error) {
    report(error);
    if (error.name === 'AbortError') return;
  }
  delete window.document.body.dataset.previewing;
}

export function endPreview() {
  request?.abort();
  delete window.document.body.dataset.previewing;
  state.previewing = false;
  forget();
  tell('preview');
}

export function togglePreview() {
  state.previewing = !state.previewing;
  if (state.previewing) preview(null);
  else endPreview();
}

on('frame', () => { if (state.previewing) preview(settings); });
on('shot', () => { settings = null; });
