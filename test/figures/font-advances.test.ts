import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it('the widths of characters equal those of the installed fonts', () => {
  const read = execFileSync(process.execPath, [at('scripts/font-advances.js')], { encoding: 'utf8' });
  // Not toBe: a difference would be shown by megabytes.
  expect(read === readFileSync(at('src/figures/font-advances.json'), 'utf8')).toBe(true);
});
