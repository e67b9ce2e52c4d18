import { posix } from 'node:path';
import type { SourceFile } from './rules.js';
import { importsOf, includesOf } from './source-text.js';

/** Files that know each other, directly or by others, types included: each circle once, as "a -> b -> a". */
export function circles(files: readonly SourceFile[]): string[] {
  const known = new Map(files.map((file) => [file.path, file]));
  const imports = new Map(files.map((file) => [file.path, importedBy(file, known)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, above: readonly string[]) => {
    const place = above.indexOf(path);
    if (place >= 0) found.push([...above.slice(place), path].join(' -> '));
    if (place >= 0 || done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...above, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return found;
}

function importedBy({ path, text }: SourceFile, known: ReadonlyMap<string, SourceFile>): string[] {
  const targets = path.endsWith('.ts')
    ? importsOf(text)
        .filter((name) => name.startsWith('.'))
        .map((name) => posix.join(posix.dirname(path), name).replace(/\.js$/, '.ts'))
    : includesOf(text).map(({ name }) => `native/${name}`);
  return targets.filter((target) => known.has(target));
}

/** The aim is about 30 files in a folder; this is where "about" ends. */
export const mostFiles = 32;

/** Folders with more files than a reader can keep in mind. */
export function crowdedFolders(files: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > mostFiles)
    .map(([folder, count]) => `${folder}: ${count} files, at most ${mostFiles}; make rooms of it`);
}
