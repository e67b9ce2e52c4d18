import { type Settings, settingsOf } from '../../../protocol/settings.js';
import { canonicalJson, expand } from '../../../protocol/trials.js';
import { inputRelevance } from '../../../pruning/input-relevance.js';
import { isFinished } from '../../../runs/record.js';
import { type DamagedTrial, readProtocol, survey } from '../../../runs/run-directory.js';
import { checkArrays } from '../../../runs/trial-arrays.js';
import { nothingToReport } from '../../../sweep/report-facts.js';
import { groupTrials, type ReportTrial } from '../panels/trial-groups.js';
import { problemOf } from '../protocol/problem.js';
import type { Protocol } from '../protocol/schema.js';
import { readArrays } from '../record/arrays.js';
import type { FailedStudent, FinishedStudent, StudentRecord } from '../record/scalars.js';
import { ranksInputs } from '../run/student.js';
import { trialsWithStructure } from '../structure/chosen-trials.js';
import { type TeacherStructure, teacherStructure } from '../structure/teacher-structure.js';
import { trialStructure } from '../structure/trial-structure.js';

/** The trials of a run directory's protocol, at least one of them finished. */
export interface Run {
  readonly protocol: Protocol;
  /** Records of finished and failed trials. */
  readonly records: readonly StudentRecord[];
  readonly trials: readonly ReportTrial[];
  readonly failed: readonly FailedStudent[];
  readonly damaged: readonly DamagedTrial[];
  /** Number of trials of the protocol. */
  readonly expected: number;
}

/**
 * Reads protocol, records and arrays; nothing is trained or written.
 * @throws file_unreadable when it is no run directory or has no finished trial
 */
export async function readRun(directory: string): Promise<Run> {
  const protocol = (await readProtocol(directory)) as Protocol;
  const wanted = expand(protocol);
  const records: StudentRecord[] = [];
  const recordOf = new Map<ReportTrial, FinishedStudent>();
  const settings = settingsOf(protocol);
  const { damaged } = await survey(directory, wanted, async (found) => {
    const record = found as StudentRecord;
    if (isFinished(record))
      recordOf.set(await reportTrial(directory, record, settings(record.protocol)), record);
    else await checkArrays(directory, record);
    records.push(record);
  });
  const failed = records.filter((record): record is FailedStudent => !isFinished(record));
  if (recordOf.size === 0) throw nothingToReport(directory, wanted.length, failed, damaged);
  const trials = await withStructures(directory, recordOf);
  return { protocol, records, trials, failed, damaged, expected: wanted.length };
}

async function reportTrial(
  directory: string,
  record: FinishedStudent,
  settings: Settings,
): Promise<ReportTrial> {
  const { network, relevance, pruningLosses, rankedLosses, lossHistory } = await readArrays(
    directory,
    record,
  );
  const { epoch, trainLoss, validationLoss, effectiveSize } = lossHistory;
  const { trial, protocol, scalars } = record;
  const { parametrization, teacherSize, width, epochs } = scalars;
  const problem = problemOf(protocol);
  // Copies: a view would keep the whole file, parameters included, in memory while the report is made.
  return {
    ...{ parametrization, teacherSize, width, settings, trial },
    ...{ trainLoss: scalars.trainLoss, testLoss: scalars.testLoss, effectiveSize: scalars.effectiveSize },
    ...{ threshold: scalars.threshold, criterion: scalars.criterion },
    ...{ seconds: record.seconds, batchSize: scalars.batchSize, engine: record.engine },
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

/** All trials; those chosen for the figures of weights with their structure. Their arrays are read once more. */
async function withStructures(
  directory: string,
  recordOf: ReadonlyMap<ReportTrial, FinishedStudent>,
): Promise<ReportTrial[]> {
  const chosen = trialsWithStructure(groupTrials([...recordOf.keys()]));
  const teachers = new Map<string, TeacherStructure>();
  /** undefined where there is no teacher, or one from a file, which the records do not contain. */
  const teacherOf = ({ teacher }: FinishedStudent['protocol']) => {
    if (teacher?.kind !== 'paper') return undefined;
    const name = canonicalJson(teacher);
    const cached = teachers.get(name) ?? teacherStructure(teacher);
    teachers.set(name, cached);
    return cached;
  };
  const trials: ReportTrial[] = [];
  for (const [trial, record] of recordOf) {
    if (!chosen.has(trial)) {
      trials.push(trial);
      continue;
    }
    const { network, relevance, nodeHistory } = await readArrays(directory, record);
    const teacher = teacherOf(record.protocol);
    const structure = teacher && trialStructure(network, relevance, record.scalars.effectiveSize, teacher);
    trials.push({ ...trial, structure, nodeHistory });
  }
  return trials;
}
