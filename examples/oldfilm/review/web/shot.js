// What is decided about a shot: its kind, which stages are on, and their live parameters.
import { changeShot } from './edits.js';
import { preview, togglePreview } from './preview.js';
import { on, shot, state, tell } from './state.js';

const panel = document.querySelector('#panel-shot');
const kinds = { picture: 'Picture', title_card: 'Title card', leader: 'Leader', black: 'Black' };
let changing = 0; // a change that is on its way keeps the form as it is

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function field(name, ...children) {
  return element('label', { className: 'field' }, element('span', { textContent: name }), ...children);
}

async function save(changes, label) {
  ++changing;
  await changeShot(changes, label);
  --changing;
  show();
}

/** The stages of the shot with one value set; undefined: as in the rest of the film. */
function withValue(id, name, value) {
  const stages = structuredClone(shot().stages);
  const values = typeof stages[id] === 'object' ? stages[id] : {};
  if (value === undefined) delete values[name];
  else values[name] = value;
  stages[id] = values;
  if (Object.keys(values).length === 0) delete stages[id];
  return stages;
}

function later(action) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, 120);
  };
}

function slider(stage, parameter, value) {
  const { name, minimum, maximum, type, unit, help } = parameter;
  const step = type === 'integer' ? 1 : (maximum - minimum) / 200;
  const input = element('input', { type: 'range', min: minimum, max: maximum, step, value, title: help });
  input.dataset.parameter = `${stage.id}.${name}`;
  const shown = element('output');
  const number = () => Number(Number(input.value).toPrecision(3));
  const show = () => { shown.textContent = `${number()}${unit ? ` ${unit}` : ''}`; };
  const changed = () => ({ stages: withValue(stage.id, name, number()) });
  const show_picture = later(() => { state.previewing = true; preview(changed()); showPreviewing(); });
  input.oninput = () => { show(); show_picture(); };
  input.onchange = () => save(changed(), `Set ${name} of ${stage.id} in shot ${shot().id}`);
  show();
  return [input, shown];
}

function choice(stage, { name, choices, help }, value) {
  const select = element('select', { className: 'wide', title: help }, ...choices.map((one) => new Option(one)));
  select.value = value;
  select.onchange = () => save({ stages: withValue(stage.id, name, select.value) }, `Set ${name} of ${stage.id} in shot ${shot().id}`);
  return [select];
}

function checkbox(stage, { name, help }, value) {
  const box = element('input', { type: 'checkbox', checked: value, title: help });
  box.onchange = () => save({ stages: withValue(stage.id, name, box.checked) }, `Set ${name} of ${stage.id} in shot ${shot().id}`);
  return [box];
}

function parameterField(stage, parameter) {
  const own = shot().stages[stage.id]?.[parameter.name];
  const make = { boolean: checkbox, choice, integer: slider, number: slider }[parameter.type];
  if (!make) return ''; // texts and files are set in project.json
  const made = field(parameter.name, ...make(stage, parameter, own ?? parameter.value));
  if (own !== undefined) {
    const name = made.querySelector('span');
    name.className = 'changed';
    name.title = 'Otherwise than in the rest of the film; double-click to reset';
    name.ondblclick = () => save({ stages: withValue(stage.id, parameter.name) }, `Reset ${parameter.name} of ${stage.id}`);
  }
  return made;
}

function stageForm(stage) {
  const is_on = shot().stages[stage.id] !== false;
  const box = element('input', { type: 'checkbox', checked: is_on });
  box.dataset.stage = stage.id;
  box.onchange = () => {
    const stages = structuredClone(shot().stages);
    if (box.checked) delete stages[stage.id];
    else stages[stage.id] = false;
    save({ stages }, `Switch ${stage.id} ${box.checked ? 'on' : 'off'} in shot ${shot().id}`);
    if (state.previewing) preview({ stages });
  };
  const head = element('label', { title: stage.summary }, element('span', { textContent: stage.id }), box);
  return element('div', { className: is_on ? 'stage' : 'stage off' }, head,
    ...(is_on ? stage.parameters.map((parameter) => parameterField(stage, parameter)) : []));
}

function showPreviewing() {
  const button = panel.querySelector('#preview');
  button?.setAttribute('aria-pressed', Boolean(state.previewing));
  const note = panel.querySelector('#preview-note');
  if (note) note.textContent = state.preview?.note ? `Preview ${state.preview.note}; the rendering sees the whole shot.` : '';
}

function show() {
  if (changing > 0 || !state.project) return;
  const now = shot();
  const kind = element('select', { className: 'wide', id: 'kind' },
    ...Object.entries(kinds).map(([value, name]) => new Option(name, value)));
  kind.value = now.kind;
  kind.onchange = () => save({ kind: kind.value }, `Mark shot ${now.id} as ${kinds[kind.value].toLowerCase()}`);
  const excluded = element('input', { type: 'checkbox', checked: now.excluded, id: 'excluded' });
  excluded.onchange = () => save({ excluded: excluded.checked }, `${excluded.checked ? 'Exclude' : 'Include'} shot ${now.id}`);
  const note = element('input', { type: 'text', className: 'wide', value: now.note, id: 'note' });
  note.onchange = () => save({ note: note.value }, `Note on shot ${now.id}`);
  const button = element('button', { id: 'preview', title: 'V', textContent: 'Preview', onclick: togglePreview });
  panel.replaceChildren(
    field('Kind', kind), field('Excluded', excluded), field('Note', note),
    element('div', { className: 'actions' }, button),
    element('p', { className: 'quiet', id: 'preview-note' }),
    ...state.project.stages.map(stageForm));
  showPreviewing();
}

on('project shot', show);
on('preview', showPreviewing);
