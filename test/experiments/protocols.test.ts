import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseProtocol } from '../../src/sweep/protocol/protocol.js';
import { expand } from '../../src/sweep/protocol/trials.js';

const files = readdirSync('experiments').filter((name) => name.endsWith('.yaml'));
const textOf = (file: string) => readFileSync(`experiments/${file}`, 'utf8');
const trialsOf = (file: string) => expand(parseProtocol(textOf(file), file));

it('has a protocol for each of the seven figures', () => {
  const figures = files.filter((name) => name.startsWith('figure-')).map((name) => name[7]);
  expect(figures).toEqual(['1', '2', '3', '4', '5', '6', '7']);
});

describe.each(files)('%s', (file) => {
  const text = textOf(file);
  const comment = text.split('\n').filter((line) => line.startsWith('#'));

  it('is a protocol', () => {
    expect(trialsOf(file).length).toBeGreaterThan(0);
  });

  it('tells what it is for, how to run it, and what it took', () => {
    expect(comment[0]).toMatch(/^# [A-Z].{30}/);
    expect(
      comment.some((line) => line.startsWith(`#   eigenstudent sweep experiments/${file} --out runs/`)),
    ).toBe(true);
    expect(comment.at(-1)).toMatch(/^# (Took \d+ s of training|A part of paper\.yaml: )/);
  });

  const directory = /--out runs\/([\w-]+)/.exec(text)?.[1];
  it.runIf(comment.at(-1)?.startsWith('# A part of'))('asks for trials that paper.yaml has', () => {
    expect(directory).toBe('paper');
    const paper = new Set(trialsOf('paper.yaml').map(({ key }) => key));
    expect(trialsOf(file).filter(({ key }) => !paper.has(key))).toEqual([]);
  });
});
