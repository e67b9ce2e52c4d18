/** From a protocol to its trials: one student each, named by all the numbers that it depends on. */
import { createHash } from 'node:crypto';
import { type Arm, type Parametrization, type Protocol, parametrizations } from './protocol-schema.js';

/** Every number that the outcome of one trial depends on. A change of its meaning raises `schema`. */
export interface TrialProtocol {
  readonly schema: 1;
  readonly parametrization: Parametrization;
  readonly teacher: Omit<Protocol['teacher'], 'teacherSize'> & { readonly teacherSize: number };
  readonly data: Protocol['data'];
  readonly student: Omit<Protocol['student'], 'width'> & { readonly width: number };
  readonly arm: Arm;
  readonly epochs: number;
  readonly seed: number;
  readonly trial: number;
  readonly dtype: Protocol['dtype'];
  readonly evaluation: Protocol['evaluation'];
}

export interface Trial {
  /** First 16 hexadecimal digits of the SHA-256 of the trial's protocol; names its folder. */
  readonly key: string;
  readonly protocol: TrialProtocol;
}

/** The full grid, ordered by teacher size, width, parametrisation and trial. */
export function expand(protocol: Protocol): Trial[] {
  const { teacher, data, student, arms, epochs, trials, seed, dtype, evaluation } = protocol;
  return list(teacher.teacherSize).flatMap((teacherSize) =>
    list(student.width).flatMap((width) =>
      parametrizations.flatMap((parametrization) => {
        const arm = arms[parametrization];
        if (arm === undefined) return [];
        return Array.from({ length: trials }, (_, trial) =>
          named({
            schema: 1,
            parametrization,
            teacher: { ...teacher, teacherSize },
            data,
            student: { ...student, width },
            arm,
            epochs,
            seed,
            trial,
            dtype,
            evaluation,
          }),
        );
      }),
    ),
  );
}

function named(protocol: TrialProtocol): Trial {
  return { key: trialKey(protocol), protocol };
}

function list(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value;
}

/** Depends on the values alone: neither on the order of the fields nor on how the file was written. */
export function trialKey(protocol: TrialProtocol): string {
  return createHash('sha256').update(canonicalJson(protocol)).digest('hex').slice(0, 16);
}

/** JSON with the keys of every object sorted and no spaces. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : field,
  );
}

/** What trials share when they learn from the same samples: all widths and both parametrisations of a trial do. */
export function dataKey({ teacher, data, seed, trial }: TrialProtocol): string {
  return canonicalJson({ teacher, data, seed, trial });
}

/** "spectral, width 200, trial 3, teacher size 20": how messages and reports name a trial. */
export function describeTrial({ parametrization, student, trial, teacher }: TrialProtocol): string {
  return `${parametrization}, width ${student.width}, trial ${trial}, teacher size ${teacher.teacherSize}`;
}
