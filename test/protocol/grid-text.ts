import { expect } from 'vitest';
import type { Protocol } from '../../src/experiments/teacher-student/protocol/schema.js';
import { parseProtocol } from '../../src/sweep.js';

type Change = readonly [from: string, to: string];

/** Each test replaces a line of it. */
const written = `teacher: { teacherSize: 2 }
student:
  width: [4, 6]
arms:
  spectral:
    trainable: [eigenvectors]
    l2: { eigenvectors: 0.01 }
    optimizer: { adam: { learningRate: 0.01 } }
    batchSize: 16
  direct:
    optimizer: { adam: { learningRate: 0.02 } }
    batchSize: 8
epochs: 6
trials: 1
seed: 5
`;

/** The protocol with some of its text changed. */
export function parse(...changes: readonly Change[]): Protocol {
  const text = changes.reduce((before, [from, to]) => {
    expect(before).toContain(from);
    return before.replace(from, to);
  }, written);
  return parseProtocol(text, 'my.yaml');
}

/** Why the protocol, so changed, is refused. */
export function refusal(...changes: readonly Change[]): string {
  const start = 'invalid protocol my.yaml:';
  try {
    parse(...changes);
  } catch (error) {
    const { message } = error as Error;
    expect(message.startsWith(start), message).toBe(true);
    return message.slice(start.length).replace(/^ /, '');
  }
  throw new Error('the protocol was accepted');
}
