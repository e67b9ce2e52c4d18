/**
 * Every *.json of theory-golden: numbers made with NumPy and SciPy in float64, each checked by a second method. Replayed through
 * the public interface within the tolerance of each file: |got - want| <= absolute + relative * the largest magnitude of the array.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Activation } from '../../src/index.js';
import { spectrumOf } from '../../src/theory/spectrum.js';
import {
  classifyEndPoint,
  criticalPoint,
  gradientFlow,
  orthonormalTeacher,
  populationLoss,
} from '../../src/theory.js';
import { onePassReplays } from './one-pass/replays.js';

interface Golden {
  readonly kind: keyof typeof replays;
  readonly input: {
    readonly activation: string;
    readonly W: number[][];
    readonly a: number[];
    readonly V: number[][];
    readonly b: number[];
    readonly n: number;
    readonly k: number;
    readonly d: number;
    readonly groups: number[][];
    readonly signs: number[];
  };
  readonly expected: Readonly<Record<string, number | number[] | number[][]>>;
  readonly tolerance: { readonly relative: number; readonly absolute: number };
}
/** A path and its end; where endWeightsAbsolute is null, the loss fixes the products a_i w_i alone. */
interface GoldenFlow extends Omit<Golden, 'expected' | 'tolerance'> {
  readonly expected: {
    readonly path: readonly { t: number; W: number[][]; a: number[]; loss: number }[];
    readonly end: {
      kind: 'CA' | 'PC';
      loss: number;
      W: number[][];
      a: number[];
      minHessianEigenvalue: number;
    };
  };
  readonly tolerance: Golden['tolerance'] & { endLossAbsolute: number; endWeightsAbsolute: number | null };
}
/** null: compared by the replay itself. */
type Near = (name: string, got: number | ArrayLike<number> | null) => void;

