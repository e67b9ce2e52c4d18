// What happens to a file between two machines, and what nobody thought of; all of it from one number.

/** mulberry32: enough to choose places with, and the same on every machine. */
export function randomNumbers(seed) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** An integer from 0 below `end`. */
  const below = (end) => Math.floor(next() * end);
  return { next, below, of: (list) => list[below(list.length)] };
}

/** Headers and footers stand at the ends: half of all places are there. */
function place(random, length) {
  if (length === 0) return 0;
  const end = Math.min(length, 160);
  if (random.next() < 0.3) return random.below(end);
  return random.next() < 0.3 ? length - 1 - random.below(end) : random.below(length);
}

function block(random, length) {
  const start = place(random, length);
  return [start, Math.min(length, start + 1 + random.below(random.next() < 0.5 ? 16 : length))];
}

const splice = (bytes, start, end, inside) =>
  Buffer.concat([bytes.subarray(0, start), inside, bytes.subarray(end)]);
const noise = (random, length) => Buffer.from(Array.from({ length }, () => random.below(256)));

/** Of each size, little-endian as hex: those where arithmetic goes wrong. */
const extremes = [
  ...['00', '01', '7f', '80', 'ff', '0000', 'ff7f', 'ffff', '0080'],
  ...['00000000', 'ffffff7f', 'ffffffff', '00000080', '00000001', '7fffffff', '80000000'],
  ...['ffffffffffffff7f', 'ffffffffffffffff', '0000000000002000', '0000000001000000', '000000000000f07f'],
];
const written = ['0', '-1', '99999999999', '1e308', '-0', '9007199254740993', '', '4294967296', '1e999', 'NaN', '2147483647'];

const mutations = {
  changedBytes(random, bytes) {
    const changed = Buffer.from(bytes);
    for (let i = random.below(4); i >= 0; --i) changed[place(random, bytes.length)] = random.below(256);
    return changed;
  },
  changedBit(random, bytes) {
    const changed = Buffer.from(bytes);
    changed[place(random, bytes.length)] ^= 1 << random.below(8);
    return changed;
  },
  cut: (random, bytes) => bytes.subarray(0, place(random, bytes.length)),
  inserted(random, bytes) {
    const start = place(random, bytes.length);
    return splice(bytes, start, start, noise(random, 1 + random.below(16)));
  },
  removed(random, bytes) {
    const [start, end] = block(random, bytes.length);
    return splice(bytes, start, end, Buffer.alloc(0));
  },
  duplicated(random, bytes) {
    const [start, end] = block(random, bytes.length);
    return splice(bytes, end, end, bytes.subarray(start, end));
  },
  swapped(random, bytes) {
    const [first, second] = [block(random, bytes.length), block(random, bytes.length)].sort((a, b) => a[0] - b[0]);
    const [start, end] = [Math.max(second[0], first[1]), Math.max(second[1], first[1])];
    return Buffer.concat([
      bytes.subarray(0, first[0]),
      bytes.subarray(start, end),
      bytes.subarray(first[1], start),
      bytes.subarray(first[0], first[1]),
      bytes.subarray(end),
    ]);
  },
  extremeNumber(random, bytes) {
    const number = Buffer.from(random.of(extremes), 'hex');
    const start = place(random, Math.max(1, bytes.length - number.length));
    return splice(bytes, start, start + number.length, number);
  },
  writtenNumber(random, bytes) {
    const numbers = [...bytes.toString('latin1').matchAll(/-?\d+(\.\d+)?/g)];
    if (numbers.length === 0) return mutations.extremeNumber(random, bytes);
    const { index, 0: text } = random.of(numbers);
    return splice(bytes, index, index + text.length, Buffer.from(random.of(written)));
  },
  appended: (random, bytes) => Buffer.concat([bytes, noise(random, 1 + random.below(64))]),
};

/** The file of this number: one mutation of `bytes`, sometimes a second. */
export function damaged(random, bytes) {
  let result = bytes;
  do {
    result = mutations[random.of(Object.keys(mutations))](random, result);
  } while (random.next() < 0.2);
  return result;
}
