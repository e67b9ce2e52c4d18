/** Checks that teacher, data and the outputs of the student are compatible. */
import { armOf, axesOf, type FieldPath, valueAt, valuesOf } from '../../../protocol/axes.js';
import {
  type FormName,
  formNames,
  formOf,
  hasClasses,
  hasLabels,
  isFromFiles,
  labelFields,
} from '../../../protocol/files/file-data.js';
import type { ProtocolIssue } from '../../../protocol/protocol-issues.js';
import type { Protocol, ProtocolPoint } from './schema.js';
import { slopeMessage } from './student-schema.js';

/** Labels must come from a teacher or from files. */
function labelIssues({ teacher, data }: ProtocolPoint): ProtocolIssue[] {
  if (teacher !== undefined || !isFromFiles(data) || hasLabels(data)) return [];
  const message = `missing, expected ${labelFields(data)}, or a teacher that labels the inputs`;
  return [{ path: ['data', formOf(data)], message }];
}

/** An activation of the outputs is for numeric targets that are learned by a trained read-out. */
function outputIssues({ teacher, data, student }: ProtocolPoint): ProtocolIssue[] {
  const { outputActivation } = student;
  if (outputActivation === undefined) return [];
  const path = ['student', 'outputActivation'];
  const refused = (why: string) => [
    { path, message: `expected none, received "${outputActivation}": ${why}` },
  ];
  if (teacher?.kind === 'paper') return refused("students of the paper's teacher end in its frozen sum");
  if (teacher !== undefined || !isFromFiles(data) || !hasClasses(data)) return [];
  return refused(
    'classes are learned by a softmax over one output per class. To tell two classes apart by one sigmoid output, write them as ' +
      'targets of 0 and 1',
  );
}

/** Every trial of a protocol uses the same files. */
export function fileAxisIssues(paths: readonly FieldPath[]): ProtocolIssue[] {
  const message =
    'expected one value, received several: files do not vary within a protocol. Write a protocol for each';
  return paths.filter(namesFile).map((path) => ({ path, message }));
}

function namesFile([section, field]: FieldPath): boolean {
  if (section === 'teacher') return field === 'path';
  return section === 'data' && (formNames as readonly (string | undefined)[]).includes(field);
}

/** A batch size of more than the number of samples means all samples: two such sizes train the same student. */
function fullBatchIssues(protocol: Protocol): ProtocolIssue[] {
  const zipped = new Set(protocol.zip?.flat());
  const samples = Math.max(...(valuesOf(protocol, 'data.train') as number[]));
  return axesOf(protocol).flatMap((axis): ProtocolIssue[] => {
    if (armOf(axis) === undefined || axis.path[2] !== 'batchSize' || zipped.has(axis.name)) return [];
    const full = (axis.values as number[]).filter((size) => size >= samples);
    if (full.length < 2) return [];
    const message =
      `expected at most one batch size of at least data.train, ${samples}, received ${full.join(' and ')}: ` +
      'each means all samples in one batch, so they train the same';
    return [{ path: axis.path, message }];
  });
}

/** Only leakyRelu has a slope: elsewhere several slopes would train the same students. */
function slopeIssues(protocol: Protocol): ProtocolIssue[] {
  return ['teacher', 'student'].flatMap((section): ProtocolIssue[] => {
    const [slope] = valuesOf(protocol, `${section}.slope`);
    if (slope === undefined) return [];
    const other = valuesOf(protocol, `${section}.activation`).find((each) => each !== 'leakyRelu');
    const isOther = other !== undefined || valueAt(protocol, [section, 'activation']) === undefined;
    return isOther ? [{ path: [section, 'slope'], message: slopeMessage(slope, other ?? 'relu') }] : [];
  });
}

/** Formats whose samples may be images. */
const imageForms: readonly FormName[] = ['idx', 'cifar10', 'npy', 'npz', 'fashionMnist'];

/** Whether files have images of a size that can be shifted is known once they are read. */
function augmentIssues({ augment, teacher, data }: ProtocolPoint): ProtocolIssue[] {
  if (augment === undefined) return [];
  const refused = (why: string) => [{ path: ['augment'], message: `expected none: ${why}` }];
  if (!isFromFiles(data)) return refused('standard normal inputs are no images');
  if (!imageForms.includes(formOf(data))) return refused(`samples of ${formOf(data)} are no images`);
  return teacher === undefined
    ? []
    : refused('the labels of a teacher are those of the images as they are, not of moved ones');
}

/** Issues that involve several sections of the protocol. */
export function studentIssues(protocol: Protocol, point: ProtocolPoint): ProtocolIssue[] {
  return [
    ...labelIssues(point),
    ...outputIssues(point),
    ...slopeIssues(protocol),
    ...augmentIssues(point),
    ...fullBatchIssues(protocol),
  ];
}
