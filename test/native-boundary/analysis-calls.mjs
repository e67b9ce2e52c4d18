// The calls of public-calls.mjs that analyse numbers.
import { exported, floats, positives } from './public-arguments.mjs';

const matrix = (rows, columns) => ({ rows, columns, values: floats(rows * columns) });
const curve = () => ({ x: Float64Array.of(1, 2, 3, 4), y: positives(4), dy: positives(4) });
const bootstrap = (api) => ({ random: api.seededRandom(5), resamples: 5, level: 0.9 });
const loss = () => Float64Array.of(9, 7, 4, 2, 1.2, 1.1, 1, 1);

export const analysisCalls = {
  effectiveSize: exported('effectiveSize', () => [positives(7), { threshold: 0.5 }]),
  normalize: exported('normalize', () => [[positives(3), positives(4)], 'pooled']),
  histogram: exported('histogram', () => [floats(9), { bins: 3, range: [-1, 1] }]),
  summarize: exported('summarize', () => [floats(9)]),
  seededRandom: { make: () => [5], call: (api, args) => [api.seededRandom(...args)(), 1] },
  kolmogorovSmirnov: exported('kolmogorovSmirnov', () => [floats(9), floats(5)]),
  fitExponential: exported('fitExponential', () => [Float64Array.of(1, 2, 3, 4, 5), positives(5), { dy: positives(5) }]),
  fitPowerLaw: exported('fitPowerLaw', () => [Float64Array.of(1, 2, 3, 4, 5), positives(5), { offset: false }]),
  evaluateFit: exported('evaluateFit', (api) => [
    api.fitExponential(Float64Array.of(1, 2, 3, 4, 5), Float64Array.from([1, 2, 3, 4, 5], (x) => 1 + Math.exp(-x))),
    2,
  ]),
  fitCollapse: exported('fitCollapse', () => [
    [
      { size: 5, ...curve() },
      { size: 7, ...curve() },
    ],
    { start: { critical: 1, xExponent: 1, yExponent: 1 }, fixed: ['xExponent'], minimumOverlap: 0.1 },
  ]),
  criticalExponent: exported('criticalExponent', (api) => [
    [
      { size: 7, curves: [loss(), loss()] },
      { size: 8, curves: [loss(), loss()] },
    ],
    { ...bootstrap(api), window: [-0.9, 0], floor: 1e-6 },
  ]),
  nodeSymmetry: exported('nodeSymmetry', () => ['tanh']),
  signIsFree: exported('signIsFree', () => [{ parity: 'odd', degree: null }, { parity: 'none', degree: 1 }]),
  collapseQuality: exported('collapseQuality', () => [[curve(), curve()]]),
  collapseFactor: exported('collapseFactor', () => [[curve(), curve()], [1, 4]]),
  rescaleCurves: exported('rescaleCurves', () => [
    [
      { size: 5, ...curve() },
      { size: 7, ...curve() },
    ],
    { critical: 1, xExponent: 1, yExponent: 1 },
  ]),
  nodeStrengths: exported('nodeStrengths', () => [matrix(4, 3), matrix(2, 4), { magnitudes: true }]),
  overlapMatrix: exported('overlapMatrix', () => [matrix(4, 3), matrix(2, 3)]),
  matchNodes: exported('matchNodes', () => [matrix(2, 3), { minimum: 0.1 }]),
  pathValues: exported('pathValues', () => [[matrix(4, 3), matrix(2, 4)]]),
  resampleSorted: exported('resampleSorted', () => [floats(7), 4]),
  bootstrapInterval: exported('bootstrapInterval', (api) => [
    [1, 2, 3],
    (some) => some.filter((trial) => trial === 2).length,
    bootstrap(api),
  ]),
  orderParameter: exported('orderParameter', () => [loss()]),
  orderParameterCurve: exported('orderParameterCurve', () => [{ size: 3, curves: [loss(), loss()] }]),
  plateauEdge: exported('plateauEdge', () => [loss(), 2]),
  pruningTransition: exported('pruningTransition', (api) => [[loss(), loss()], { ...bootstrap(api), factor: 2 }]),
  sizeTransition: exported('sizeTransition', (api) => [
    [3, 5, 8, 13, 21].map((width) => ({ width, effectiveSizes: positives(3) })),
    bootstrap(api),
  ]),
};
