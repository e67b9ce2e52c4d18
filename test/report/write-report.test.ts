import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../../src/report/write-report.js';
import { preset } from '../../src/sweep.js';
import { rejectionOf } from '../failure.js';
import { syntheticRun } from './synthetic-run.js';

const directories: string[] = [];
const run = async (...options: Parameters<typeof syntheticRun>) => {
  const directory = await syntheticRun(...options);
  directories.push(directory);
  return directory;
};
const small = preset('quick', { widths: [20, 60], trials: 2 });

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

describe('writeReport', () => {
  let directory: string;
  let paths: string[];
  let html: string;

  beforeAll(async () => {
    directory = await run({
      protocol: small,
      fails: ({ parametrization, student, trial }) =>
        parametrization === 'direct' && student.width === 60 && trial === 1,
      has: ({ student, trial }) => !(student.width === 20 && trial === 1),
    });
    paths = await writeReport(directory);
    html = await readFile(join(directory, 'report.html'), 'utf8');
  }, 60_000);

  it('writes every figure and the page, and leaves no temporary file', async () => {
    expect(paths.map((path) => relative(directory, path))).toEqual([
      'figures/relevance-histogram.svg',
      'figures/relevance-histogram.png',
      'figures/effective-size.svg',
      'figures/effective-size.png',
      'figures/loss.svg',
      'figures/loss.png',
      'figures/pruning.svg',
      'figures/pruning.png',
      'figures/paths.svg',
      'figures/paths.png',
      'figures/topology.svg',
      'figures/topology.png',
      'figures/loss-curves.svg',
      'figures/loss-curves.png',
      'figures/cost.svg',
      'figures/cost.png',
      'report.html',
    ]);
    const present = [...(await readdir(join(directory, 'figures'))), ...(await readdir(directory))];
    expect(present.filter((name) => name.includes('tmp'))).toEqual([]);
    expect(present).toEqual(expect.arrayContaining(paths.map((path) => path.split('/').at(-1))));
  });

  it('writes the same bytes every time', async () => {
    const before = await Promise.all(paths.map((path) => readFile(path)));
    await writeReport(directory);
    const after = await Promise.all(paths.map((path) => readFile(path)));
    expect(after.map((bytes, i) => bytes.equals(before[i] as Buffer))).toEqual(paths.map(() => true));
  }, 60_000);

  it('loads nothing from elsewhere', () => {
    // Scripts are text, not markup; what is left is what a browser would act on.
    const markup = html
      .replace(/<script[^>]*>[\s\S]*?<\/script>/g, '')
      .replace(/<style>[\s\S]*?<\/style>/g, '');
    const loaded = [...markup.matchAll(/\b(?:src|href|srcset|data|action|poster)="([^"]*)"/g)].map(
      (m) => m[1],
    );
    expect(loaded.length).toBeGreaterThan(10);
    expect(loaded.filter((url) => !/^(?:data:|#)/.test(url as string))).toEqual([]);
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1];
    expect(style).toContain('color-scheme');
    expect(style).not.toMatch(/@import|url\(/);
    expect(html.match(/<script[^>]*>/g)?.filter((tag) => tag.includes('src'))).toEqual([]);
    expect(html.match(/<meta http-equiv="Content-Security-Policy"[^>]*>/)?.[0]).toContain(
      "default-src 'none'",
    );
  });

  it('contains Vega, Vega-Lite and vega-embed with their licences, unchanged by what they contain', () => {
    const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((m) => m[1] as string);
    expect(scripts.map((script) => /^\/\*! ([\w-]+)\n/.exec(script)?.[1])).toEqual([
      'vega',
      'vega-lite',
      'vega-embed',
      undefined,
    ]);
    for (const script of scripts) expect(() => new Function(script)).not.toThrow();
    for (const script of scripts.slice(0, 3))
      expect(script).toContain('Redistribution and use in source and binary');
    expect(html.includes('sourceMappingURL')).toBe(false);
  });

  it('describes the run', () => {
    const texts = [
      '5 of 8 finished, 1 failed, 2 not run yet',
      '10 → h<sub>T</sub> = 20 → 20 → 1, seed 0',
      '8000 patterns to train on, 2000 to validate, 10000 to test',
      'adam (learningRate 0.005, beta1 0.9, beta2 0.999, epsilon 1e-7); batch 300; ' +
        'L2 eigenvectors 0.01, eigenvaluesOut 0.0005; 2000 epochs',
      'synthetic float32',
      'eigenstudent 0.0.0-synthetic, Node 20.0.0',
      '2000-01-01 00:00:00 UTC',
      'teacherSize: 20',
    ];
    expect(texts.filter((text) => !html.includes(text))).toEqual([]);
  });

  it('lists failed trials and does not count them', () => {
    expect(html.match(/1 trial without a result/g)).toHaveLength(1);
    expect(/<h3 id="trouble">.*/.exec(html)?.[0]).toMatch(
      /direct, h<sub>T<\/sub> = 20, width 60, trial 1 \(\w{16}\): failed, its loss was not finite at step 412, learning rate 0\.005/,
    );
    // trials of the row direct, width 60
    expect(html.match(/60<\/td><td>direct<\/td><td class="number">1<\/td>/g)).toHaveLength(1);
  });

  it('has each figure with its caption, table and downloads', () => {
    for (const [name, { csv }] of Object.entries(packedIn(html))) {
      const section = new RegExp(`<section id="${name}">([\\s\\S]*?)</section>`).exec(html)?.[1] ?? '';
      const parts = ['svg', 'png', 'csv'].map((kind) => `data-figure="${name}" data-kind="${kind}"`);
      parts.push(`id="live-${name}"`, '<summary>The table behind it</summary>');
      expect(parts.filter((part) => !section.includes(part))).toEqual([]);
      expect(csv).toMatch(/^(teacherSize,)?parametrization,width,/);
    }
  });

  it('states for a figure that it cannot draw what is missing', () => {
    const section = /<section id="universality">([\s\S]*?)<\/section>/.exec(html)?.[1] ?? '';
    expect(section).toContain(
      'Not drawn. It compares teachers of at least two sizes; this run has one, h<sub>T</sub> = 20.',
    );
    expect(section).not.toContain('data-kind=');
  });

  it('has a drawing for every layout and theme, and the data once', () => {
    const figures = packedIn(html);
    expect(Object.keys(figures)).toEqual([
      'relevance-histogram',
      'effective-size',
      'loss',
      'pruning',
      'paths',
      'topology',
      'loss-curves',
      'cost',
    ]);
    for (const { drawings } of Object.values(figures)) {
      expect(Object.keys(drawings)).toEqual(['wide light', 'wide dark', 'narrow light', 'narrow dark']);
      expect(JSON.stringify(drawings)).not.toContain('"datasets"');
    }
  });

  it('omits a damaged trial from the figures, and names it', async () => {
    const broken = await run({ protocol: small });
    const [key] = (await readdir(join(broken, 'trials'))) as [string];
    await writeFile(join(broken, 'trials', key, 'arrays.safetensors'), 'not what was written');
    await writeReport(broken);
    const page = await readFile(join(broken, 'report.html'), 'utf8');
    expect(/\d of 8 finished[^<]*/.exec(page)?.[0]).toBe('7 of 8 finished, 1 damaged');
    expect(/<h3 id="trouble">.*/.exec(page)?.[0]).toMatch(
      new RegExp(`${key}: damaged, will be trained again; .*has changed since it was written`),
    );
  }, 60_000);
});

/** What the script of the page has. */
function packedIn(html: string) {
  const [, packed = ''] =
    /<script type="application\/octet-stream" id="figures">(.*?)<\/script>/.exec(html) ?? [];
  return JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString()) as Record<
    string,
    { datasets: object; drawings: Record<string, object>; csv: string }
  >;
}

describe('formats', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await run({ protocol: small });
  });

  it('that are requested are the only ones written', async () => {
    const paths = await writeReport(directory, { formats: ['csv'] });
    expect(new Set(paths.map((path) => path.replace(/.*\./, '')))).toEqual(new Set(['csv']));
    expect((await readdir(join(directory, 'figures'))).sort()).toEqual(
      paths.map((path) => path.split('/').at(-1)).sort(),
    );
    expect(await readdir(directory)).not.toContain('report.html');
  });

  it('have the table of each figure with all digits, and in the page with six', async () => {
    await writeReport(directory, { formats: ['html', 'csv'] });
    const file = await readFile(join(directory, 'figures', 'effective-size.csv'), 'utf8');
    const { csv } = packedIn(await readFile(join(directory, 'report.html'), 'utf8'))['effective-size'] ?? {};
    const cell = (text: string | undefined) => text?.split('\r\n')[3]?.split(',')[5];
    expect(cell(file)).toMatch(/^\d+\.\d{12,}$/);
    expect(cell(csv)).toBe(String(Number(Number(cell(file)).toPrecision(6))));
  }, 60_000);

  it('that are unknown, or none, are refused', async () => {
    expect(await rejectionOf(writeReport(directory, { formats: ['pdf' as 'png'] }))).toBe(
      'invalid_argument: expected one of html, svg, png, csv for formats, received "pdf". Did you mean "png"?',
    );
    expect(await rejectionOf(writeReport(directory, { formats: [] }))).toBe(
      'invalid_argument: expected at least one of html, svg, png, csv for formats, received an array of length 0',
    );
  });
});

