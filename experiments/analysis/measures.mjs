// Numbers of one group of trials, each with a 95 % bootstrap interval over the trials.
import { effectiveSize, nodeSymmetry, pruningCurve, seededRandom, Teacher } from 'eigenstudent';
import {
  bootstrapInterval,
  matchNodes,
  normalize,
  overlapMatrix,
  plateauEdge,
  signIsFree,
} from 'eigenstudent/analysis';
import { Matrix, solve } from 'ml-matrix';

/** Of all bootstraps; arbitrary. */
export const bootstrapSeed = 1;
export const paperThreshold = 0.05;
/** Beside the paper's. Where a teacher's nodes stand apart from the rest: see docs/REPRODUCTION.md. */
export const thresholds = [0.02, 0.05, 0.1, 0.2, 0.3];

/** Mean of one number a trial. */
export function meanOf(trials, measure) {
  return intervalOf(trials.map(measure));
}

function intervalOf(values) {
  const mean = (numbers) => numbers.reduce((total, value) => total + value, 0) / numbers.length;
  return bootstrapInterval(values, mean, { random: seededRandom(bootstrapSeed) });
}

export function sizeAt(threshold) {
  return ({ relevance }) => effectiveSize(relevance, { threshold });
}

/** Nodes above the paper's threshold when relevance is divided by the largest of all trials of the group. */
export function pooledSize(trials) {
  const all = normalize(
    trials.map(({ relevance }) => relevance),
    'pooled',
  );
  return intervalOf(all.map((values) => values.filter((value) => value > paperThreshold).length));
}

/** Kept nodes below which the loss is more than twice that of the unpruned student. */
export function edgeOf({ curve }) {
  return plateauEdge(curve);
}

/** Loss with as many nodes as the teacher has, over that of the unpruned student. */
export function lossAtTeacherSize({ curve, record }) {
  return curve[Math.min(record.scalars.teacherSize, curve.length - 1)] / curve[curve.length - 1];
}

/** Of the h_T most relevant nodes, whether or not they survive: see overlapOf. */
export function overlapWithTeacher(trial) {
  return overlapOf(trial, trial.record.scalars.teacherSize);
}

/** Of the nodes above the paper's threshold, h_T at most: see overlapOf. A node that has decayed has no direction to compare. */
export function overlapOfSurvivors(trial) {
  return overlapOf(trial, survivorsOf(trial));
}

function survivorsOf({ relevance, record }) {
  return Math.min(record.scalars.teacherSize, effectiveSize(relevance, { threshold: paperThreshold }));
}

/**
 * Mean cosine between what enters the `count` most relevant nodes and what enters the teacher's, matched one to one. Of odd and
 * even activations its absolute value, as -w is the same node as w.
 */
function overlapOf({ network, relevance, record }, count) {
  const kept = Array.from(relevance.keys())
    .sort((a, b) => relevance[b] - relevance[a])
    .slice(0, count);
  const rows = rowsOf(network, record.scalars.width);
  return meanOverlap(
    kept.map((node) => rows[node]),
    network,
    record,
  );
}

/** The same of as many random directions as nodes survive: the mean over ten draws. */
export function overlapOfRandomNodes(trial) {
  const { network, record } = trial;
  const inputs = network.spec.inputs;
  const random = seededRandom(bootstrapSeed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = () => Array.from({ length: survivorsOf(trial) }, () => Array.from({ length: inputs }, normal));
  const overlaps = Array.from({ length: 10 }, () => meanOverlap(draw(), network, record));
  return overlaps.reduce((total, overlap) => total + overlap, 0) / overlaps.length;
}

function meanOverlap(rows, network, record) {
  const teacher = teacherOf(record).network;
  const [ours, theirs] = [network, teacher].map(({ spec }) => nodeSymmetry(spec.layers[0].activation));
  const options = { signIsFree: signIsFree(ours, theirs) };
  const overlap = overlapMatrix(matrix(rows), matrix(rowsOf(teacher, record.scalars.teacherSize)), options);
  return matchNodes(overlap).meanOverlap;
}

export function teacherOf({ protocol }) {
  const { kind: _, ...options } = protocol.teacher;
  return Teacher.paper(options);
}

/** What pruning does to the teacher itself, on the test data of a trial: [h_T + 1] losses. */
export async function teacherCurve(record) {
  return (await pruningCurve(teacherOf(record).network, await testData(record))).losses;
}

/** A trial as it would be if its nodes were ranked by |eigenvaluesOut| alone: the criterion of the published code's other pruner. */
export async function rankedByEigenvalue({ record, network }) {
  const curve = await pruningCurve(network, await testData(record), { criterion: 'eigenvalue' });
  return { record, curve: curve.losses, relevance: curve.relevance };
}

/** Share of the variance of a teacher's labels that the best linear function of the inputs explains. */
export async function linearShare({ record }) {
  const { inputs, targets, samples, inputCount } = await testData(record);
  const features = new Matrix(samples, inputCount + 1);
  for (let i = 0; i < samples; ++i)
    features.setRow(i, [...inputs.subarray(i * inputCount, (i + 1) * inputCount), 1]);
  const labels = Matrix.columnVector(Array.from(targets));
  const transposed = features.transpose();
  const fit = solve(transposed.mmul(features), transposed.mmul(labels));
  const squares = (matrix) => matrix.norm('frobenius') ** 2;
  const around = Matrix.sub(labels, Matrix.ones(samples, 1).mul(labels.mean()));
  return 1 - squares(Matrix.sub(labels, features.mmul(fit))) / squares(around);
}

/** Of a trial whose seed is not shared. */
async function testData(record) {
  const { train, validation, test } = record.protocol.data;
  const sizes = { train, validation, test, seed: record.seed, trial: record.trial };
  return (await teacherOf(record).dataset(sizes)).test;
}

function rowsOf(network, rows) {
  const values = network.effectiveWeights(0);
  const columns = values.length / rows;
  return Array.from({ length: rows }, (_, i) => Array.from(values.slice(i * columns, (i + 1) * columns)));
}

function matrix(rows) {
  return { rows: rows.length, columns: rows[0].length, values: rows.flat() };
}
