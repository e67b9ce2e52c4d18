// Calls that are odd as a whole: methods of other objects, constructors without new, what needs a GPU and has none.
import { hostile } from './hostile.mjs';
import { refusedWell } from './messages.mjs';
import { populationCalls } from './population-calls.mjs';
import * as student from './students.mjs';

const accessors = ['size', 'busy', 'bytes', 'engine'];

/** Name -> what is called with a hostile value; all of them must be refused. */
const odd = {
  'a method on something else': (native, random, value) =>
    native.Population.prototype[random.pick(Object.keys(populationCalls))].call(value),
  'an accessor on something else': (native, random, value) => {
    const name = random.pick(accessors);
    return Object.getOwnPropertyDescriptor(native.Population.prototype, name).get.call(value);
  },
  'samples of something else': (native, _, value) =>
    Object.getOwnPropertyDescriptor(native.Dataset.prototype, 'samples').get.call(value),
  'a method of a population on a data set': (native, random) =>
    native.Population.prototype[random.pick(Object.keys(populationCalls))].call(
      new native.Dataset(student.datasetSpec('float64')),
    ),
  'Population without new': (native, _, value) => native.Population(value),
  'Dataset without new': (native, _, value) => native.Dataset(value),
  'Dataset constructed as something else': (native, _, value) => Reflect.construct(native.Dataset, [value], Array),
  'useErrorClass of no class': (native, _, value) => {
    if (typeof value === 'function') throw Object.assign(new Error('a class'), { code: 'invalid_argument' });
    return native.useErrorClass(value);
  },
  'cuda.forward without a library': (native, _, value) => native.cuda.forward(value),
  'cuda.backward without a library': (native, _, value) => native.cuda.backward(value),
  'DeviceArray without a library': (native, random, value) =>
    new native.DeviceArray(random.pick([0, value]), random.pick([1, value])),
  'cuda.open of no path': (native, _, value) => {
    if (typeof value === 'string') throw Object.assign(new Error('a path'), { code: 'invalid_argument' });
    return native.cuda.open(value);
  },
};

export async function oddScenario(native, random, fail) {
  native.noop(hostile[random.below(hostile.length)]());
  if (typeof native.capabilities().engine !== 'string') fail('capabilities() lost its engine');
  const name = random.pick(Object.keys(odd));
  const k = random.below(hostile.length);
  const about = `${name}, hostile ${k}`;
  try {
    odd[name](native, random, hostile[k]());
  } catch (error) {
    refusedWell(error, (text) => fail(`${about}: ${text}`));
    return about;
  }
  fail(`${about}: was not refused`);
  return about;
}