describe('writeReport refuses', () => {
  it('a directory without a run', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'eigenstudent-no-run-'));
    directories.push(directory);
    expect(await rejectionOf(writeReport(directory))).toBe(
      `file_unreadable: ${directory} is not a run directory: it has no protocol.yaml. ` +
        '`eigenstudent sweep protocol.yaml --out DIR` makes one',
    );
  });

  it('a run without a finished trial', async () => {
    const directory = await run({ protocol: small, has: () => false });
    expect(await rejectionOf(writeReport(directory))).toBe(
      `file_unreadable: nothing to report on: expected at least one finished trial of 8 in ${directory}, found none ` +
        '(0 failed, 0 damaged, 8 not run). Run its protocol again to train what is missing',
    );
    expect(await readdir(directory)).not.toContain('figures');
  });

  it('a run in which every trial failed, with the reason of the first', async () => {
    const directory = await run({ protocol: small, fails: () => true });
    expect(await rejectionOf(writeReport(directory))).toBe(
      `file_unreadable: nothing to report on: expected at least one finished trial of 8 in ${directory}, found none ` +
        '(8 failed, 0 damaged, 0 not run); the first: its loss was not finite at step 412, learning rate 0.005; ' +
        'lower the learning rate. Failed trials are not trained again: change what made them fail, in a protocol of another directory',
    );
  });

  it('a directory that cannot contain the figures', async () => {
    const directory = await run({ protocol: small });
    await writeFile(join(directory, 'figures'), 'a file');
    expect(await rejectionOf(writeReport(directory))).toMatch(
      /^file_unwritable: cannot make the directory .*figures: EEXIST/,
    );
  });
});
