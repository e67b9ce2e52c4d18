import { readFileSync } from 'node:fs';

interface Versions {
  readonly eigenstudent: string;
  readonly node: string;
}

/** What a record says of the software that made it. */
export function versions(): Versions {
  const file: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const { version } = file as { readonly version: string };
  return { eigenstudent: version, node: process.versions.node };
}
