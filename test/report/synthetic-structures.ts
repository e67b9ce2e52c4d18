import { groupTrials, type ReportTrial } from '../../src/experiments/teacher-student/panels/trial-groups.js';
import { trialsWithStructure } from '../../src/experiments/teacher-student/structure/chosen-trials.js';
import {
  type TeacherStructure,
  teacherStructure,
} from '../../src/experiments/teacher-student/structure/teacher-structure.js';
import { trialStructure } from '../../src/experiments/teacher-student/structure/trial-structure.js';
import { dense, spectral, sum } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';

/** The trials with the structure of students that have just begun: what a report reads of a run, without the run. */
export function withSyntheticStructures(trials: readonly ReportTrial[]): ReportTrial[] {
  const chosen = trialsWithStructure(groupTrials(trials));
  const teachers = new Map<number, TeacherStructure>();
  const teacherOf = (teacherSize: number) => {
    const known =
      teachers.get(teacherSize) ??
      teacherStructure({ kind: 'paper', inputs: 10, teacherSize, secondWidth: 20, seed: 0 });
    teachers.set(teacherSize, known);
    return known;
  };
  return trials.map((trial): ReportTrial => {
    if (!chosen.has(trial)) return trial;
    const layers = [spectral(trial.width, { activation: 'relu' }), dense(20, { activation: 'relu' }), sum()];
    const network = Network.create({ inputs: 10, layers }, { seed: 1, trial: trial.trial });
    const structure = trialStructure(
      network,
      trial.relevance,
      trial.effectiveSize,
      teacherOf(trial.teacherSize),
    );
    return { ...trial, structure };
  });
}
