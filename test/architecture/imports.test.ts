import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { circles, crowdedFolders } from './circles.js';
import {
  floorBreaches,
  idleTestBreaches,
  includeBreaches,
  lengthBreaches,
  nameBreaches,
  realmBreaches,
  type SourceFile,
} from './rules.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const sourceExtension = /\.(?:[cm]?[tj]s|cpp|cc|cu|cuh|h|hpp)$/;

/** Every source file under a folder of the repository; none where the folder does not exist. */
function filesUnder(folder: string): SourceFile[] {
  if (!existsSync(join(repository, folder))) return [];
  const entries = readdirSync(join(repository, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && sourceExtension.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules'))
    .map((path) => ({
      path: path.slice(repository.length).split(sep).join('/'),
      text: readFileSync(path, 'utf8'),
    }));
}

const src = filesUnder('src');
const native = filesUnder('native');
const tests = filesUnder('test');
const everything = [...src, ...native, ...tests, ...filesUnder('bench')];

describe('the checkout', () => {
  it('includes files known to exist among those that are checked', () => {
    const paths = everything.map((file) => file.path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'src/errors.ts',
        'src/network/layers.ts',
        'native/core/backend.h',
        'test/architecture/rules.ts',
      ]),
    );
  });

  it('has no import of a higher folder in src/', () => {
    expect(src.flatMap(floorBreaches)).toEqual([]);
  });

  it('has no circle of files in src/ or native/', () => {
    expect([...circles(src), ...circles(native)]).toEqual([]);
  });

  it('has no folder of src/ or native/ with too many files', () => {
    expect(crowdedFolders([...src, ...native])).toEqual([]);
  });

  it('uses no instanceof of a class of one realm in src/', () => {
    expect(src.flatMap(realmBreaches)).toEqual([]);
  });

  it('has no include of a higher folder in native/', () => {
    const contract = tests.filter(
      (file) => file.path.startsWith('test/native/') && !file.path.endsWith('.ts'),
    );
    expect([...native, ...contract].flatMap(includeBreaches)).toEqual([]);
  });

  it('has no file whose name says nothing', () => {
    expect(everything.flatMap(nameBreaches)).toEqual([]);
  });

  it('has no file too long to read', () => {
    expect(everything.flatMap(lengthBreaches)).toEqual([]);
  });

  it('has no test that is silently idle', () => {
    const typescript = everything.filter((file) => /\.ts$/.test(file.path) && !file.path.startsWith('src/'));
    expect(typescript.flatMap(idleTestBreaches)).toEqual([]);
  });
});
