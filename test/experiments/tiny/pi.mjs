/**
 * A second, tiny experiment, which has nothing in common with teacher-student: π by the share of random points in a circle.
 * Plain JavaScript, so that a process can load it before the command: see register.mjs.
 */
import { z } from 'zod';

/** @param {number} state */
function mulberry32(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Float64 tensors by name. @param {Record<string, number[]>} values */
const tensorsOf = (values) =>
  new Map(
    Object.entries(values).map(([name, list]) => [
      name,
      { dtype: 'F64', shape: [list.length], data: Float64Array.from(list) },
    ]),
  );

/**
 * @param {Pick<typeof import('../../../src/sweep.js'), 'fields' | 'oneByOne'>} sweep from the sources or from dist
 * @returns {import('../../../src/sweep.js').Experiment<any, any, any>}
 */
export function piExperiment({ fields, oneByOne }) {
  return {
    name: 'pi',
    title: 'The share of random points that lie in a circle tells π.',
    template: 'experiment: pi\npoints: [100, 1000]\nrounds: 4\ntrials: 3\nseed: 1\n',
    presets: { quick: { experiment: 'pi', points: [100, 1000], rounds: 4, trials: 3, seed: 1 } },
    schema: fields.strict({
      experiment: fields.experimentField('pi'),
      points: fields.positiveInteger.describe('Points per round.'),
      rounds: fields.positiveInteger.describe('Rounds.'),
      pause: fields.nonNegativeNumber.default(0).describe('Milliseconds of rest after each round.'),
      breaks: fields.trueOrFalse.exactOptional().describe('Whether the last trial fails.'),
      trials: fields.trialsField,
      seed: fields.nonNegativeInteger,
      zip: fields.zipField,
    }),
    place: ({ points }) => ({ points }),
    placeColumns: [{ name: 'points', heading: 'points', symbol: 'n' }],
    placeAxes: ['points'],
    describe: ({ points, trial }) => `${points} points, trial ${trial}`,
    stepsOf: ({ rounds }) => rounds,
    workOf: ({ points, rounds }) => points * rounds,
    bytesOf: () => 1024,
    open: () => oneByOne(estimatePi),
    scalars: z.object({ estimate: z.number(), inside: z.int() }),
    didNotLearn: ({ inside }) => inside === 0,
    live: {
      title: 'Points in a circle',
      arms: [],
      shade: { field: 'points', symbol: 'n' },
      epochName: 'round',
      history: { epoch: 'history.round', error: 'history.error' },
      curves: [
        {
          name: 'error',
          title: 'Error so far',
          note: 'One line per trial.',
          axis: 'error',
          quantities: [{ name: 'error', label: 'error' }],
        },
      ],
      values: [{ name: 'estimate', heading: 'π so far', withSpread: true }],
    },
  };
}

/** @type {(trial: any, run: import('../../../src/sweep.js').TrialRun) => Promise<import('../../../src/sweep.js').TrialResult>} */
async function estimatePi({ points, rounds, pause, seed, trial, breaks }, { saved, checkpoint }) {
  const kept = (name) => [...(saved?.tensors.get(name)?.data ?? [])].map(Number);
  let [inside = 0] = kept('inside');
  const [round, error] = [kept('history.round'), kept('history.error')];
  for (let done = saved?.step ?? 0; done < rounds; ++done) {
    const random = mulberry32(seed * 1_000_003 + trial * 1009 + done);
    for (let i = 0; i < points; ++i) if (random() ** 2 + random() ** 2 < 1) inside += 1;
    round.push(done + 1);
    error.push(Math.abs((4 * inside) / (points * (done + 1)) - Math.PI));
    const state = { 'history.round': round, 'history.error': error };
    await checkpoint(done + 1, () => tensorsOf({ ...state, inside: [inside] }), { error: error.at(-1) ?? 0 });
    if (breaks && trial === 1) throw new Error('the circle broke');
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return {
    scalars: { estimate: (4 * inside) / (points * rounds), inside },
    tensors: tensorsOf({ 'history.round': round, 'history.error': error }),
  };
}
