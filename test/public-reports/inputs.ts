/** Inputs of public bug reports, made again in small by hand. */
import { join } from 'node:path';

export function inputOf(report: string, name: string): string {
  return join(import.meta.dirname, '..', 'fixtures', 'public-reports', report, name);
}
