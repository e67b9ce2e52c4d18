import type { PlaceColumn } from './experiment-form.js';

/** A value of a place as every table shows it. */
export function placeText(
  { none }: Pick<PlaceColumn, 'none'>,
  value: number | string | undefined,
): number | string {
  if (value === undefined) return none ?? '';
  return (value === 0 || value === '') && none !== undefined ? none : value;
}
