import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expand } from '../../src/protocol/trials.js';
import { parseProtocol } from '../../src/sweep.js';

const files = readdirSync('experiments').filter((name) => name.endsWith('.yaml'));
const textOf = (file: string) => readFileSync(`experiments/${file}`, 'utf8');
const trialsOf = (file: string) => expand(parseProtocol(textOf(file), file));

it('each of the seven figures has a protocol', () => {
  const figures = files.filter((name) => name.startsWith('figure-')).map((name) => name[7]);
  expect(figures).toEqual(['1', '2', '3', '4', '5', '6', '7']);
});

describe.each(files)('%s', (file) => {
  const text = textOf(file);
  const comment = text.split('\n').filter((line) => line.startsWith('#'));

  it('is a valid protocol', () => {
    expect(trialsOf(file).length).toBeGreaterThan(0);
  });

  it('states its purpose, its command, and its cost or the page that has it', () => {
    expect(comment[0]).toMatch(/^# [A-Z].{30}/);
    const page = /docs\/reproduction\/[\w-]+\.md/.exec(text)?.[0];
    if (page !== undefined) return;
    const command = `#   eigenstudent sweep experiments/${file} --out runs/`;
    expect(comment.filter((line) => line.startsWith(command))).toHaveLength(1);
    expect(comment.at(-1)).toMatch(
      /^# (Took \d+ s of training|About \d+ min by .* estimate|A part of paper\.yaml: )/,
    );
  });
});

const parts = files.filter((file) => textOf(file).includes('\n# A part of paper.yaml'));

it.each(parts)('%s requests trials that paper.yaml has, in its directory', (file) => {
  expect(textOf(file)).toContain('--out runs/paper\n');
  const paper = new Set(trialsOf('paper.yaml').map(({ key }) => key));
  expect(trialsOf(file).filter(({ key }) => !paper.has(key))).toEqual([]);
});
