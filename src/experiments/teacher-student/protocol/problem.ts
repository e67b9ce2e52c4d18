/** What a trial is to learn, whoever set the problem: a teacher, data that people bring, or both. */
import { type PartCounts, partCounts } from '../../../data/splits.js';
import { EigenstudentError } from '../../../errors.js';
import type { Loss } from '../../../network/spec.js';
import { type FileData, inOneForm, isFromFiles, mapPaths, testSize } from './file-data.js';
import type { FileTeacher } from './file-teacher.js';
import type { ProtocolPoint } from './schema.js';

export interface Problem {
  /** Numbers a sample. */
  readonly inputs: number;
  /** Of the student: one per class, or one per target. */
  readonly outputs: number;
  /** 'sum': the frozen read-out of the paper's teacher; 'dense': a layer that is trained. */
  readonly readout: 'sum' | 'dense';
  readonly loss: Loss;
  /** Samples of each part. */
  readonly samples: PartCounts;
  /** h_T, nodes of the teacher's first hidden layer; 0 where there is no teacher. */
  readonly teacherSize: number;
}

type Posed = Pick<ProtocolPoint, 'teacher' | 'data'>;

/** @throws invalid_protocol when there are files that nobody has looked at yet; invalid_data: see partCounts */
export function problemOf({ teacher, data }: Posed): Problem {
  const files = isFromFiles(data) ? data : undefined;
  const found = files && known('data', files.found);
  const taught =
    teacher && (teacher.kind === 'file' ? known('teacher', teacher.found) : { ...teacher, outputs: 1 });
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
  return teacher.kind === 'file' ? known('teacher', teacher.found).teacherSize : teacher.teacherSize;
}

/** Samples of each part of data whose files have been looked at. */
export function countsOf(data: FileData): PartCounts {
  const { samples, testSamples = 0 } = known('data', data.found);
  return partCounts(samples, {
    validation: data.validation,
    test: testSize(data) ?? { samples: testSamples },
  });
}

function known<Found>(what: string, found: Found | undefined): Found {
  if (found !== undefined) return found;
  const advice = 'sweep() does, and keeps what it finds in the protocol of the run directory';
  throw new EigenstudentError('invalid_protocol', `the files of ${what} have not been looked at; ${advice}`);
}

/**
 * The same as a trial depends on it: with the contents of each file, "sha256:...", in the place of its path. Files may move;
 * what is in them may not change.
 * @throws invalid_protocol when there are files that nobody has looked at yet
 */
export function byContents({ teacher, data }: Posed): Posed {
  return {
    ...(teacher && { teacher: teacher.kind === 'file' ? teacherByContents(teacher) : teacher }),
    data: isFromFiles(data) ? dataByContents(data) : data,
  };
}

function teacherByContents({ sha256, ...teacher }: FileTeacher): FileTeacher {
  return { ...teacher, path: `sha256:${known('teacher', sha256)}` };
}

function dataByContents({ files, ...data }: FileData): FileData {
  const hashes = known('data', files);
  return mapPaths(inOneForm(data), (path) => `sha256:${known('data', hashes[path])}`);
}
