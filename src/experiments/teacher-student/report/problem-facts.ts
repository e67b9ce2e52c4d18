/** Describes the task of the students: teacher and data. */

import { valuesOf } from '../../../protocol/axes.js';
import { type FileData, formOf, isFromFiles, pathsOf } from '../../../protocol/files/file-data.js';
import { inFlow } from '../panels/arm-text.js';
import type { FileTeacher } from '../protocol/file-teacher.js';
import type { Protocol } from '../protocol/schema.js';

interface ProblemFacts {
  readonly teacher: string;
  readonly data: string;
  readonly inputs: string;
  /** Nodes of the student after its hidden layers. */
  readonly outputs: string;
}

export function problemFacts(protocol: Protocol): ProblemFacts {
  const files = isFromFiles(protocol.data) ? (protocol.data as FileData) : undefined;
  const teacher = teacherFacts(protocol);
  const found = files?.found;
  return {
    teacher: teacher?.text ?? 'none: what is to be learned is in the files',
    data: files ? fileText(files, protocol) : gaussianText(protocol),
    inputs: `${found?.inputs ?? teacher?.inputs}`,
    outputs: `${teacher?.outputs ?? found?.classes ?? found?.targets}`,
  };
}

function listOf(protocol: Protocol, name: string): string {
  return valuesOf(protocol, name).map(inFlow).join(', ');
}

/** Empty where the protocol has no such field. */
function given(protocol: Protocol, name: string, text: (values: string) => string): string {
  return valuesOf(protocol, name)[0] === undefined ? '' : text(listOf(protocol, name));
}

function teacherFacts(protocol: Protocol) {
  const teacher = protocol.teacher as { readonly kind: string } | undefined;
  if (teacher === undefined) return undefined;
  if (teacher.kind === 'file') {
    const { path, found } = teacher as FileTeacher;
    const layers = `${found?.inputs} → h_T = ${found?.teacherSize} → ... → ${found?.outputs}`;
    return { text: `${layers}, trained: ${path}`, inputs: found?.inputs, outputs: found?.outputs };
  }
  const of = (name: string) => listOf(protocol, `teacher.${name}`);
  const text =
    `${of('inputs')} → h_T = ${of('teacherSize')} → ${of('secondWidth')} → ` +
    `${given(protocol, 'teacher.thirdWidth', (third) => `${third} → `)}1` +
    `${given(protocol, 'teacher.activation', (activation) => ` (${activation}${given(protocol, 'teacher.slope', (slope) => `, slope ${slope}`)})`)}, seed ${of('seed')}`;
  return { text, inputs: of('inputs'), outputs: 1 };
}

function gaussianText(protocol: Protocol): string {
  const of = (name: string) => listOf(protocol, `data.${name}`);
  return (
    `${of('train')} patterns to train on, ${of('validation')} to validate, ${of('test')} to test, ` +
    `fresh for every trial${given(protocol, 'data.sharedSeed', (shared) => `; with sharedSeed (${shared}) one set for all direct trials, tested on what they were trained on`)}`
  );
}

function fileText(data: FileData, protocol: Protocol): string {
  const { found } = data;
  const parts = ['validation', 'test'].map((name) =>
    given(protocol, `data.${name}`, (size) => `${name} ${size}`),
  );
  return [
    `${found?.samples} samples of ${formOf(data)} files (${pathsOf(data).join(', ')})`,
    ...(found?.testSamples === undefined ? [] : [`${found.testSamples} more to test`]),
    ...parts.filter((part) => part !== ''),
    `other parts for every trial, normalize ${listOf(protocol, 'data.normalize')}`,
  ].join('; ');
}
