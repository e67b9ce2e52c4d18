/** Every method of a native population in every state: that is where addons crash. */
import { afterEach, describe, expect, it } from 'vitest';
import type { NativePopulation } from '../../src/native/addon.js';
import { failureOf, rejectionOf } from '../failure.js';
import * as native from './native-students.js';

const flowOptions = {
  ...({ solver: 'nonstiff', relative: 1e-6, absolute: 1e-9, gradient: 0, polish: 0 } as const),
  ...{ time: undefined, loss: undefined, steps: 5, times: new Float64Array(0) },
};

const data = native.dataset();

/** Calls that need an idle population, and what shows that they did their work. */
const calls: Record<string, (population: NativePopulation) => unknown> = {
  run: async (p) => {
    const { epoch } = p.progress()[0] ?? { epoch: Number.NaN };
    await p.run(native.until(epoch + 2));
    expect(p.progress()[0]?.epoch).toBe(epoch + 2);
  },
  evaluate: async (p) => {
    const [loss, accuracy, ...others] = await p.evaluate([[data], [null]]);
    expect(loss).toBeGreaterThan(0);
    expect([accuracy, ...others]).toEqual([NaN, NaN, NaN]);
  },
  predict: async (p) => {
    const outputs = await p.predict(0, data);
    expect(outputs).toBeInstanceOf(Float64Array);
    expect(outputs.length).toBe(data.samples);
    expect(outputs.every(Number.isFinite)).toBe(true);
  },
  pruningCurve: async (p) => {
    const losses = await p.pruningCurve(0, 0, native.order(), data);
    expect(losses.length).toBe(native.width + 1);
    expect(losses.every((loss) => loss > 0)).toBe(true);
    const [whole] = await p.evaluate([[data]]);
    expect(losses[native.width]).toBeCloseTo(whole as number, 12);
  },
  recalibrate: async (p) => {
    const before = native.read(p);
    await p.recalibrate(0, data, 5); // a chain has no running statistics: nothing changes
    expect(native.read(p)).toEqual(before);
  },
  progress: (p) => expect(p.progress()).toHaveLength(1),
  executions: (p) => expect(p.executions()).toEqual([null]), // one kind of kernels each: nothing to tell
  read: (p) => expect(native.read(p).every(Number.isFinite)).toBe(true),
  write: (p) => {
    const values = native.floats('float64', native.parameters, 3);
    p.write(0, 'parameters', values);
    expect(native.read(p)).toEqual(values);
  },
  counters: (p) => expect(p.counters(0).updateCount).toHaveLength(native.tensors),
  setCounters: (p) => {
    const counters = { step: 10, updateCount: Float64Array.of(10, 9, 8, 7) };
    p.setCounters(0, counters);
    expect(p.counters(0)).toEqual({ ...counters, epoch: 2, position: 0 });
  },
  setData: (p) =>
    expect(failureOf(() => p.setData(0, data))).toBe(
      'invalid_argument: student 0: expected a student of a stream for other data, got one of fixed data',
    ),
  gradients: async (p) => {
    const [found] = await p.gradients([data], true);
    const alone = new Float64Array(native.parameters).fill(Number.NaN);
    const { dataLoss, penalty } = p.gradient(0, data, alone);
    expect(found?.inputs).toHaveLength(data.samples * native.inputs);
    expect([found?.dataLoss, found?.penalty]).toEqual([
      expect.closeTo(dataLoss, 12),
      expect.closeTo(penalty, 12),
    ]);
    for (const [i, value] of alone.entries()) expect(found?.parameters[i]).toBeCloseTo(value, 12);
  },
  hessianProduct: async (p) => {
    const direction = native.floats('float64', native.parameters, 4);
    const product = await p.hessianProduct(0, data, direction);
    expect(product).toHaveLength(native.parameters);
    expect(product.every(Number.isFinite)).toBe(true);
  },
  gradientFlow: async (p) => {
    const before = new Float64Array(native.parameters);
    p.read(0, 'parameters', before);
    const flow = await p.gradientFlow(0, data, before, flowOptions);
    expect(flow.end).toBe('steps');
    expect(flow.trace).toHaveLength(3 * (flowOptions.steps + 1));
    expect(flow.loss).toBeLessThan(flow.trace[1] as number);
    const after = new Float64Array(native.parameters);
    p.read(0, 'parameters', after);
    expect(after).toEqual(before);
  },
  oracleOrder: async (p) => {
    const order = await p.oracleOrder(0, 0, data);
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await p.oracleOrder(0, 0, data)).toEqual(order);
  },
  gradient: (p) => {
    const gradient = new Float64Array(native.parameters).fill(Number.NaN);
    const { dataLoss, penalty } = p.gradient(0, data, gradient);
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(dataLoss).toBeGreaterThan(0);
    expect(penalty).toBeGreaterThan(0);
  },
};

/** Usable in every state. */
function observe(p: NativePopulation) {
  return { size: p.size, busy: p.busy, holdsMemory: p.bytes > 0 };
}

const created: NativePopulation[] = [];
function keep(population: NativePopulation): NativePopulation {
  created.push(population);
  return population;
}
afterEach(() => {
  for (const population of created.splice(0)) population.dispose();
});

