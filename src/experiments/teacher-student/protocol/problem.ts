/** The task of a trial, posed by a teacher, by data from files, or by both. */
import { type PartCounts, partCounts } from '../../../data/splits.js';
import { EigenstudentError } from '../../../errors.js';
import type { Loss } from '../../../network/spec.js';
import {
  type FileData,
  inOneForm,
  isFromFiles,
  mapPaths,
  testSize,
} from '../../../protocol/files/file-data.js';
import type { FileTeacher } from './file-teacher.js';
import type { ProtocolPoint } from './schema.js';

export interface Problem {
  /** Number of inputs per sample. */
  readonly inputs: number;
  /** Outputs of the student: one per class, or one per target. */
  readonly outputs: number;
  /** 'sum': the frozen read-out of the paper's teacher; 'dense': a trained layer. */
  readonly readout: 'sum' | 'dense';
  readonly loss: Loss;
  /** Number of samples of each part. */
  readonly samples: PartCounts;
  /** h_T, nodes of the teacher's first hidden layer; 0 where there is no teacher. */
  readonly teacherSize: number;
}

type Posed = Pick<ProtocolPoint, 'teacher' | 'data'>;

/** @throws invalid_protocol when there are files that have not been inspected; invalid_data: see partCounts */
export function problemOf({ teacher, data }: Posed): Problem {
  const files = isFromFiles(data) ? data : undefined;
  const found = files && inspected('data', files.found);
  const taught =
    teacher && (teacher.kind === 'file' ? inspected('teacher', teacher.found) : { ...teacher, outputs: 1 });
  return {
    inputs: (found?.inputs ?? taught?.inputs) as number,
    outputs: (taught?.outputs ?? found?.classes ?? found?.targets) as number,
    readout: teacher?.kind === 'paper' ? 'sum' : 'dense',
    loss: taught === undefined && found?.classes !== undefined ? 'crossEntropy' : 'mse',
    samples: isFromFiles(data) ? countsOf(data) : data,
    teacherSize: teacherSizeOf({ teacher }),
  };
}

/** h_T; 0 where there is no teacher. */
export function teacherSizeOf({ teacher }: Pick<ProtocolPoint, 'teacher'>): number {
  if (teacher === undefined) return 0;
  return teacher.kind === 'file' ? inspected('teacher', teacher.found).teacherSize : teacher.teacherSize;
}

/** Number of samples of each part of data whose files have been inspected. */
export function countsOf(data: FileData): PartCounts {
  const { samples, testSamples = 0 } = inspected('data', data.found);
  return partCounts(samples, {
    validation: data.validation,
    test: testSize(data) ?? { samples: testSamples },
  });
}

function inspected<Found>(what: string, found: Found | undefined): Found {
  if (found !== undefined) return found;
  const advice = 'sweep() does, and keeps what it finds in the protocol of the run directory';
  throw new EigenstudentError('invalid_protocol', `the files of ${what} have not been looked at; ${advice}`);
}

/**
 * The same in the form that a trial's key depends on: with the contents of each file, "sha256:...", in place of its
 * path. Files may be moved; their contents may not change.
 * @throws invalid_protocol when there are files that have not been inspected
 */
export function byContents({ teacher, data }: Posed): Posed {
  return {
    ...(teacher && { teacher: teacher.kind === 'file' ? teacherByContents(teacher) : teacher }),
    data: isFromFiles(data) ? dataByContents(data) : data,
  };
}

function teacherByContents({ sha256, ...teacher }: FileTeacher): FileTeacher {
  return { ...teacher, path: `sha256:${inspected('teacher', sha256)}` };
}

function dataByContents({ files, ...data }: FileData): FileData {
  const hashes = inspected('data', files);
  return mapPaths(inOneForm(data), (path) => `sha256:${inspected('data', hashes[path])}`);
}
