/** Whether teacher and data go together. */
import type { FieldPath, WrittenAxis } from './axes.js';
import { type BroughtData, formNames, formOf, hasLabels, isBrought } from './brought-data.js';
import type { ProtocolIssue } from './protocol-issues.js';
import type { ProtocolPoint } from './protocol-schema.js';

/** Somebody must say what is to be learned. */
export function labelIssues({ teacher, data }: ProtocolPoint): ProtocolIssue[] {
  if (teacher !== undefined || !isBrought(data) || hasLabels(data)) return [];
  const message = `missing, expected ${fieldsOf(data)}, or a teacher that labels the inputs`;
  return [{ path: ['data', formOf(data)], message }];
}

function fieldsOf(data: BroughtData): string {
  const form = formOf(data);
  if (form === 'idx') return 'labels';
  return form === 'csv' || form === 'parquet' ? 'label or targets' : 'classes or targets';
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
