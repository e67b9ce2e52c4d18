import { describe, expect, it } from 'vitest';
import { dataKey, type StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import { drawData, teacherOf } from '../../src/experiments/teacher-student/run/draw-data.js';
import { smallProtocol } from './small-protocol.js';
import { expand } from './student-trials.js';

const data = { train: 6, validation: 3, test: 9, sharedSeed: true };
const trialsOf = (parametrization: string, changes: object = {}) =>
  expand(smallProtocol({ data, student: { width: 4 }, ...changes })).filter(
    ({ protocol }) => protocol.parametrization === parametrization,
  );
const draw = ({ protocol }: StudentTrial) => drawData(teacherOf(protocol), protocol);

describe('a shared seed', () => {
  it('gives every direct trial the same data, and tests on the training inputs', async () => {
    const [first, second] = (await Promise.all(trialsOf('direct').map(draw))) as [never, never];
    expect(second).toEqual(first);
    const { train, validation, test } = await draw(trialsOf('direct')[0] as StudentTrial);
    expect([...test.inputs]).toEqual([...train.inputs, ...validation.inputs]);
    expect([...(test.targets ?? [])]).toEqual([...(train.targets ?? []), ...(validation.targets ?? [])]);
  });

  it('leaves the data of spectral trials unchanged', async () => {
    const without = trialsOf('spectral', { data: { ...data, sharedSeed: false } });
    const withIt = trialsOf('spectral');
    for (const i of [0, 1]) {
      const drawn = await draw(withIt[i] as StudentTrial);
      expect(drawn).toEqual(await draw(without[i] as StudentTrial));
      const direct = await draw(trialsOf('direct')[i] as StudentTrial);
      expect(drawn.train.inputs[0]).not.toBe(direct.train.inputs[0]);
    }
  });

  it('draws new test patterns only where more are requested', async () => {
    const longer = trialsOf('direct', { data: { ...data, test: 11 } });
    const { train, validation, test } = await draw(longer[0] as StudentTrial);
    expect(test.samples).toBe(11);
    expect([...test.inputs.slice(0, 27)]).toEqual([...train.inputs, ...validation.inputs]);
  });

  it('makes one data set of all direct trials, and one of each spectral trial', () => {
    const keys = (arm: string) => new Set(trialsOf(arm).map(({ protocol }) => dataKey(protocol)));
    expect(keys('direct').size).toBe(1);
    expect(keys('spectral').size).toBe(2);
    expect(new Set([...keys('direct'), ...keys('spectral')]).size).toBe(3);
  });
});

it('drawData labels with the teacher that the protocol describes', async () => {
  const teacher = { inputs: 3, teacherSize: 2, secondWidth: 2, thirdWidth: 5, activation: 'erf' };
  const [trial] = trialsOf('spectral', { teacher }) as [StudentTrial];
  const { layers } = teacherOf(trial.protocol).network.spec;
  expect(layers.map(({ width, activation }) => `${activation} ${width}`)).toEqual([
    ...['erf 2', 'erf 2', 'erf 5'],
    'linear 1',
  ]);
});
