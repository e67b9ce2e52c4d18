import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** Words of one experiment, whatever their case. */
const words = /teacherSize|parametrization|effectiveSize/i;
/** Rooms of that experiment and of the science that it stands on, and the entries that export both. */
const allowed = /^(experiments|teacher|pruning|analysis|theory|distillation)\/|^(index|sweep)\.ts$/;

describe('the engine of sweeps', () => {
  it('has no word of teacher-student outside the rooms of that experiment', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    expect(files).toContain('sweep/sweep.ts');
    const breaches = files.filter(
      (name) => !allowed.test(name) && words.test(readFileSync(join(source, name), 'utf8')),
    );
    expect(breaches).toEqual([]);
  });

  it('imports experiments by their list alone', () => {
    const importing = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
      (name) =>
        name.endsWith('.ts') &&
        !/^(experiments\/|sweep\.ts$)/.test(name) &&
        /from '[^']*experiments\/|import\('[^']*experiments\/(?!index\.js)/.test(
          readFileSync(join(source, name), 'utf8'),
        ),
    );
    expect(importing).toEqual([]);
  });
});
