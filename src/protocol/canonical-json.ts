/**
 * JSON with the keys of every object sorted and no spaces.
 * @param known texts of objects that were met before and have not changed since; those met now are added
 */
export function canonicalJson(value: unknown, known?: WeakMap<object, string>): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const before = known?.get(value);
  if (before !== undefined) return before;
  const text = Array.isArray(value)
    ? `[${value.map((item) => canonicalJson(item, known)).join(',')}]`
    : objectText(value as Record<string, unknown>, known);
  known?.set(value, text);
  return text;
}

function objectText(fields: Record<string, unknown>, known?: WeakMap<object, string>): string {
  const texts: string[] = [];
  for (const name of Object.keys(fields).sort()) {
    const field = fields[name];
    if (field !== undefined) texts.push(`${JSON.stringify(name)}:${canonicalJson(field, known)}`);
  }
  return `{${texts.join(',')}}`;
}
