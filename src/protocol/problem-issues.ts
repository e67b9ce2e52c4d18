/** Whether teacher, data and the outputs of the student go together. */
import type { FieldPath, WrittenAxis } from './axes.js';
import { type FileData, formNames, formOf, hasClasses, hasLabels, isFromFiles } from './file-data.js';
import type { ProtocolIssue } from './protocol-issues.js';
import type { ProtocolPoint } from './protocol-schema.js';

/** Somebody must say what is to be learned. */
export function labelIssues({ teacher, data }: ProtocolPoint): ProtocolIssue[] {
  if (teacher !== undefined || !isFromFiles(data) || hasLabels(data)) return [];
  const message = `missing, expected ${fieldsOf(data)}, or a teacher that labels the inputs`;
  return [{ path: ['data', formOf(data)], message }];
}

function fieldsOf(data: FileData): string {
  const form = formOf(data);
  if (form === 'idx') return 'labels';
  return form === 'csv' || form === 'parquet' ? 'label or targets' : 'classes or targets';
}

/** An activation of the outputs is for numbers that a read-out of the student's own learns. */
export function outputIssues({ teacher, data, student }: ProtocolPoint): ProtocolIssue[] {
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

/** Every trial of a protocol is of the same files. */
export function fileAxisIssues(axes: readonly WrittenAxis[]): ProtocolIssue[] {
  const message =
    'expected one value, received several: files do not vary within a protocol. Write a protocol for each';
  return axes.filter(({ path }) => namesFile(path)).map(({ path }) => ({ path, message }));
}

function namesFile([section, field]: FieldPath): boolean {
  if (section === 'teacher') return field === 'path';
  return section === 'data' && (formNames as readonly (string | undefined)[]).includes(field);
}
