// One call of one method of a native population, in one state, with good or hostile arguments.
import { kindOf, places } from './arrays.mjs';
import { detached, hostile, Trapped } from './hostile.mjs';
import { refusedWell } from './messages.mjs';
import { populationCalls } from './population-calls.mjs';
import * as student from './students.mjs';

const until = (epoch) => Float64Array.of(epoch);
const forever = 2 ** 32 - 1;

/** State -> how a fresh population gets there; gives the pending promise, where there is one. */
const states = {
  fresh: () => undefined,
  trained: async (population) => void (await population.run(until(2))),
  'after stop()': (population) => population.stop(),
  'after a refusal': async (population, { data }) => {
    await population.pruningCurve(0, 0, new Uint32Array(student.width), data).catch(() => undefined);
  },
  'run() pending': (population) => ({ pending: population.run(until(forever)) }),
  'evaluate() pending': (population, { data }) => ({ pending: population.evaluate([[data], [data]]) }),
  disposed: (population) => population.dispose(),
  'disposed, run() pending': (population) => {
    const pending = population.run(until(forever));
    population.dispose();
    return { pending };
  },
};

export async function populationScenario(native, random, fail) {
  const dtype = random.pick(['float32', 'float64']);
  const backend = random.pick(['reference', 'cpu']);
  const world = makeWorld(native, dtype, fail);
  const population = new native.Population(student.populationSpec(backend, dtype, world.data));
  world.population = population;
  population.write(0, 'parameters', student.firstParameters(dtype));
  const state = random.pick(Object.keys(states));
  const { pending } = (await states[state](population, world)) ?? {};
  const idle = pending === undefined && state !== 'disposed';
  world.block = idle ? blockOf(population, dtype) : student.firstParameters(dtype);
  const name = random.pick(Object.keys(populationCalls));
  const { args, trapped, said } = makeArguments(populationCalls[name], world, random);
  const about = `${backend} ${dtype} population, ${state}: ${name}(${said})`;
  await callOnce(world, { name, args, trapped, idle, state }, (text) => fail(`${about}: ${text}`), random);
  await leave(population, pending, (text) => fail(`${about}: ${text}`));
  return about;
}

function makeWorld(native, dtype, fail) {
  const spec = student.datasetSpec(dtype);
  const data = new native.Dataset(spec);
  spec.inputs.fill(Number.NaN); // copied: later changes must not matter
  detached(spec.targets);
  const isDataset = (value) => value === data;
  return { dtype, data, isDataset, x: student.sampleInputs(dtype), targets: student.sampleTargets(dtype), fail };
}

function blockOf(population, dtype) {
  const block = student.arrayOf(dtype, student.parameters, () => Number.NaN);
  population.read(0, 'parameters', block);
  return block;
}

/** Good arguments, of which some lie elsewhere in memory, or one is exchanged for something hostile. */
function makeArguments(call, world, random) {
  const args = call.args.map(({ make }) => make(world));
  const said = args.map(() => 'good');
  for (const [i, value] of args.entries()) {
    if (kindOf(value) === undefined || !random.chance(0.5)) continue;
    const place = random.pick(Object.keys(places));
    args[i] = places[place](value);
    said[i] = place;
  }
  let trapped = false;
  if (args.length > 0 && random.chance(0.5)) {
    const i = random.below(args.length);
    const trap = random.chance(0.2) && typeof args[i] === 'object' && kindOf(args[i]) === undefined;
    if (trap && args[i] !== world.data) {
      const key = random.pick(Object.keys(args[i]));
      args[i] = withGetter(args[i], key, random, world, args);
      trapped = true;
      said[i] = `a getter for ${key}`;
    } else {
      const k = random.below(hostile.length);
      args[i] = hostile[k]();
      said[i] = `hostile ${k}`;
    }
  }
  if (random.chance(0.05)) args.length = random.below(args.length + 1);
  if (random.chance(0.05)) args.push(...Array(random.below(10)).fill(0));
  return { args, trapped, said: said.join(', ') };
}

/** The same value, but JavaScript runs while it is read. */
function withGetter(value, key, random, { population }, args) {
  const found = value[key];
  const act = random.pick([
    () => {
      throw new Trapped('getter');
    },
    () => population.dispose(),
    () => population.stop(),
    () => void population.run(until(1)).catch(() => undefined),
    () => {
      for (const array of args)
        if (kindOf(array) !== undefined && array.buffer instanceof ArrayBuffer) detached(array);
    },
    () => {
      for (const array of args) if (Array.isArray(array)) array.length = 0;
    },
  ]);
  return Object.defineProperty(Array.isArray(value) ? [...value] : { ...value }, key, {
    get: () => {
      act();
      return found;
    },
  });
}

async function callOnce(world, { name, args, trapped, idle }, fail, random) {
  const { population } = world;
  const call = populationCalls[name];
  const good = call.args.every(({ allowed }, i) => trapped || isAllowed(allowed, world, args[i]));
  const expected = call.observer ? 'ok' : trapped ? 'either' : idle && good ? 'ok' : 'refused';
  const kept = expected === 'ok' && call.keep ? call.keep(args) : args;
  let result;
  try {
    const answer = population[name](...args);
    if (call.promise !== (answer instanceof Promise || undefined)) fail('no promise, or one too many');
    if (call.promise) {
      // what was handed over has been copied: it may be changed or sent away at once
      if (expected === 'ok' && random.chance(0.5)) spoil(args);
      if (name === 'run' && !(kept[0] <= 6)) setTimeout(() => population.stop(), 20); // else it would take years
    }
    result = await answer;
  } catch (error) {
    if (expected === 'ok') fail(`refused: ${error?.message}`);
    else if (!(trapped && error instanceof Trapped)) refusedWell(error, fail);
    if (idle && !trapped) unchanged(world, fail);
    return;
  }
  if (expected === 'refused') fail('was not refused');
  if (expected === 'ok') call.check({ ...world, fail }, kept, result);
}

function isAllowed(allowed, world, value) {
  try {
    return allowed(world, value);
  } catch {
    return false; // a trap of the value itself
  }
}

function spoil(args) {
  for (const array of args) {
    if (kindOf(array) === undefined) continue;
    if (array.buffer instanceof ArrayBuffer && array.buffer.maxByteLength > array.byteLength) array.fill?.(7);
    else Uint32Array.prototype.fill.call(array, 7);
  }
}

function unchanged({ population, block, dtype }, fail) {
  if (population.busy) return fail('busy after a refusal');
  const found = blockOf(population, dtype);
  if (!found.every((value, i) => Object.is(value, block[i]))) fail('a refused call changed the parameters');
}

/** Whatever happened: the population can be stopped, disposed of, gives its memory back and stays disposed. */
async function leave(population, pending, fail) {
  population.stop();
  await pending?.catch((error) => refusedWell(error, fail));
  const was = population.bytes;
  population.dispose();
  if (was < 0) fail(`${was} bytes`);
  while (population.busy) await new Promise(setImmediate);
  population.dispose();
  if (population.bytes !== 0) fail(`${population.bytes} bytes after dispose()`);
  if (population.size !== 1 || typeof population.engine !== 'string') fail('size or engine lost');
  try {
    population.progress();
    fail('progress() after dispose() was not refused');
  } catch (error) {
    if (error.code !== 'population_disposed') fail(`after dispose(): ${error}`);
  }
}
