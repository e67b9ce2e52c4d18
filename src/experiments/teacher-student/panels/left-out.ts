import { listed } from '../../../figures/numbers-in-text.js';

/** Maximum number of names with commas in a note; arbitrary. */
const mostNames = 12;

/** Notes of a figure that shows `shown` of `all` things: their number, and the names of those that are omitted. */
export function leftOutNotes(
  what: string,
  shown: number,
  all: number,
  names: readonly (string | number)[],
): string[] {
  if (names.length === 0) return [];
  return [
    `Drawn for ${shown} of ${all} ${what}; the table has all of them.`,
    `Left out: ${namesText(names)}.`,
  ];
}

function namesText(names: readonly (string | number)[]): string {
  if (names.every((name) => !String(name).includes(','))) return listed(names);
  const more = names.length - mostNames;
  return more > 0 ? `${names.slice(0, mostNames).join('; ')}; and ${more} others` : names.join('; ');
}
