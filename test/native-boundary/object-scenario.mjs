// One call that takes an object of options: all good, good but elsewhere in memory, with one field exchanged, or with a getter.
import { kindOf, places } from './arrays.mjs';
import { detached, hostile, Trapped } from './hostile.mjs';
import { refusedWell } from './messages.mjs';
import { allowedAt, objectCalls } from './object-calls.mjs';

export async function objectScenario(native, random, fail) {
  const name = random.pick(Object.keys(objectCalls));
  const call = objectCalls[name];
  const options = call.make(random, native);
  const expected = await outcome(native, call, copyOf(options));
  if (expected.error) return fail(`${name}: good options are refused: ${expected.error.message}`);
  const change = random.pick([elsewhere, exchange, exchange, exchange, getter, missing])(options, random);
  const about = `${name} with ${change.said}`;
  const found = await outcome(native, call, change.options ?? options);
  judge(change, expected, found, (text) => fail(`${about}: ${text}`));
  return about;
}

function judge({ allowed, mayTrap, same }, expected, { error, numbers }, fail) {
  if (error) {
    if (allowed === true) fail(`refused: ${error.message}`);
    if (error instanceof Trapped && !mayTrap) fail('a trap was sprung where none was set');
    return refusedWell(error, fail);
  }
  if (allowed === false) fail('was not refused');
  if (same && !numbers.every((value, i) => Object.is(value, expected.numbers[i])))
    fail(`gave ${numbers}, not ${expected.numbers}`);
}

async function outcome(native, call, options) {
  try {
    const answer = await call.call(native, options);
    try {
      return { numbers: call.result(options, answer) };
    } catch {
      return { numbers: [] }; // where an array was exchanged, the result is not looked at
    } finally {
      call.leave?.(answer);
    }
  } catch (error) {
    return { error };
  }
}

/** Plain objects and arrays copied in depth; native objects are shared. */
function copyOf(value) {
  if (kindOf(value) !== undefined) return value.slice();
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copyOf(field)]));
}

function isPlain(value) {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Any field, however deep: the object that holds it, and the names that lead there. */
function somewhere(options, random) {
  let holder = options;
  const path = [];
  for (;;) {
    const key = random.pick(Object.keys(holder));
    path.push(key);
    const value = holder[key];
    const deeper = (isPlain(value) || Array.isArray(value)) && Object.keys(value).length > 0;
    if (!deeper || random.chance(0.2)) return { holder, key, path };
    holder = value;
  }
}

function elsewhere(options, random) {
  const said = [];
  const move = (holder) => {
    for (const [key, value] of Object.entries(holder)) {
      if (kindOf(value) !== undefined) {
        const place = random.pick(Object.keys(places).filter((one) => one !== 'without a prototype'));
        holder[key] = places[place](value);
        said.push(`${key} ${place}`);
      } else if (isPlain(value) || Array.isArray(value)) move(value);
    }
  };
  move(options);
  return { said: said.join(', ') || 'the same', allowed: true, same: true };
}

function exchange(options, random) {
  if (random.chance(0.05)) {
    const k = random.below(hostile.length);
    return { options: hostile[k](), said: `hostile ${k} for everything`, allowed: undefined, mayTrap: true };
  }
  const { holder, key, path } = somewhere(options, random);
  const k = random.below(hostile.length);
  const value = hostile[k]();
  const before = holder[key];
  holder[key] = value;
  return {
    said: `hostile ${k} for ${path.join('.')}`,
    allowed: before === value ? true : allowedAt(path, value, before),
    mayTrap: true,
  };
}

function missing(options, random) {
  const { holder, key, path } = somewhere(options, random);
  delete holder[key];
  return { said: `no ${path.join('.')}` };
}

/** JavaScript runs in the middle of the reading, and takes away what was read already. */
function getter(options, random) {
  const { holder, key, path } = somewhere(options, random);
  const value = holder[key];
  const arrays = Object.values(options).filter((one) => kindOf(one) !== undefined);
  const act = random.pick([
    () => {
      throw new Trapped('getter');
    },
    () => {
      for (const array of arrays) detached(array);
    },
    () => {
      for (const one of Object.keys(options)) if (one !== key) delete options[one];
    },
    () => undefined,
  ]);
  Object.defineProperty(holder, key, {
    configurable: true,
    get: () => {
      act();
      return value;
    },
  });
  return { said: `a getter for ${path.join('.')}`, mayTrap: true };
}
