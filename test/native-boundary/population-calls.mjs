// Every method of a native population: good arguments, what else is allowed, and what shows that a call did its work.
import { isArrayOf, kindOf } from './arrays.mjs';
import * as student from './students.mjs';

const arrayName = { float32: 'Float32Array', float64: 'Float64Array' };
export const isInteger = (value, minimum, maximum) =>
  typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;

/** world: { dtype, block, data, isDataset, x, targets }. */
const theStudent = { make: () => 0, allowed: (_, value) => value === 0 };
const theData = { make: ({ data }) => data, allowed: ({ isDataset }, value) => isDataset(value) };
/** There is no batch norm: either gives the same. */
const theStatistics = {
  make: () => 'running',
  allowed: (_, value) => value === undefined || value === 'running' || value === 'batch',
};
const theBlock = {
  make: () => 'parameters',
  allowed: (_, value) => ['parameters', 'firstMoment', 'secondMoment'].includes(value),
};
const floats = (length, value = () => 0) => ({
  make: ({ dtype }) => student.arrayOf(dtype, length, value),
  allowed: ({ dtype }, found) => isArrayOf(found, arrayName[dtype], length),
});

const isOrder = (value) =>
  isArrayOf(value, 'Uint32Array', student.width) &&
  new Set([...Uint32Array.prototype.slice.call(value)]).size === student.width &&
  Math.max(...Uint32Array.prototype.slice.call(value)) < student.width;

function isCounters(value) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { step, updateCount } = value;
  const most = Number.MAX_SAFE_INTEGER;
  if (!isInteger(step, 0, most) || !isArrayOf(updateCount, 'Float64Array', student.tensors)) return false;
  return Float64Array.prototype.every.call(updateCount, (count) => isInteger(count, 0, most));
}

function isUntil(value) {
  return isArrayOf(value, 'Float64Array', 1) && isInteger(value[0], 0, 2 ** 32 - 1);
}

const isSets = ({ isDataset }, sets) =>
  Array.isArray(sets) &&
  sets.length > 0 &&
  sets.length < 1000 &&
  Array.from(sets).every(
    (set) => Array.isArray(set) && set.length === 1 && (set[0] === null || isDataset(set[0])),
  );

/**
 * args: each with make() and allowed(). check: what must hold afterwards; throws otherwise. changes: what it leaves of
 * the parameters, where it changes them. observer: usable in every state.
 */
