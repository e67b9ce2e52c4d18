import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync('docs/REPRODUCTION.md', 'utf8');
const tables = readdirSync('docs/reproduction')
  .filter((name) => name.endsWith('.md'))
  .map((name) => readFileSync(`docs/reproduction/${name}`, 'utf8'))
  .join('\n');

it('the page quotes only numbers that the tables of the runs have', () => {
  const quoted = [...page.matchAll(/-?[\d.]+ \[-?[\d.]+, -?[\d.]+\]/g)].map(([text]) => text);
  expect(quoted.length).toBeGreaterThan(20);
  expect(quoted.filter((text) => !tables.includes(text))).toEqual([]);
});

it('the page describes every protocol, and none that does not exist', () => {
  const named = new Set([...page.matchAll(/experiments\/([\w-]+\.yaml)/g)].map(([, name]) => name));
  const there = readdirSync('experiments').filter((name) => name.endsWith('.yaml'));
  expect([...named].sort()).toEqual(there.sort());
});

it('the page links to existing files', () => {
  const links = [...page.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path as string);
  expect(links.length).toBeGreaterThan(7);
  expect(links.filter((path) => !existsSync(`docs/${path}`))).toEqual([]);
});

it('the page has the same means in a table as in the folded table with intervals', () => {
  const withoutIntervals = page.replaceAll(/ \[-?[\d.]+, -?[\d.]+\]/g, '');
  const folded = /<details>.*?<\/details>/gs;
  const shown = tablesOf(page.replaceAll(folded, ''));
  const expected = tablesOf([...withoutIntervals.matchAll(folded)].map(([text]) => text).join('\n'));
  const compared = shown.filter((table) =>
    expected.some((other) => other.split('\n')[0] === table.split('\n')[0]),
  );
  expect(compared.length).toBeGreaterThan(10);
  expect(compared.filter((table) => !expected.includes(table))).toEqual([]);
});

function tablesOf(markdown: string): string[] {
  return [...markdown.matchAll(/(?:^\|.*\n)+/gm)].map(([text]) => text.trim());
}
