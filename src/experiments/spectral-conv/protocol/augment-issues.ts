/** Whether images of a protocol are large enough to be shifted as far as it says. */
import { valuesOf } from '../../../protocol/axes.js';
import type { ProtocolIssue } from '../../../protocol/protocol-issues.js';
import type { Point } from './schema.js';

/** Rows and columns of Fashion-MNIST. */
const fashionSide = 28;

/** Before anything is read, as the protocol has the shape of its images. */
export function augmentIssues(protocol: object, { augment, data }: Point): ProtocolIssue[] {
  if (augment === undefined) return [];
  const [height, width] = data.csv ? data.csv.shape.slice(1) : [fashionSide, fashionSide];
  const side = Math.min(height as number, width as number) / largest(protocol, 'data.pool');
  const shift = largest(protocol, 'augment.shift');
  if (shift < side) return [];
  const message = `expected fewer pixels than the ${side} rows or columns of the smallest images, received ${shift}`;
  return [{ path: ['augment', 'shift'], message }];
}

function largest(protocol: object, name: string): number {
  return Math.max(...(valuesOf(protocol, name) as number[]));
}
