import { EigenstudentError } from '../errors.js';
import { groupTrials, type ReportTrial } from '../experiments/teacher-student/panels/trial-groups.js';
import { trialsWithStructure } from '../experiments/teacher-student/structure/chosen-trials.js';
import {
  type TeacherStructure,
  teacherStructure,
} from '../experiments/teacher-student/structure/teacher-structure.js';
import { trialStructure } from '../experiments/teacher-student/structure/trial-structure.js';
import { problemOf } from '../protocol/problem.js';
import type { Protocol } from '../protocol/protocol-schema.js';
import { type Settings, settingsOf } from '../protocol/settings.js';
import { canonicalJson, expand } from '../protocol/trials.js';
import { inputRelevance } from '../pruning/input-relevance.js';
import { type FailedRecord, type FinishedRecord, isFinished, type TrialRecord } from '../runs/record.js';
import { type DamagedTrial, readProtocol, survey } from '../runs/run-directory.js';
import { checkArrays, readArrays } from '../runs/trial-arrays.js';
import { ranksInputs } from '../sweep/student.js';

/** What a run directory holds of its protocol's trials. Never without a finished one. */
export interface Run {
  readonly protocol: Protocol;
  /** Of finished and failed trials. */
  readonly records: readonly TrialRecord[];
  readonly trials: readonly ReportTrial[];
  readonly failed: readonly FailedRecord[];
  readonly damaged: readonly DamagedTrial[];
  /** Trials that the protocol asks for. */
  readonly expected: number;
}

/**
 * Reads protocol, records and arrays; nothing is trained and nothing is written.
 * @throws file_unreadable when it is no run directory or holds no finished trial
 */
export async function readRun(directory: string): Promise<Run> {
  const protocol = await readProtocol(directory);
  const wanted = expand(protocol);
  const records: TrialRecord[] = [];
  const recordOf = new Map<ReportTrial, FinishedRecord>();
  const settings = settingsOf(protocol);
  const { damaged } = await survey(directory, wanted, async (record) => {
    if (isFinished(record))
      recordOf.set(await reportTrial(directory, record, settings(record.protocol)), record);
    else await checkArrays(directory, record);
    records.push(record);
  });
  const failed = records.filter((record): record is FailedRecord => !isFinished(record));
  if (recordOf.size === 0) throw nothingToReport(directory, wanted.length, failed, damaged);
  const trials = await withStructures(directory, recordOf);
  return { protocol, records, trials, failed, damaged, expected: wanted.length };
}

async function reportTrial(
  directory: string,
  record: FinishedRecord,
  settings: Settings,
): Promise<ReportTrial> {
  const { network, relevance, pruningLosses, rankedLosses, lossHistory } = await readArrays(
    directory,
    record,
  );
  const { epoch, trainLoss, validationLoss, effectiveSize } = lossHistory;
  const { parametrization, teacherSize, width, trial, epochs, protocol } = record;
  const problem = problemOf(protocol);
  // Copies: a view would keep the whole file, parameters and all, in memory for as long as the report is made.
  return {
    ...{ parametrization, teacherSize, width, settings, trial },
    ...{ trainLoss: record.trainLoss, testLoss: record.testLoss, effectiveSize: record.effectiveSize },
    ...{ threshold: record.threshold, criterion: record.criterion },
    ...{ seconds: record.seconds, batchSize: record.batchSize, engine: record.engine },
    patternsSeen: epochs * problem.samples.train,
    ...(problem.loss === 'crossEntropy' && { loss: problem.loss }),
    relevance: relevance.slice(),
    ...(ranksInputs(protocol) && { inputRelevance: inputRelevance(network) }),
    pruningLosses: pruningLosses.slice(),
    rankedLosses: Object.fromEntries(
      Object.entries(rankedLosses).map(([ranking, losses]) => [ranking, losses.slice()]),
    ),
    lossHistory: {
      epoch: epoch.slice(),
      trainLoss: trainLoss.slice(),
      validationLoss: validationLoss.slice(),
      effectiveSize: effectiveSize.slice(),
    },
  };
}

/** All trials; those that the figures of weights are drawn from with their structure. Their arrays are read once more. */
async function withStructures(
  directory: string,
  recordOf: ReadonlyMap<ReportTrial, FinishedRecord>,
): Promise<ReportTrial[]> {
  const chosen = trialsWithStructure(groupTrials([...recordOf.keys()]));
  const teachers = new Map<string, TeacherStructure>();
  /** None where there is no teacher, or one whose file is not among the records. */
  const teacherOf = ({ teacher }: FinishedRecord['protocol']) => {
    if (teacher?.kind !== 'paper') return undefined;
    const name = canonicalJson(teacher);
    const known = teachers.get(name) ?? teacherStructure(teacher);
    teachers.set(name, known);
    return known;
  };
  const trials: ReportTrial[] = [];
  for (const [trial, record] of recordOf) {
    if (!chosen.has(trial)) {
      trials.push(trial);
      continue;
    }
    const { network, relevance, nodeHistory } = await readArrays(directory, record);
    const teacher = teacherOf(record.protocol);
    const structure = teacher && trialStructure(network, relevance, record.effectiveSize, teacher);
    trials.push({ ...trial, ...(structure && { structure }), ...(nodeHistory && { nodeHistory }) });
  }
  return trials;
}

function nothingToReport(
  directory: string,
  expected: number,
  failed: readonly FailedRecord[],
  damaged: readonly DamagedTrial[],
): EigenstudentError {
  const why = failed[0]?.error.message ?? damaged[0]?.reason;
  const notRun = expected - failed.length - damaged.length;
  const found = `${failed.length} failed, ${damaged.length} damaged, ${notRun} not run`;
  const advice =
    notRun + damaged.length > 0
      ? 'Run its protocol again to train what is missing'
      : 'Failed trials are not trained again: change what made them fail, in a protocol of another directory';
  return new EigenstudentError(
    'file_unreadable',
    `nothing to report on: expected at least one finished trial of ${expected} in ${directory}, found none ` +
      `(${found})${why === undefined ? '' : `; the first: ${why}`}. ${advice}`,
  );
}
