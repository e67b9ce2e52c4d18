/** A trained teacher: a network in a file, frozen. */
import { z } from 'zod';
import { expected, nameMessage, positiveInteger, strict } from '../../../protocol/protocol-fields.js';

const kinds = ['paper', 'file'] as const;

/** One kind; its messages list the names of all kinds. */
export function teacherKind<const Kind extends (typeof kinds)[number]>(kind: Kind) {
  return z.enum([kind], { error: (issue) => nameMessage(kinds, issue.input) });
}

export const fileTeacherSchema = strict({
  kind: teacherKind('file').describe('`file`: a network that was trained before, frozen'),
  path: z
    .string(expected('the path of a network'))
    .min(1, expected('the path of a network'))
    .describe('A file written by `Network.save`, or `arrays.safetensors` of a trial.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, expected('a SHA-256 in 64 hexadecimal digits'))
    .exactOptional()
    .describe('SHA-256 of the file; written by the program, and verified by later calls.'),
  found: strict({
    inputs: positiveInteger.describe('Inputs of the network.'),
    outputs: positiveInteger.describe('Outputs of the network.'),
    teacherSize: positiveInteger.describe('Nodes of its first hidden layer.'),
  })
    .exactOptional()
    .describe('Contents of the file; written by the program.'),
}).describe('A network in a file');

export type FileTeacher = z.output<typeof fileTeacherSchema>;
