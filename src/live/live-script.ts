/**
 * Script of the live page, after that of its charts: hears the server's events, keeps what they told, and draws it at most
 * once a frame. When the server is gone it asks again until there is one.
 */
export const liveScript = String.raw`
(() => {
  const at = (id) => document.getElementById(id);
  const root = document.documentElement;
  const curves = new Map();
  const places = new Map();
  let state;
  let drawnGroups = '';

  // Theme: colours are variables of the stylesheet, nothing is drawn again.
  const systemDark = matchMedia('(prefers-color-scheme: dark)');
  const theme = () => root.dataset.theme || (systemDark.matches ? 'dark' : 'light');
  const nameTheme = () => { at('theme').textContent = theme() === 'dark' ? 'Light' : 'Dark'; };
  at('theme').addEventListener('click', () => { root.dataset.theme = theme() === 'dark' ? 'light' : 'dark'; nameTheme(); });
  systemDark.addEventListener('change', nameTheme);
  nameTheme();

  // Connection
  function connect() {
    const events = new EventSource('/events');
    events.addEventListener('state', ({ data }) => { state = JSON.parse(data); tell(); redraw(); });
    events.addEventListener('curves', ({ data }) => {
      const { restarted, curves: changed } = JSON.parse(data);
      if (restarted) curves.clear();
      for (const { key, ...trial } of changed) if (trial.curve) curves.set(key, trial); else curves.delete(key);
      redraw();
    });
    events.addEventListener('trouble', ({ data }) => say('lost', 'Cannot look at the directory: ' + JSON.parse(data).error));
    events.addEventListener('error', () => {
      say('lost', 'No connection: what you see is old. Start it again with: eigenstudent watch. This page will notice.');
      // A browser asks again by itself unless it was answered with something else.
      if (events.readyState === EventSource.CLOSED) { events.close(); setTimeout(connect, 1000); }
    });
  }
  const say = (mode, text) => {
    const place = at('connection');
    place.className = 'note ' + mode;
    if (place.textContent !== text) place.textContent = text;
  };

  // Words, bars and tables
  function tell() {
    const { absent, total, counts, processes } = state;
    const over = total > 0 && counts.finished + counts.failed === total;
    say('live', absent ? 'Waiting: ' + absent
      : over ? 'Live. Every trial has ended.'
      : processes > 0 ? 'Live. ' + processes + (processes === 1 ? ' process' : ' processes') + ' at work.'
      : 'Live. No process is at work; goes on with: eigenstudent sweep ' + state.directory);
    for (const id of ['tally', 'groups']) at(id).hidden = absent !== null;
    at('failures').hidden = counts.failed === 0;
    if (absent) return;
    for (const [name, count] of Object.entries(counts)) at('count-' + name).textContent = count;
    fillBar(at('bar'), counts, total);
    at('facts').replaceChildren(...facts().flatMap(([name, text]) => [element('dt', name), element('dd', text)]));
    const damaged = state.damaged.length;
    at('damaged').replaceChildren(...(damaged === 0 ? [] : [element('p', (damaged === 1 ? '1 trial has a record that cannot be read, or lacks' : damaged +
      ' trials have a record that cannot be read, or lack') + ' the arrays beside it; the next sweep trains again: ' + state.damaged.slice(0, 20).join(', '), 'warning')]));
    tellFailures();
    tellGroups();
  }

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function fillBar(bar, counts, total) {
    const parts = Object.entries(counts).filter(([, count]) => count > 0);
    bar.setAttribute('aria-label', parts.map(([name, count]) => count + ' ' + name).join(', ') + ' of ' + total);
    bar.replaceChildren(...parts.map(([name, count]) => {
      const part = element('i', undefined, name);
      part.style.width = (100 * count) / total + '%';
      return part;
    }));
  }

  function facts() {
    const { total, progress, pace, secondsLeft, lastFinishedAt, engines } = state;
    return [
      ['Done', Math.floor(100 * progress) + ' % of the steps of ' + total + ' trials'],
      ...(pace ? [['Pace', short(pace.trialsPerHour) + ' trials/h, ' + short(pace.stepsPerSecond) +
        ' student steps/s in the last ' + duration(pace.seconds)]] : []),
      ...(secondsLeft !== null ? [['Time left', 'about ' + duration(secondsLeft) + ' at this pace']] : []),
      ...(lastFinishedAt ? [['Last ended', new Date(lastFinishedAt).toLocaleString()]] : []),
      ...(engines.length > 0 ? [[engines.length > 1 ? 'Engines' : 'Engine', engines.join(', ')]] : []),
    ];
  }

  function duration(seconds) {
    const minutes = Math.round(seconds / 60);
    if (minutes < 1) return Math.max(1, Math.round(seconds)) + ' s';
    return minutes < 120 ? minutes + ' min' : short(minutes / 60, 2) + ' h';
  }

  const nameOf = ({ parametrization, teacherSize, width, trial, settings }) =>
    parametrization + ', ' + (severalTeachers() ? 'h_T = ' + teacherSize + ', ' : '') + 'h = ' + width + ', ' + (settings ? settings + ', ' : '') + 'trial ' + trial;
  const severalTeachers = () => new Set(state.groups.map(({ teacherSize }) => teacherSize)).size > 1;

  function tellFailures() {
    const { failures, counts } = state;
    at('failures-note').textContent = failures.length < counts.failed ? 'The latest ' + failures.length + ' of ' + counts.failed + '.' : '';
    at('failure-list').replaceChildren(...failures.map((failure) => {
      const item = element('li');
      item.append(element('b', nameOf(failure)), ': ' + failure.message + ' ', element('code', failure.key));
      return item;
    }));
  }

  function tellGroups() {
    const text = JSON.stringify([state.groups, state.columns]);
    if (text === drawnGroups) return;
    drawnGroups = text;
    const { groups, groupCount, columns } = state;
    for (const old of document.querySelectorAll('#group-names .varied')) old.remove();
    const numeric = columns.map((_, i) => groups.every(({ settings }) => typeof settings[i] !== 'string'));
    at('group-trials').before(...columns.map((name, i) => {
      const cell = element('th', name, numeric[i] ? 'varied number' : 'varied');
      cell.scope = 'col';
      return cell;
    }));
    at('groups-note').textContent = groups.length < groupCount ? 'The first ' + groups.length + ' of ' + groupCount + '.' : '';
    at('group-rows').replaceChildren(...groups.map((group) => {
      const row = element('tr');
      const { parametrization, teacherSize, width, settings, counts, effectiveSize, trainLoss } = group;
      const total = Object.values(counts).reduce((sum, count) => sum + count);
      const bar = element('div', undefined, 'bar');
      bar.setAttribute('role', 'img');
      fillBar(bar, counts, total);
      const cell = element('td');
      cell.append(bar);
      const size = effectiveSize === null ? '–' : short(effectiveSize.mean) + (effectiveSize.sd === null ? '' : ' ± ' + short(effectiveSize.sd, 2));
      row.append(element('td', parametrization), element('td', teacherSize, 'number'), element('td', width, 'number'),
        ...settings.map((value, i) => element('td', value ?? '–', numeric[i] ? 'number' : '')), cell,
        element('td', counts.finished + counts.failed + ' of ' + total, 'number'), element('td', size, 'number'),
        element('td', trainLoss === null ? '–' : short(trainLoss), 'number'));
      return row;
    }));
  }

  // A power of ten, a thousand times the median or more: one trial that goes astray must not flatten the others.
  function highest(values) {
    const sorted = Float64Array.from(values).sort();
    return sorted.length === 0 ? Infinity : 10 ** Math.ceil(Math.log10(1000 * sorted[sorted.length >> 1]));
  }

  // Charts
  let due = false;
  function redraw() {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; if (state) draw(); });
  }

  // A dozen shades tell widths apart as well as more would.
  const shades = 12;
  function shadesOf(widths) {
    const sorted = [...new Set(widths)].sort((a, b) => a - b);
    const last = Math.max(1, sorted.length - 1);
    return new Map(sorted.map((width, rank) => [width, sorted.length === 1 ? .5 : Math.round((rank / last) * (shades - 1)) / (shades - 1)]));
  }
  const colorOf = (arm, share) => share <= .5
    ? 'color-mix(in srgb, var(--' + arm + ') ' + 200 * share + '%, var(--' + arm + '-narrow))'
    : 'color-mix(in srgb, var(--' + arm + '-wide) ' + (200 * share - 100) + '%, var(--' + arm + '))';

  function draw() {
    const { groups, absent } = state;
    const drawn = absent === null && curves.size > 0;
    at('loss').hidden = at('emerging').hidden = !drawn;
    const sized = absent === null ? groups.filter(({ effectiveSize }) => effectiveSize) : [];
    at('size').hidden = sized.length === 0;
    if (sized.length > 0) drawSizes(sized);
    if (!drawn) return;
    const trials = [...curves.values()];
    const shade = shadesOf(trials.map(({ width }) => width));
    const loss = at('validation').checked ? 'validationLoss' : 'trainLoss';
    const some = trials.length < state.total ? trials.length + ' of ' + state.total + ' trials. ' : '';
    const most = highest(trials.map(({ curve }) => curve[loss].at(-1)).filter((value) => value > 0));
    const beyond = trials.some(({ curve }) => curve[loss].some((value) => value > most)) ? ' Losses above ' + short(most) + ' are drawn at the edge.' : '';
    const zeros = (name) => zerosNote(trials.reduce((count, { curve }) => count + curve[name].filter((value) => value === 0).length, 0));
    at('loss-note').textContent = some + 'Mean squared error, one line per trial.' + beyond + zeros(loss);
    at('emerging-zeros').textContent = zeros('effectiveSize');
    drawCurves('loss', trials, shade, loss, loss === 'trainLoss' ? 'train loss' : 'validation loss', [], most);
    drawCurves('emerging', trials, shade, 'effectiveSize', 'n_λ', teachers());
  }

  const teachers = () => [...new Set(state.groups.map(({ teacherSize }) => teacherSize))];

  function placeFor(section, arm, key) {
    const name = section + ' ' + arm;
    if (!places.has(name)) places.set(name, chartPlace(at(section + '-charts'), arm, key()));
    return places.get(name);
  }

  // One chart a parametrisation, over the same axes.
  function drawCurves(section, trials, shade, quantity, title, guides, most = Infinity) {
    const arms = [...new Set(trials.map(({ parametrization }) => parametrization))].sort().reverse();
    for (const [name, place] of places) if (name.startsWith(section + ' ')) place.hidden = !arms.includes(name.slice(section.length + 1));
    const values = guides.slice();
    let last = 0;
    for (const { curve } of trials) { for (const value of curve[quantity]) values.push(value === null ? null : Math.min(value, most)); last = Math.max(last, curve.epoch.at(-1) ?? 0); }
    const y = { domain: extent(values, true), log: true, title };
    const x = { domain: [0, last || 1], log: false, title: 'epoch' };
    for (const arm of arms) {
      const own = trials.filter(({ parametrization }) => parametrization === arm);
      const lines = own.map((trial) => ({ trial, color: colorOf(arm, shade.get(trial.width)), x: trial.curve.epoch, y: trial.curve[quantity] }));
      const place = placeFor(section, arm, () => rampKey(arm));
      const range = [...shade.keys()];
      place.querySelector('.range').textContent = range.length === 1 ? 'h = ' + range[0] : 'h = ' + range[0] + ' to ' + range.at(-1);
      chart(place, { x, y, lines, guides, points: [],
        label: title + ' against epoch of ' + own.length + ' ' + arm + ' trials; latest values are in the table below',
        tell: ({ trial }, i) => nameOf(trial) + '\nepoch ' + trial.curve.epoch[i] + ': ' + title + ' ' + short(trial.curve[quantity][i]) });
    }
  }

  function rampKey(arm) {
    const key = element('span', undefined, 'key');
    key.append(element('span', undefined, 'ramp ' + arm), element('span', '', 'range'));
    return key;
  }

  function drawSizes(groups) {
    const arms = [...new Set(groups.map(({ parametrization }) => parametrization))];
    const points = groups.map(({ parametrization, effectiveSize: { mean, sd, trials }, width, ...rest }) => ({
      arm: parametrization, x: width, y: mean, low: sd === null ? null : Math.max(mean - sd, mean / 100), high: mean + (sd ?? 0), sd, trials, width, ...rest }))
      .filter(({ y }) => y > 0);
    at('size-zeros').textContent = zerosNote(groups.length - points.length);
    const values = points.flatMap(({ low, high, y }) => [low ?? y, high]).concat(teachers());
    const widths = [...new Set(points.map(({ x }) => x))];
    const place = placeFor('size', '', () => {
      const key = element('span', undefined, 'key');
      for (const arm of arms) key.append(element('span', undefined, 'dot ' + arm), arm);
      return key;
    });
    chart(place, { lines: [], guides: teachers(), points,
      x: { domain: extent(points.map(({ x }) => x), true), log: true, title: 'width h', ticks: widths.length <= 8 ? widths : undefined },
      y: { domain: extent(values, true), log: true, title: 'n_λ' },
      label: 'Effective size against width; its numbers are in the table below',
      tell: ({ arm, width, y, sd, trials, settings }) => arm + ', h = ' + width +
        settings.flatMap((value, i) => value === null ? [] : [', ' + state.columns[i] + ' ' + value]).join('') + '\nn_λ = ' + short(y) + (sd === null ? '' : ' ± ' + short(sd, 2)) +
        ', ' + trials + (trials === 1 ? ' trial' : ' trials') });
  }

  at('validation').addEventListener('change', redraw);
  new ResizeObserver(redraw).observe(document.querySelector('main'));
  connect();
})();
`;
