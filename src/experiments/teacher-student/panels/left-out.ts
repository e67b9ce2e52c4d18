import { listed } from '../../../figures/numbers-in-text.js';

/** As many names with commas as a note has room for; arbitrary. */
const mostNames = 12;

/** For the notes of a figure that shows `shown` of `all` things: how many, and the names of those that it does not. */
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
