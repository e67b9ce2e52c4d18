import type {
  Parametrization,
  ReportTrial,
} from '../../src/experiments/teacher-student/panels/trial-groups.js';

/** Made-up trials, to lay out and test figures: shaped like the paper's, measured by nobody. */

/** mulberry32, a small public-domain generator; enough for pictures. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function syntheticTrial(
  parametrization: Parametrization,
  teacherSize: number,
  width: number,
  trial: number,
): ReportTrial {
  const random = generator(width * 1000 + trial * 10 + (parametrization === 'direct' ? 5 : 0));
  const relevance = Float64Array.from({ length: width }, (_, i) =>
    syntheticRelevance(parametrization, teacherSize, i, random),
  );
  const maximum = Math.max(...relevance);
  const effectiveSize = relevance.filter((value) => value / maximum > 0.05).length;
  const base = (parametrization === 'spectral' ? 0.009 : 0.017) * (0.8 + 0.5 * random());
  // The task needs teacherSize nodes; a direct student spreads it over its whole effective size.
  const needed = parametrization === 'spectral' ? Math.max(1, teacherSize - 2) : 0.9 * effectiveSize;
  const pruningLosses = Float64Array.from({ length: width + 1 }, (_, kept) => {
    if (kept === width) return base;
    const missing = Math.max(0, needed - kept) / needed;
    const small = 2e-4 * (random() - 0.4) * Math.exp(-Math.max(0, kept - needed) / 20);
    return base + Math.max(small, -base / 2) + 25 * missing ** 4;
  });
  return {
    parametrization,
    teacherSize,
    width,
    settings: {},
    trial,
    trainLoss: base * 0.85,
    testLoss: base,
    effectiveSize,
    threshold: 0.05,
    criterion: parametrization === 'spectral' ? 'L' : 'M',
    seconds: width / 10,
    patternsSeen: 16_000_000,
    batchSize: parametrization === 'spectral' ? 300 : 500,
    engine: 'synthetic',
    lossHistory: syntheticHistory(base, effectiveSize),
    ...(trial === 0 &&
      width <= 1500 &&
      teacherSize <= 100 && { nodeHistory: syntheticNodes(parametrization, relevance) }),
    relevance,
    pruningLosses,
  };
}

/** Falls as the square root of time down to where the trial ends. */
function syntheticHistory(base: number, size: number): ReportTrial['lossHistory'] {
  const epoch = Float64Array.from({ length: 20 }, (_, i) => 100 * (i + 1));
  const falling = (end: number) => epoch.map((at) => end * Math.sqrt(2000 / at));
  return {
    epoch,
    trainLoss: falling(base * 0.85),
    validationLoss: falling(base),
    effectiveSize: epoch.map((at) => Math.round(size * (2000 / at) ** 0.25)),
  };
}

/** From one value for all to where each node ends, in equal steps. */
function syntheticNodes(
  parametrization: Parametrization,
  relevance: Float64Array,
): NonNullable<ReportTrial['nodeHistory']> {
  const rows = Array.from({ length: 21 }, (_, k) => Array.from(relevance, (end) => 1 + ((end - 1) * k) / 20));
  const values = Float32Array.from(rows.flat());
  return {
    relevance: values,
    ...(parametrization === 'spectral' && { eigenvaluesOut: values.map(Math.sqrt) }),
  };
}

function syntheticRelevance(
  parametrization: Parametrization,
  teacherSize: number,
  i: number,
  random: () => number,
): number {
  if (parametrization === 'direct') return 3 * (0.03 + 0.97 * random() ** (1.5 + i / 300));
  if (i < teacherSize) return 5 * (0.25 + 0.75 * random());
  if (i < teacherSize + 8) return 5 * 0.12 * random() ** 1.5;
  return 5 * 10 ** (-3 - 6 * random());
}

export function syntheticTrials(
  options: {
    widths?: readonly number[];
    trials?: number;
    teacherSizes?: readonly number[];
    parametrizations?: readonly Parametrization[];
  } = {},
): ReportTrial[] {
  const { widths = [20, 60, 200], trials = 3, teacherSizes = [20] } = options;
  return (options.parametrizations ?? ['spectral', 'direct']).flatMap((parametrization) =>
    teacherSizes.flatMap((teacherSize) =>
      widths.flatMap((width) =>
        Array.from({ length: trials }, (_, trial) =>
          syntheticTrial(parametrization, teacherSize, width, trial),
        ),
      ),
    ),
  );
}
