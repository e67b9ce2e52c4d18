/** Shapes of images: [channels, height, width]. */
import { denseArray, invalid, positiveInteger } from '../arguments.js';

export type ImageShape = readonly [channels: number, height: number, width: number];

/** Numbers of an image. */
export function sizeOfImage([channels, height, width]: ImageShape): number {
  return channels * height * width;
}

/** "3 x 32 x 32" */
export function shapeText(shape: readonly number[]): string {
  return shape.join(' x ');
}

/** @throws invalid_argument unless `value` is three positive integers whose product is a safe integer */
export function checkImageShape(where: string, value: unknown): ImageShape {
  const expected = 'a shape [channels, height, width]';
  const extents = denseArray(where, expected, value as readonly unknown[]);
  if (extents.length !== 3) throw invalid(where, expected, value);
  const [channels, height, width] = extents.map((extent, axis) =>
    positiveInteger(`${where}[${axis}]`, extent),
  );
  const shape = [channels as number, height as number, width as number] as const;
  if (!Number.isSafeInteger(sizeOfImage(shape)))
    throw invalid(where, 'a shape whose product is a safe integer', value);
  return shape;
}

/** The shape as one of images; undefined where it has another number of extents. */
export function asImageShape(shape: readonly number[] | undefined): ImageShape | undefined {
  return shape?.length === 3 ? (shape as unknown as ImageShape) : undefined;
}