const folder = new URL('./theory-golden/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** The files call erf(z / sqrt 2) erf, and erf(z) erfPlain. */
const names: Readonly<Record<string, Activation>> = { erf: 'scaledErf', erfPlain: 'erf' };
const activationOf = ({ activation }: { readonly activation: string }) =>
  names[activation] ?? (activation as Activation);

/** Compares a field of `expected`, and remembers that it was compared. */
function comparison({ expected, tolerance }: Golden, compared: Set<string>): Near {
  return (name, got) => {
    compared.add(name);
    if (got === null) return;
    close(name, typeof got === 'number' ? [got] : got, [expected[name]].flat(2) as number[], tolerance);
  };
}

function close(
  name: string,
  ours: ArrayLike<number>,
  want: readonly number[],
  { relative, absolute }: Golden['tolerance'],
): void {
  expect(ours.length, name).toBe(want.length);
  const scale = Math.max(...want.map(Math.abs));
  for (const [i, value] of want.entries())
    expect(Math.abs((ours[i] as number) - value), `${name}[${i}]`).toBeLessThanOrEqual(
      absolute + relative * scale,
    );
}

const replays = {
  population({ input }: Golden, near: Near) {
    const loss = populationLoss({
      activation: activationOf(input),
      teacher: { weights: input.V, outgoing: input.b },
      closedForm: true,
    });
    const student = { weights: input.W, outgoing: input.a };
    const { value, gradient } = loss.valueAndGradient(student);
    near('loss', value);
    near('gradW', gradient.subarray(0, -input.a.length));
    near('gradA', gradient.subarray(-input.a.length));
    near('hessianEigenvalues', spectrumOf(loss.hessian(student), gradient.length).eigenvalues);
  },
  populationValue({ input }: Golden, near: Near) {
    const teacher = { weights: input.V, outgoing: input.b };
    const loss = populationLoss({ activation: activationOf(input), teacher });
    near('loss', loss.value({ weights: input.W, outgoing: input.a }));
  },
  copyAverage({ input, expected }: Golden, near: Near) {
    const { k, d, groups, signs } = input;
    const teacher = orthonormalTeacher({ neurons: k, inputs: d });
    const options = { activation: activationOf(input), teacher, groups, signs, spectrum: true };
    const point = criticalPoint('copyAverage', options);
    near('W', point.student.weights);
    near('a', point.student.outgoing);
    near('loss', point.loss);
    near('loss', populationLoss({ activation: options.activation, teacher }).value(point.student));
    near('gradMaxAbs', point.gradientNorm);
    near('hessianEigenvalues', point.spectrum?.eigenvalues ?? []);
    expect(point.spectrum?.negative).toBe(expected.negative);
    expect(point.spectrum?.zero).toBe(expected.zero);
    near('negative', point.spectrum?.negative as number);
    near('zero', point.spectrum?.zero as number);
  },
  oneNeuron({ input, expected }: Golden, near: Near) {
    const { k } = input;
    const teacher = orthonormalTeacher({ neurons: k, inputs: k + 1 });
    const { student, loss } = criticalPoint('oneNeuron', { activation: activationOf(input), teacher });
    const norm = Math.hypot(...student.weights);
    const outgoing = student.outgoing[0] as number;
    near('loss', loss);
    near('cosine', (student.weights[0] as number) / norm);
    if ('outgoingTimesNorm' in expected) return near('outgoingTimesNorm', outgoing * norm);
    near('norm', norm);
    near('outgoing', outgoing);
  },
  perturbedCopy({ input, expected }: Golden, near: Near) {
    const { n, k, d } = input;
    const teacher = orthonormalTeacher({ neurons: k, inputs: d });
    const options = { activation: activationOf(input), teacher, neurons: n };
    const point = criticalPoint('perturbedCopy', { ...options, spectrum: true });
    near('loss', point.loss);
    near('W', point.student.weights); // neuron i near teacher i, signs +, as in the files
    near('a', point.student.outgoing);
    near('minHessianEigenvalue', point.spectrum?.eigenvalues[0] as number);
    near('negative', point.spectrum?.negative as number);
    expect(point.spectrum?.negative).toBe(expected.negative);
    near('lossOptimalCopyAverage', criticalPoint('copyAverage', options).loss);
  },
  async gradientFlow({ input, expected, tolerance }: GoldenFlow, near: Near) {
    const { W, a, k, d } = input;
    const activation = activationOf(input);
    const teacher = orthonormalTeacher({ neurons: k, inputs: d });
    const loss = populationLoss({ activation, teacher });
    const { path, end } = expected;
    for (const solver of ['stiff', 'nonstiff'] as const) {
      const options = { solver, relativeError: 1e-9, absoluteError: 1e-12, times: path.map(({ t }) => t) };
      const flow = await gradientFlow(loss, { weights: W, outgoing: a }, options);
      for (const [i, point] of path.entries()) {
        const ours = flow.path[i]?.parameters as Float64Array;
        close(`W at ${point.t}`, ours.subarray(0, -a.length), point.W.flat(), tolerance);
        close(`a at ${point.t}`, ours.subarray(-a.length), point.a, tolerance);
        close(`loss at ${point.t}`, [loss.value(ours)], [point.loss], tolerance);
      }
      expect(flow.end).toBe('minimum');
      expect(Math.abs(flow.loss - end.loss)).toBeLessThan(tolerance.endLossAbsolute);
      if (tolerance.endWeightsAbsolute !== null) {
        const absolute = { relative: 0, absolute: tolerance.endWeightsAbsolute };
        close('end', flow.parameters, [...end.W.flat(), ...end.a], absolute);
        close('eigenvalue', [flow.smallestEigenvalue], [end.minHessianEigenvalue], absolute);
        const kind = { CA: 'copyAverage', PC: 'perturbedCopy' }[end.kind];
        expect(classifyEndPoint(loss, flow.parameters).kind).toBe(kind);
      }
    }
    near('path', null);
    near('end', null);
  },
};

it('finds cases of every kind', () => {
  const kinds = new Set(files.map((file) => file.replace(/-.*/, '')));
  expect([...kinds].sort()).toEqual([...Object.keys(replays), ...Object.keys(onePassReplays)].sort());
  expect(files.length).toBeGreaterThanOrEqual(68);
});

it.each(files)('%s', async (file) => {
  const golden = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Golden;
  const onePass = onePassReplays[golden.kind];
  if (onePass) return onePass(golden as never);
  const compared = new Set<string>();
  await replays[golden.kind](golden as never, comparison(golden, compared));
  expect([...compared].sort()).toEqual(Object.keys(golden.expected).sort());
});