export const populationCalls = {
  run: {
    // 6: a few steps. What asks for more is stopped by the scenario
    args: [{ make: () => Float64Array.of(6), allowed: (_, value) => isUntil(value) }],
    promise: true,
    check: ({ population, fail }, [until], result) => {
      if (result !== undefined) fail('run() resolved with something');
      const [{ epoch, step }] = population.progress();
      if (until <= 6 && epoch < until) fail(`run() ended in epoch ${epoch}`);
      if (step !== population.counters(0).step) fail('progress() and counters() disagree');
    },
    keep: ([until]) => [until[0]],
  },
  evaluate: {
    args: [{ make: ({ data }) => [[data], [null]], allowed: isSets }, theStatistics],
    promise: true,
    check: ({ dtype, block, x, targets, fail }, [sets], result) => {
      const loss = student.lossOf(student.outputsOf(block, x), targets);
      const expected = sets.flatMap(([data]) => (data === null ? [NaN, NaN] : [loss, NaN]));
      const same = expected.every((value, i) =>
        Number.isNaN(value) ? Number.isNaN(result[i]) : student.near(dtype, [result[i]], [value]),
      );
      if (!same || result.length !== expected.length) fail(`evaluate() gave ${result}, not ${expected}`);
    },
    keep: ([sets, statistics]) => [sets.map((set) => [set[0]]), statistics],
  },
  predict: {
    args: [theStudent, theData, theStatistics],
    promise: true,
    check: ({ dtype, block, x, fail }, _, result) => {
      if (kindOf(result) !== arrayName[dtype]) fail('predict() gave another kind of array');
      if (!student.near(dtype, result, student.outputsOf(block, x))) fail('predict() is not the forward pass');
    },
  },
  pruningCurve: {
    args: [
      theStudent,
      { make: () => 0, allowed: (_, value) => value === 0 },
      { make: () => Uint32Array.of(3, 1, 4, 0, 5, 2, 6), allowed: (_, value) => isOrder(value) },
      theData,
      theStatistics,
    ],
    promise: true,
    check: ({ dtype, block, x, targets, fail }, [, , order], result) => {
      if (!student.near(dtype, result, student.curveOf(block, x, targets, order)))
        fail('pruningCurve() is not the loss with nodes left out');
    },
    keep: ([one, layer, order, ...rest]) => [one, layer, Uint32Array.prototype.slice.call(order), ...rest],
  },
  progress: {
    args: [],
    check: ({ fail }, _, result) => {
      if (result.length !== 1 || !isInteger(result[0].step, 0, 2 ** 53)) fail('progress() is wrong');
    },
  },
  executions: {
    args: [],
    check: ({ fail }, _, result) => {
      if (result.length !== 1 || result[0] !== null) fail('executions() is wrong');
    },
  },
  read: {
    args: [theStudent, theBlock, floats(student.parameters, () => Number.NaN)],
    check: ({ block, fail }, [, name, into]) => {
      const values = [...block.slice.call(into)];
      if (!values.every(Number.isFinite)) fail('read() left numbers unwritten');
      if (name === 'parameters' && !values.every((value, i) => value === block[i])) fail('read() is not what is there');
    },
  },
  write: {
    args: [theStudent, theBlock, floats(student.parameters, (i) => Math.cos(i))],
    check: ({ population, block, fail }, [, name, from]) => {
      const values = block.slice();
      population.read(0, name, values);
      const written = block.slice.call(from);
      if (!values.every((value, i) => Object.is(value, written[i]))) fail('write() is not what is read');
    },
  },
  counters: {
    args: [theStudent],
    check: ({ fail }, _, { step, updateCount }) => {
      if (!isInteger(step, 0, 2 ** 53) || updateCount.length !== student.tensors) fail('counters() is wrong');
    },
  },
  setCounters: {
    args: [
      theStudent,
      {
        make: () => ({ step: 10, updateCount: Float64Array.of(10, 9, 8, 7) }),
        allowed: (_, value) => isCounters(value),
      },
    ],
    check: ({ population, fail }, [, { step, updateCount }]) => {
      const found = population.counters(0);
      const same = found.updateCount.every((count, i) => count === updateCount[i]);
      if (found.step !== step || !same) fail('setCounters() is not what counters() gives');
    },
  },
  gradient: {
    args: [theStudent, theData, floats(student.parameters, () => Number.NaN)],
    check: ({ dtype, block, x, targets, fail }, [, , into], { dataLoss, penalty }) => {
      const expected = student.lossOf(student.outputsOf(block, x), targets);
      if (!student.near(dtype, [dataLoss], [expected])) fail(`gradient() gave loss ${dataLoss}, not ${expected}`);
      if (!(penalty > 0)) fail('gradient() gave no penalty');
      if (!block.slice.call(into).every(Number.isFinite)) fail('gradient() left numbers unwritten');
    },
  },
  gradients: {
    args: [
      { make: ({ data }) => [data], allowed: ({ isDataset }, value) => isSets({ isDataset }, [value]) },
      { make: () => true, allowed: (_, value) => typeof value === 'boolean' },
      theStatistics,
    ],
    promise: true,
    check: ({ dtype, block, x, targets, fail }, [[data], ofInputs], [found]) => {
      if (data === null) return found === null || fail('gradients() of no data gave something');
      const expected = student.lossOf(student.outputsOf(block, x), targets);
      if (!student.near(dtype, [found.dataLoss], [expected])) fail(`gradients() gave loss ${found.dataLoss}, not ${expected}`);
      if (found.parameters.length !== student.parameters) fail('gradients() gave another number of parameters');
      if ((found.inputs?.length ?? 0) !== (ofInputs ? x.length : 0)) fail('gradients() gave other inputs than asked for');
      if (![...found.parameters, ...(found.inputs ?? [])].every(Number.isFinite)) fail('gradients() is not finite');
    },
    keep: ([data, ...rest]) => [[data[0]], ...rest],
  },
  hessianProduct: {
    args: [theStudent, theData, floats(student.parameters, (i) => Math.sin(i)), theStatistics],
    promise: true,
    check: ({ fail }, _, product) => {
      if (product.length !== student.parameters) fail('hessianProduct() gave another number of parameters');
      if (![...product].every(Number.isFinite)) fail('hessianProduct() is not finite');
    },
  },
  oracleOrder: {
    args: [theStudent, { make: () => 0, allowed: (_, value) => value === 0 }, theData],
    promise: true,
    check: ({ fail }, _, order) => {
      const sorted = [...order].sort((a, b) => a - b);
      if (sorted.length !== student.width || sorted.some((node, i) => node !== i)) fail('oracleOrder() is no order of all nodes');
    },
  },
  setData: {
    args: [theStudent, theData],
    check: ({ population, fail }) => {
      const { epoch, position, step } = population.counters(0);
      if (position !== 0 || epoch * 5 !== step) fail('setData() moved a student that stood at the end of an epoch');
    },
  },
  stop: { args: [], observer: true, check: () => {} },
};
