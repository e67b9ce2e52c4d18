/** Shapes of the tensors of a graph: those that a file declares, and those that its nodes compute. */
import { EigenstudentError } from '../../errors.js';
import { corrupt } from './model.js';
import { elementTypeName, elementTypes, type OnnxValue } from './schema.js';

/** A size, the name of a size, or null where it is unknown. */
export type Dimension = number | string | null;
/** The first axis counts samples. Undefined: the file declares none. */
export type Shape = readonly Dimension[] | undefined;

/** Kinds of numbers that an input or an output may be declared to have. */
export const floatTypes = { 1: 'float32', 10: 'float16', 11: 'float64', 16: 'bfloat16' } as const;
export type FloatType = (typeof floatTypes)[keyof typeof floatTypes];

/** An input or an output of a graph, as it is declared. */
export interface DeclaredTensor {
  readonly name: string;
  readonly elementType: FloatType;
  readonly shape: Shape;
}

/** '[N, 2, 2]' */
export function shapeText(shape: Shape): string {
  return shape === undefined ? 'of no declared shape' : `[${shape.map((size) => size ?? '?').join(', ')}]`;
}

/** Numbers per sample; null where unknown. */
export function numbersPerSample(shape: Shape): number | null {
  return shape === undefined ? null : product(shape.slice(1));
}

export function product(sizes: readonly Dimension[]): number | null {
  let result = 1;
  for (const size of sizes) {
    if (typeof size !== 'number') return null;
    result *= size;
  }
  return result;
}

/** Whether no tensor could have both shapes; a name stands for any size. */
export function contradict(one: Shape, other: Shape): boolean {
  if (one === undefined || other === undefined) return false;
  if (one.length !== other.length) return true;
  return one.some((size, i) => {
    const there = other[i];
    return typeof size === 'number' && typeof there === 'number' && size !== there;
  });
}

/** @throws file_corrupt for sizes of 0 */
export function declaredShape({ name, type }: OnnxValue, path: string): Shape {
  const dimensions = type?.tensorType?.shape?.dim;
  // a size of -1 means unknown, as in onnxruntime
  const shape = dimensions?.map(({ dimValue, dimParam }) =>
    dimValue === undefined ? dimParam || null : dimValue < 0 ? null : dimValue,
  );
  if (!shape?.includes(0)) return shape;
  throw corrupt(
    path,
    `it declares tensor ${JSON.stringify(name)} with shape ${shapeText(shape)}, which has no numbers`,
  );
}

/** Undefined where no shape is declared, or one of another type than floats. */
export function declaredType({ type }: OnnxValue): FloatType | undefined {
  return (floatTypes as Partial<Record<number, FloatType>>)[type?.tensorType?.elemType ?? 0];
}

/** Of an input or an output of the graph. @throws file_unsupported unless it is a tensor of floats; file_corrupt */
export function declaredTensor(what: 'input' | 'output', value: OnnxValue, path: string): DeclaredTensor {
  const { name, type } = value;
  const where = `the ${what} ${JSON.stringify(name)} of ${path}`;
  const expected = (kind: string, received: string) =>
    new EigenstudentError('file_unsupported', `expected ${kind} for ${where}, the file declares ${received}`);
  if (type?.sequenceType || type?.mapType) throw expected('a tensor', type.mapType ? 'a map' : 'a sequence');
  const number = type?.tensorType?.elemType || elementTypes.float;
  const elementType = (floatTypes as Partial<Record<number, FloatType>>)[number];
  if (elementType === undefined) throw expected('floats', elementTypeName(number));
  const shape = declaredShape(value, path);
  if (shape?.length === 0)
    throw expected('an axis of samples, as in [N, 4],', 'a single number, of shape []');
  return { name, elementType, shape };
}
