/** Convolutions with unequal padding, as ones with the same padding on both sides, which is what layers have. */

import { countWith, type WindowAxis } from '../operators/windows.js';
import type { FileConvolution, Padding } from './file-layers.js';

/** A kernel with zeros before or after it, and a padding that is the same on both sides. */
export interface EnlargedAxis {
  readonly padding: number;
  readonly kernel: number;
  /** Zeros before the kernel; those after it are the rest. */
  readonly zerosBefore: number;
}

/**
 * The same windows with the same padding on both sides, by a larger kernel whose further weights are 0. A zero
 * before the kernel allows `dilation` more padding; one after it takes so much away at the end.
 * @returns undefined where no such kernel gives as many windows
 */
export function enlarged(axis: Omit<WindowAxis, 'after' | 'beyond'>): EnlargedAxis | undefined {
  const { kernel, dilation, before, count } = axis;
  for (let zeros = 0; ; ++zeros) {
    const there = countWith({ ...axis, kernel: kernel + zeros }, before + zeros * dilation);
    if (there === count)
      return { padding: before + zeros * dilation, kernel: kernel + zeros, zerosBefore: zeros };
    if (there > count) break;
  }
  for (let zeros = 1; ; ++zeros) {
    const there = countWith({ ...axis, kernel: kernel + zeros }, before);
    if (there === count) return { padding: before, kernel: kernel + zeros, zerosBefore: 0 };
    if (there < count) return undefined;
  }
}

export interface EnlargedKernel {
  readonly rows: EnlargedAxis;
  readonly columns: EnlargedAxis;
}

/**
 * @param image [channels, height, width] that is read
 * @returns undefined where a dilation lets no larger kernel give the same windows
 */
export function enlargedKernel(
  { kernel, stride, dilation, shape }: Pick<FileConvolution, 'kernel' | 'stride' | 'dilation' | 'shape'>,
  { top, left }: Padding,
  image: readonly number[],
): EnlargedKernel | undefined {
  const axis = (extent: 'height' | 'width', index: 1 | 2, before: number) => {
    const [size, count] = [image[index] as number, shape[index] as number];
    return enlarged({
      ...{ size, before, count },
      ...{ kernel: kernel[extent], stride: stride[extent], dilation: dilation[extent] },
    });
  };
  const [rows, columns] = [axis('height', 1, top), axis('width', 2, left)];
  return rows && columns && { rows, columns };
}
