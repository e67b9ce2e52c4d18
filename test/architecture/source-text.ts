/**
 * The source with comments blanked, and string contents too where asked; the length and the line breaks stay, so that
 * positions still mean the same. TypeScript and C++ agree on all that matters here.
 */
export function blank(source: string, { strings }: { strings: boolean }): string {
  // One alternation, so that "//" in a string is no comment and a quote in a comment is no string.
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return source.replace(token, (text) => {
    if (text.startsWith('/')) return text.replace(/[^\n]/g, ' ');
    if (!strings) return text;
    return text[0] + text.slice(1, -1).replace(/[^\n]/g, ' ') + text[0];
  });
}

/** Everything that a TypeScript file imports, re-exports, requires or loads by a literal name, in order. */
export function importsOf(source: string): string[] {
  const importing = /\b(?:from|import|require)\s*\(?\s*(?:'([^'\n]+)'|"([^"\n]+)"|`([^`$\n]+)`)/g;
  return [...blank(source, { strings: false }).matchAll(importing)].map(
    (m) => m[1] ?? m[2] ?? (m[3] as string),
  );
}

export interface Include {
  readonly name: string;
  /** <name>, as against "name". */
  readonly system: boolean;
}

/** Everything that a C++ file includes, in order. */
export function includesOf(source: string): Include[] {
  const including = /^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/gm;
  return [...blank(source, { strings: false }).matchAll(including)].map((m) => ({
    name: m[1] ?? (m[2] as string),
    system: m[1] === undefined,
  }));
}
