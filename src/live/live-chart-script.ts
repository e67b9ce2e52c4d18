/**
 * The charts of the live page, run by the reader's browser: `chart(place, picture)` draws lines, points and guides into an SVG
 * element, as many lines as there are colours, so that a thousand curves are a dozen elements. Coordinates of the SVG are
 * pixels of its place.
 */
export const liveChartScript = `
const svgElement = (name, attributes, text) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
};

const raised = (exponent) => '10' + String(exponent).replace(/./g, (c) => c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[c]);
// To a few digits, without trailing zeros, small ones as in 1.2·10⁻⁷.
const short = (value, digits = 3) => {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e6)) return String(Number.isInteger(value) ? value : Number(value.toPrecision(digits)));
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
  return (Number(mantissa) === 1 ? '' : Number(mantissa) + '·') + raised(Number(exponent));
};

// [low, high] of what is positive and finite where the axis is logarithmic, with a little room.
function extent(values, log) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value === null || !Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) { const room = Math.max(Math.exp(.04 * (Math.log(high) - Math.log(low))), 1.1); return [low / room, high * room]; }
  return low === high ? [Math.min(0, low), high || 1] : [low, high];
}

// What the figures of a report say of such values (zerosText in axes.ts), as a sentence.
const zerosNote = (zeros) => zeros === 0 ? '' : zeros === 1
  ? ' 1 value is exactly 0 and is not drawn.' : ' ' + zeros + ' values are exactly 0 and are not drawn.';

function ticksOf([low, high], log) {
  if (log) {
    const decades = Math.log10(high) - Math.log10(low);
    const every = Math.max(1, Math.ceil(decades / 6));
    const mantissas = decades > 2.5 ? [1] : decades > 1 ? [1, 2, 5] : decades > .5 ? [1, 1.5, 2, 3, 5, 7] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
    const ticks = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); ++e)
      if (decades <= 2.5 || e % every === 0) for (const m of mantissas) ticks.push(Number(m + 'e' + e));
    return ticks.filter((tick) => tick >= low && tick <= high);
  }
  const rough = (high - low) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((m) => m * unit >= rough));
  const ticks = [];
  for (let tick = Math.ceil(low / step); tick * step <= high; ++tick) ticks.push(Number((tick * step).toPrecision(12)));
  return ticks;
}

const scaleOf = ([low, high], log, start, end) => {
  const [a, b] = log ? [Math.log(low), Math.log(high)] : [low, high];
  return (value) => start + (((log ? Math.log(value) : value) - a) / (b - a)) * (end - start);
};

function axes(svg, { x, y }, sx, sy, { left, right, top, bottom }) {
  let room = -Infinity;
  for (const tick of x.ticks ?? ticksOf(x.domain, x.log)) {
    const label = short(tick, 4);
    svg.append(svgElement('path', { class: 'axis', d: 'M' + sx(tick) + ',' + bottom + 'v4' }));
    if (sx(tick) - label.length * 3.5 < room) continue;
    room = sx(tick) + label.length * 3.5 + 6;
    svg.append(svgElement('text', { class: 'tick', x: sx(tick), y: bottom + 17, 'text-anchor': 'middle' }, label));
  }
  for (const tick of ticksOf(y.domain, y.log)) {
    svg.append(svgElement('path', { class: 'gridline', d: 'M' + left + ',' + sy(tick) + 'H' + right }));
    svg.append(svgElement('text', { class: 'tick', x: left - 6, y: sy(tick) + 4, 'text-anchor': 'end' }, short(tick, 4)));
  }
  svg.append(svgElement('path', { class: 'axis', d: 'M' + left + ',' + top + 'V' + bottom + 'H' + right }));
  svg.append(svgElement('text', { class: 'title', x: (left + right) / 2, y: bottom + 34, 'text-anchor': 'middle' }, x.title));
  // The one subscript there is.
  const title = svgElement('text', { class: 'title', x: 4, y: 12 }, y.title.replace('_λ', ''));
  if (y.title.endsWith('_λ')) title.append(svgElement('tspan', { dy: 3, 'font-size': 9 }, 'λ'));
  svg.append(title);
}

/*
 * picture: { label, x: {domain, log, title}, y: the same, guides: [y], lines: [{class, color, x: [n], y: [n], name}],
 * points: [{class, x, y, low, high, name}] }. Lines of one colour become one path; null breaks a line.
 */
function chart(place, picture) {
  const width = Math.max(240, place.clientWidth), height = Math.round(Math.min(300, Math.max(190, width * .58)));
  const { x, y, guides, lines, points } = picture;
  const box = { left: 52, right: width - 22, top: 22, bottom: height - 42 };
  const sx = scaleOf(x.domain, x.log, box.left, box.right), sy = scaleOf(y.domain, y.log, box.bottom, box.top);
  const svg = svgElement('svg', { viewBox: '0 0 ' + width + ' ' + height, role: 'img', 'aria-label': picture.label });
  axes(svg, picture, sx, sy, box);
  // What the pointer can find: pixels, and whose they are.
  const spots = { x: [], y: [], of: [] };
  const paths = new Map();
  for (const line of lines) {
    let d = '', pen = 'M';
    for (let i = 0; i < line.x.length; ++i) {
      const value = line.y[i];
      if (value === null || (y.log && value <= 0) || (x.log && line.x[i] <= 0)) { pen = 'M'; continue; }
      const px = Math.round(sx(line.x[i]) * 10) / 10, py = Math.round(Math.max(box.top, sy(value)) * 10) / 10;
      d += pen + px + ',' + py;
      pen = 'L';
      spots.x.push(px); spots.y.push(py); spots.of.push([line, i]);
    }
    const kept = paths.get(line.color);
    if (kept) kept.push(d); else paths.set(line.color, [d]);
  }
  const opacity = Math.max(.25, Math.min(1, 12 / Math.sqrt(lines.length + 1)));
  for (const [color, parts] of paths) {
    const path = svgElement('path', { class: 'curve', d: parts.join(''), 'stroke-opacity': opacity });
    path.style.stroke = color;
    svg.append(path);
  }
  for (const guide of guides) svg.append(svgElement('path', { class: 'teacher', d: 'M' + box.left + ',' + sy(guide) + 'H' + box.right }));
  for (const point of points) {
    const px = sx(point.x), py = sy(point.y);
    if (point.low !== null) svg.append(svgElement('path', { class: 'spread ' + point.arm + '-ink', d: 'M' + px + ',' + sy(point.low) + 'V' + sy(point.high) }));
    svg.append(svgElement('circle', { class: 'mark ' + point.arm + '-fill', cx: px, cy: py, r: 4 }));
    spots.x.push(px); spots.y.push(py); spots.of.push([point, -1]);
  }
  place.querySelector('svg')?.remove();
  place.append(svg);
  place.spots = spots;
  place.size = { width, height };
  place.tell = picture.tell;
  if (place.pointer) showNearest(place);
}

// Nearest spot within 30 pixels of the pointer, its text beside it.
function showNearest(place) {
  const { spots, pointer, size } = place;
  let best = -1, nearest = 30 * 30;
  for (let i = 0; i < spots.x.length; ++i) {
    const distance = (spots.x[i] - pointer.x) ** 2 + (spots.y[i] - pointer.y) ** 2;
    if (distance < nearest) { nearest = distance; best = i; }
  }
  const svg = place.querySelector('svg');
  svg.querySelector('.focus')?.remove();
  const value = place.querySelector('.value');
  value.hidden = best < 0;
  if (best < 0) return;
  const [px, py] = [spots.x[best], spots.y[best]];
  svg.append(svgElement('circle', { class: 'focus', cx: px, cy: py, r: 5 }));
  value.textContent = place.tell(...spots.of[best]);
  const [box, around] = [svg.getBoundingClientRect(), place.getBoundingClientRect()];
  const scale = box.width / size.width;
  value.style.top = box.top - around.top + py * scale + 12 + 'px';
  const room = place.clientWidth - value.offsetWidth;
  value.style.left = Math.max(0, Math.min(room, px * scale + 12)) + 'px';
}

function chartPlace(parent, title, key) {
  const place = document.createElement('div');
  place.className = 'chart';
  const heading = document.createElement('h3');
  heading.append(title, key);
  const value = document.createElement('div');
  value.className = 'value';
  value.hidden = true;
  place.append(heading, value);
  place.addEventListener('pointermove', (event) => {
    const box = place.querySelector('svg').getBoundingClientRect();
    const scale = box.width / place.size.width;
    place.pointer = { x: (event.clientX - box.left) / scale, y: (event.clientY - box.top) / scale };
    showNearest(place);
  });
  place.addEventListener('pointerleave', () => {
    place.pointer = undefined;
    value.hidden = true;
    place.querySelector('.focus')?.remove();
  });
  parent.append(place);
  return place;
}
`;
