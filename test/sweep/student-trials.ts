/** Functions of any experiment with the types of teacher-student. */
import type { Protocol, ProtocolInput } from '../../src/experiments/teacher-student/protocol/schema.js';
import type { ShortStudent } from '../../src/experiments/teacher-student/protocol/student-schema.js';
import type { StudentProtocol, StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import type { Grid } from '../../src/protocol/grid-types.js';
import { checkProtocol as checkAnyProtocol } from '../../src/protocol/protocol.js';
import { expand as expandAny } from '../../src/protocol/trials.js';
import { readProtocol as readAnyProtocol } from '../../src/runs/run-directory.js';

/** Trials whose student is written in the short form, as those of nearly all tests are. */
export type ShortProtocol = StudentProtocol & { readonly student: ShortStudent };
export type ShortTrial = StudentTrial & { readonly protocol: ShortProtocol };
/** The short form with axes. */
export type ShortForm = Grid<ShortStudent, never>;

export const expand = expandAny as unknown as (protocol: Protocol) => ShortTrial[];
export const checkProtocol = checkAnyProtocol as (value: unknown, source: string) => Protocol;
export const readProtocol = readAnyProtocol as (directory: string) => Promise<Protocol>;
export type { Protocol, ProtocolInput };
