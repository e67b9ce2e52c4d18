// The tables of one run, as docs/REPRODUCTION.md quotes them.
import { settingNames } from './groups.mjs';
import {
  edgeOf,
  linearShare,
  lossAtTeacherSize,
  meanOf,
  overlapOfRandomNodes,
  overlapOfSurvivors,
  overlapWithTeacher,
  paperThreshold,
  pooledSize,
  rankedByEigenvalue,
  sizeAt,
  teacherCurve,
  thresholds,
} from './measures.mjs';
import { interval, number, table } from './text.mjs';
import { collapse, edge, exponent, joint, sizeExponent, wide } from './transition.mjs';

/** Columns that name a group. */
export function heads(groups) {
  const names = settingNames(groups);
  const cell = (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value ?? 'absent'));
  return {
    columns: ['arm', 'h_T', 'h', ...names.map((name) => name.split('.').slice(-2).join('.'))],
    of: (group) => [
      group.parametrization,
      group.teacherSize,
      group.width,
      ...names.map((name) => (name in group.settings ? cell(group.settings[name]) : '')),
    ],
  };
}

/** Effective size at the paper's threshold, in both normalisations, and losses. */
export function sizes(groups) {
  const head = heads(groups);
  const columns = [...head.columns, 'trials', 'n_λ', 'n_λ pooled', 'train loss', 'test loss', 'seconds'];
  const rows = groups.map((group) => {
    const of = (measure) => interval(meanOf(group.trials, measure));
    return [
      ...head.of(group),
      group.trials.length,
      of(sizeAt(paperThreshold)),
      interval(pooledSize(group.trials)),
      of(({ record }) => record.scalars.trainLoss),
      of(({ record }) => record.scalars.testLoss),
      number(meanOf(group.trials, ({ record }) => record.seconds).estimate),
    ];
  });
  return table(columns, rows);
}

/** Effective size at other thresholds, and what is left of it in the loss. */
export function cuts(groups) {
  const head = heads(groups);
  const columns = [
    ...head.columns,
    ...thresholds.map((threshold) => `n > ${threshold}`),
    'plateau ends',
    'loss at h_T / unpruned',
    'overlap',
    'overlap of survivors',
    'overlap of as many random nodes',
  ];
  const rows = groups.map((group) => {
    const of = (measure) => interval(meanOf(group.trials, measure));
    return [
      ...head.of(group),
      ...thresholds.map((threshold) => of(sizeAt(threshold))),
      of(edgeOf),
      of(lossAtTeacherSize),
      ...(group.width >= group.teacherSize ? overlaps(group) : ['', '', '']),
    ];
  });
  return table(columns, rows);
}

function overlaps(group) {
  return [overlapWithTeacher, overlapOfSurvivors, overlapOfRandomNodes].map((measure) =>
    interval(meanOf(group.trials, measure)),
  );
}

/** Of each group: where the transition is, and how it rises. */
export function transitions(groups) {
  const head = heads(groups);
  const columns = [...head.columns, 'edge / h_T - 1', 'exponent', 'R²'];
  const rows = wide(groups).map((group) => {
    const found = exponent([group]);
    return [...head.of(group), interval(edge(group)), interval(found), number(found?.rSquared)];
  });
  return table(columns, rows);
}

/** Of all groups of an arm together. */
export function together(groups) {
  const rows = ['spectral', 'direct'].flatMap((arm) => {
    const own = wide(groups.filter(({ parametrization }) => parametrization === arm));
    if (own.length < 2) return [];
    const { curves, factor, quality } = collapse(own);
    const ofEdge = collapse(own, 'edge');
    const beta = exponent(own);
    const narrow = exponent(own, { window: [-0.4, 0] });
    const several = new Set(own.map(({ teacherSize }) => teacherSize)).size > 1;
    const shift = several ? number(sizeExponent(own).scaling.xExponent) : '';
    return [
      [
        ...[arm, curves, number(factor), number(quality?.quality), number(ofEdge.factor)],
        ...[interval(beta), interval(narrow), shift],
      ],
    ];
  });
  const columns = [
    ...['arm', 'curves', 'factor apart', 'S', 'factor apart over n / edge'],
    ...['exponent', 'exponent above -0.4', 'exponent of h_T'],
  ];
  return rows.length === 0 ? '' : table(columns, rows);
}

