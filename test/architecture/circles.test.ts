import { describe, expect, it } from 'vitest';
import { circles, crowdedFolders, mostFiles } from './circles.js';

const file = (path: string, text = '') => ({ path, text });

describe('circles', () => {
  it('finds files that import each other, by types or by way of a third', () => {
    const files = [
      file('src/a.ts', "import type { B } from './room/b.js';"),
      file('src/room/b.ts', "export { c } from '../c.js';"),
      file('src/c.ts', "const a = await import('./a.js');"),
    ];
    expect(circles(files)).toEqual(['src/a.ts -> src/room/b.ts -> src/c.ts -> src/a.ts']);
  });

  it('finds headers that include each other', () => {
    const files = [
      file('native/core/a.h', '#include "core/b.h"'),
      file('native/core/b.h', '#include "core/a.h"'),
    ];
    expect(circles(files)).toEqual(['native/core/a.h -> native/core/b.h -> native/core/a.h']);
  });

  it('allows several files to import one', () => {
    const files = [
      file('src/a.ts', "import './c.js'; import './b.js';"),
      file('src/b.ts', "import './c.js'; import 'node:fs';"),
      file('src/c.ts'),
    ];
    expect(circles(files)).toEqual([]);
  });
});

describe('crowdedFolders', () => {
  it('finds folders with too many files of their own', () => {
    const many = Array.from({ length: mostFiles }, (_, i) => file(`src/room/${i}.ts`));
    expect(crowdedFolders([...many, file('src/room/inner/a.ts')])).toEqual([]);
    expect(crowdedFolders([...many, file('src/room/a.ts')])).toEqual([
      `src/room: ${mostFiles + 1} files, at most ${mostFiles}; make rooms of it`,
    ]);
  });
});
