/** Types of JSON values, as DuckDB's from_json names them. */

/** The name of a type, a struct, or a list of one type. */
export type Structure = string | readonly [Structure] | { readonly [field: string]: Structure };

/** The type of a value. Integers are signed, so that differences work. */
export function structureOf(value: unknown): Structure {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'BIGINT' : 'DOUBLE';
  if (typeof value === 'string') return 'VARCHAR';
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (Array.isArray(value)) return [value.map(structureOf).reduce(merge, unknown)];
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return unknown;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, structureOf(each)]));
}

/** The type of null, and of an object or a list without contents. It is compatible with every other. */
const unknown = 'NULL';
/** The type of values without a common type, as a number and a struct. */
const mixed = 'JSON';

/** For from_json: an unknown type stays JSON. */
export function definite(structure: Structure): Structure {
  if (structure === unknown) return mixed;
  if (typeof structure === 'string') return structure;
  if (isList(structure)) return [definite(structure[0])];
  return Object.fromEntries(Object.entries(structure).map(([name, each]) => [name, definite(each)]));
}

/** The common type of both: a struct with the fields of either. */
export function merge(first: Structure, second: Structure): Structure {
  if (isStruct(first) && isStruct(second)) {
    const merged: Record<string, Structure> = { ...first };
    for (const [name, structure] of Object.entries(second)) {
      const present = merged[name];
      merged[name] = present === undefined ? structure : merge(present, structure);
    }
    return merged;
  }
  if (isList(first) && isList(second)) return [merge(first[0], second[0])];
  if (first === second || second === unknown) return first;
  if (first === unknown) return second;
  return isNumber(first) && isNumber(second) ? 'DOUBLE' : mixed;
}

function isList(structure: Structure): structure is readonly [Structure] {
  return Array.isArray(structure);
}

function isStruct(structure: Structure): structure is { readonly [field: string]: Structure } {
  return typeof structure === 'object' && !Array.isArray(structure);
}

function isNumber(structure: Structure): boolean {
  return structure === 'BIGINT' || structure === 'DOUBLE';
}