describe.each(native.backends)('%s', (backend) => {
  const make = () => keep(native.population(backend));
  const makeBusy = () => {
    const population = make();
    const pending = population.run(native.forever());
    return { population, pending };
  };

  it('lists every method: a new one must be added to the table above', () => {
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(make()));
    const observers = ['constructor', 'size', 'engine', 'busy', 'bytes', 'stepsNow', 'stop', 'dispose'];
    expect(names.filter((name) => !observers.includes(name)).sort()).toEqual(Object.keys(calls).sort());
  });

  describe.each(Object.entries(calls))('%s', (name, call) => {
    it('works when fresh', async () => {
      await call(make());
    });

    it('works after stop() with nothing pending', async () => {
      const population = make();
      population.stop();
      await call(population);
    });

    it('is refused while busy, and works once the run was stopped', async () => {
      const { population, pending } = makeBusy();
      const busy = `population_busy: expected an idle population for ${name}(), received one whose run() is pending. Await its promise, or call stop() and then await it`;
      expect(failureOf(bare(population, name))).toBe(busy);
      population.stop();
      await pending;
      await call(population);
    });

    it('is refused after dispose()', () => {
      const population = make();
      population.dispose();
      expect(failureOf(bare(population, name))).toBe(disposed(name));
    });

    it('is refused after dispose() of a busy population, before and after its run has ended', async () => {
      const { population, pending } = makeBusy();
      population.dispose();
      expect(failureOf(bare(population, name))).toBe(disposed(name));
      await pending;
      expect(failureOf(bare(population, name))).toBe(disposed(name));
    });
  });

  it('can be observed, stopped and disposed of in every state', async () => {
    const population = make();
    expect(observe(population)).toEqual({ size: 1, busy: false, holdsMemory: true });
    const pending = population.run(native.forever());
    expect(observe(population)).toEqual({ size: 1, busy: true, holdsMemory: true });
    population.stop();
    expect(population.busy).toBe(true); // until the promise is settled
    await pending;
    expect(observe(population)).toEqual({ size: 1, busy: false, holdsMemory: true });
    population.dispose();
    population.dispose();
    population.stop();
    expect(observe(population)).toEqual({ size: 1, busy: false, holdsMemory: false });
    expect(population.engine).toContain(backend);
  });

  it('is busy after dispose() until the pending run has ended, and only then frees its memory', async () => {
    const { population, pending } = makeBusy();
    population.dispose();
    expect(observe(population)).toEqual({ size: 1, busy: true, holdsMemory: true });
    await pending;
    expect(observe(population)).toEqual({ size: 1, busy: false, holdsMemory: false });
  });

  it('stops a run after a whole step, and continues with the same bits', async () => {
    const epochs = 20_000; // a tenth of a second
    const uninterrupted = make();
    await uninterrupted.run(native.until(epochs));
    const population = make();
    let stops = 0;
    while ((population.progress()[0]?.epoch ?? 0) < epochs) {
      const pending = population.run(native.until(epochs));
      await new Promise((resolve) => setTimeout(resolve, 1));
      population.stop();
      await pending;
      ++stops;
      expect(population.counters(0).step).toBe(population.progress()[0]?.step);
    }
    expect(stops).toBeGreaterThan(1); // else nothing was tested
    expect(native.read(population)).toEqual(native.read(uninterrupted));
    expect(population.counters(0)).toEqual(uninterrupted.counters(0));
  });

  describe.each(['evaluate', 'pruningCurve'] as const)('a pending %s', (name) => {
    const samples = 200_000; // takes milliseconds on the fastest backend
    const start = (population: NativePopulation) => {
      const large = native.dataset('float64', samples);
      return name === 'evaluate'
        ? population.evaluate([[large]])
        : population.pruningCurve(0, 0, native.order(), large);
    };

    it('makes the population busy', async () => {
      const population = make();
      const pending = start(population);
      expect(failureOf(() => population.progress())).toBe(
        `population_busy: expected an idle population for progress(), received one whose ${name}() is pending. Await its promise, or call stop() and then await it`,
      );
      await pending;
      expect(population.busy).toBe(false);
    });

    it('rejects when stopped, without a partial result', async () => {
      const population = make();
      const pending = start(population);
      population.stop();
      expect(await rejectionOf(pending)).toBe(
        `interrupted: ${name}() was ended before it had its result, by stop(). Call it again to have the result`,
      );
      await calls[name]?.(population);
    });

    it('rejects when disposed of', async () => {
      const population = make();
      const pending = start(population);
      population.dispose();
      expect(await rejectionOf(pending)).toBe(
        `population_disposed: ${name}() was ended before it had its result, by dispose()`,
      );
      expect(population.bytes).toBe(0);
    });
  });

  it('completes a pending predict despite dispose()', async () => {
    const population = make();
    const expected = await population.predict(0, data);
    const pending = population.predict(0, data);
    population.dispose();
    expect(await pending).toEqual(expected);
  });
});

function disposed(name: string): string {
  return `population_disposed: expected a population in use for ${name}(), received one after dispose(). Create another one`;
}

/** The call alone, with good arguments, so that only the state can be wrong. */
function bare(p: NativePopulation, name: string): () => unknown {
  const block = new Float64Array(native.parameters);
  const counters = { step: 0, updateCount: new Float64Array(native.tensors) };
  const table: Record<string, () => unknown> = {
    run: () => p.run(native.until(1)),
    evaluate: () => p.evaluate([[data]]),
    predict: () => p.predict(0, data),
    pruningCurve: () => p.pruningCurve(0, 0, native.order(), data),
    recalibrate: () => p.recalibrate(0, data, 5),
    progress: () => p.progress(),
    executions: () => p.executions(),
    read: () => p.read(0, 'parameters', block),
    write: () => p.write(0, 'parameters', block),
    counters: () => p.counters(0),
    setCounters: () => p.setCounters(0, counters),
    setData: () => p.setData(0, data),
    gradient: () => p.gradient(0, data, block),
    gradients: () => p.gradients([data], false),
    hessianProduct: () => p.hessianProduct(0, data, block),
    gradientFlow: () => p.gradientFlow(0, data, block, flowOptions),
    oracleOrder: () => p.oracleOrder(0, 0, data),
  };
  return table[name] ?? expect.unreachable(`no bare call of ${name}`);
}
