import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { protocolTemplate } from '../../../src/experiments/teacher-student/protocol/template.js';
import { parseProtocol } from '../../../src/sweep.js';
import { type Run, textToRun } from '../directive.js';
import type { Block, Page } from '../markdown.js';
import { cudaLibrary, findPython, type Outcome, type Site } from './site.js';

/** Runs a block in the folder of its page, or checks it where it is no program. */
export async function runBlock(site: Site, page: Page, block: Block, run: Run): Promise<Outcome> {
  const folder = site.folderOf(page);
  const text = textToRun(block, run);
  const cuda = run.needs === 'cuda' ? cudaLibrary() : undefined;
  if (run.file) {
    mkdirSync(dirname(join(folder, run.file)), { recursive: true });
    writeFileSync(join(folder, run.file), `${text}\n`);
  }
  switch (block.language) {
    case 'sh':
      return site.run(folder, 'bash', ['-euo', 'pipefail', '-c', text], cuda);
    case 'python':
      return site.run(folder, findPython() ?? 'python3', ['-c', text]);
    case 'diff': {
      writeFileSync(join(folder, 'change.diff'), `${text}\n`);
      return site.run(folder, 'patch', ['-p1', '--fuzz=0', '--input=change.diff']);
    }
    case 'yaml':
      checkYaml(text, `${page.path}:${block.line}`, run.part);
  }
  return { status: 0, stdout: '', stderr: '' };
}

/** @throws invalid_protocol */
function checkYaml(text: string, where: string, part: boolean): void {
  parseProtocol(part ? stringify(laidOver(parse(protocolTemplate), parse(text))) : text, where);
}

/** `upper` over `lower`: objects field by field, anything else as it is. */
function laidOver(lower: unknown, upper: unknown): unknown {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(lower) || !isObject(upper)) return upper;
  const fields = Object.entries(upper).map(([name, value]) => [name, laidOver(lower[name], value)]);
  return { ...lower, ...Object.fromEntries(fields) };
}