/** Where n_λ stops growing with the width; '' where the run does not vary the width alone. */
export function joints(groups) {
  if (settingNames(groups).length > 0) return '';
  const rows = [...new Set(groups.map(({ teacherSize }) => teacherSize))].flatMap((teacherSize) =>
    ['spectral', 'direct'].flatMap((arm) => {
      const own = groups.filter((each) => each.parametrization === arm && each.teacherSize === teacherSize);
      if (own.length < 4) return [];
      const found = joint(own);
      if (!found.located) return [[arm, teacherSize, '', '', '', '', found.reason]];
      const { width, effectiveSize, slopeBelow, slopeAbove, pValue } = found;
      return [
        [arm, teacherSize, interval(width), ...[effectiveSize, slopeBelow, slopeAbove, pValue].map(number)],
      ];
    }),
  );
  const columns = ['arm', 'h_T', 'joint at h', 'n_λ there', 'slope below', 'slope above', 'p'];
  return rows.length === 0 ? '' : table(columns, rows);
}

/** Of each hidden layer, where all are spectral. */
export function layers(groups) {
  const deep = groups.filter(({ trials }) => trials.every(({ record }) => record.scalars.effectiveSizes));
  if (deep.length === 0) return '';
  const head = heads(groups);
  const rows = deep.flatMap((group) => {
    const { teacher, student } = group.trials[0].record.protocol;
    const theirs = [teacher.teacherSize, teacher.secondWidth, teacher.thirdWidth];
    const ours = [student.width, student.secondWidth, student.thirdWidth];
    return group.trials[0].record.scalars.effectiveSizes.map((_, layer) => [
      ...head.of(group),
      layer + 1,
      ours[layer],
      theirs[layer] ?? '',
      interval(meanOf(group.trials, ({ record }) => record.scalars.effectiveSizes[layer])),
      interval(meanOf(group.trials, (trial) => edgeOf({ curve: curveOf(trial, layer) }))),
    ]);
  });
  const columns = [...head.columns, 'layer', 'student', 'teacher', 'n_λ', 'plateau ends'];
  return table(columns, rows);
}

function curveOf({ curve, furtherLayers }, layer) {
  return layer === 0 ? curve : furtherLayers[layer - 1].pruningLosses;
}

/** The spectral students' losses with fewer nodes beside those of the teacher, pruned alike. */
export async function besideTeacher(groups) {
  const shares = [1, 0.9, 0.75, 0.5, 0.25, 0];
  const own = wide(groups.filter(({ parametrization }) => parametrization === 'spectral'));
  const [first] = own;
  if (first === undefined) return '';
  const head = heads(groups);
  const kept = (share, size) => Math.round(share * size);
  const rows = own.map((group) => [
    ...head.of(group),
    'student',
    ...shares.map((share) =>
      interval(meanOf(group.trials, ({ curve }) => curve[kept(share, group.teacherSize)])),
    ),
  ]);
  const losses = await Promise.all(first.trials.map(({ record }) => teacherCurve(record)));
  const teacher = shares.map((share) =>
    interval(meanOf(losses, (curve) => curve[kept(share, first.teacherSize)])),
  );
  const columns = [...head.columns, 'pruned', ...shares.map((share) => `${share} h_T kept`)];
  return table(columns, [...rows, [...head.of(first), 'teacher', ...teacher]]);
}

/** Spectral nodes ranked by |eigenvaluesOut| alone beside L = |eigenvaluesOut| ||eigenvectors||. */
export async function rankings(groups) {
  const own = wide(groups.filter(({ parametrization }) => parametrization === 'spectral'));
  if (own.length === 0) return '';
  const head = heads(groups);
  const rows = [];
  for (const group of own) {
    const byEigenvalue = await Promise.all(group.trials.map(rankedByEigenvalue));
    const pair = (measure) => [group.trials, byEigenvalue].map((trials) => interval(meanOf(trials, measure)));
    rows.push([...head.of(group), ...[sizeAt(paperThreshold), edgeOf, lossAtTeacherSize].flatMap(pair)]);
  }
  const columns = ['n_λ', 'plateau ends', 'loss at h_T / unpruned'].flatMap((name) => [
    `${name}, by L`,
    'by λ',
  ]);
  return table([...head.columns, ...columns], rows);
}

/** How much of each teacher a linear function would do. */
export async function teachers(groups) {
  const first = new Map();
  for (const group of groups) {
    const name = JSON.stringify(group.trials[0].record.protocol.teacher);
    if (group.parametrization === 'spectral' && !first.has(name)) first.set(name, group);
  }
  if (first.size === 0) return '';
  const head = heads(groups);
  const rows = [];
  for (const group of first.values()) {
    const shares = await Promise.all(group.trials.map(linearShare));
    rows.push([...head.of(group), interval(meanOf(shares, (share) => share))]);
  }
  return table([...head.columns, 'variance of labels that is linear'], rows);
}
