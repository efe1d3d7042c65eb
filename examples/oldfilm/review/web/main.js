// The review of a project. Each module shows one part of `state`; edits go to the server.
import './viewer.js';
import './strip.js';
import './repairs.js';
import './regions.js';
import './timeline.js';
import './shot.js';
import './curves.js';
import './play.js';
import './keys.js';
import { startPolling } from './rendering.js';
import { loadProject, report } from './state.js';

for (const tab of document.querySelectorAll('[role="tab"]')) {
  tab.onclick = () => {
    for (const other of document.querySelectorAll('[role="tab"]')) {
      other.setAttribute('aria-selected', other === tab);
      document.querySelector(`#panel-${other.dataset.panel}`).hidden = other !== tab;
    }
  };
}
document.querySelector('[role="tab"]').click();

try {
  await loadProject();
  document.body.dataset.ready = 'true';
  startPolling();
} catch (error) {
  report(error);
}
