/**
 * JSON with the keys of every object sorted and no spaces.
 * @param cache the texts of objects that have not changed since; new ones are added
 */
export function canonicalJson(value: unknown, cache?: WeakMap<object, string>): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const cached = cache?.get(value);
  if (cached !== undefined) return cached;
  const text = Array.isArray(value)
    ? `[${value.map((item) => canonicalJson(item, cache)).join(',')}]`
    : objectText(value as Record<string, unknown>, cache);
  cache?.set(value, text);
  return text;
}

function objectText(fields: Record<string, unknown>, cache?: WeakMap<object, string>): string {
  const texts: string[] = [];
  for (const name of Object.keys(fields).sort()) {
    const field = fields[name];
    if (field !== undefined) texts.push(`${JSON.stringify(name)}:${canonicalJson(field, cache)}`);
  }
  return `{${texts.join(',')}}`;
}
