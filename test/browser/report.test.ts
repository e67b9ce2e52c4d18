import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeReport } from '../../src/report/write-report.js';
import { syntheticRun } from '../report/synthetic-run.js';
import {
  background,
  expectAccessible,
  expectContrast,
  expectNoSidewaysScroll,
  launch,
  noChromium,
  open,
  phone,
} from './chromium.js';

let browser: Browser;
let directory: string;
let url: string;
beforeAll(async () => {
  if (noChromium) return;
  directory = await syntheticRun({ fails: ({ student, trial }) => student.width === 60 && trial === 1 });
  await writeReport(directory);
  url = pathToFileURL(join(directory, 'report.html')).href;
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  if (directory) await rm(directory, { recursive: true, force: true });
});
beforeEach(({ skip }) => {
  if (noChromium) skip(noChromium);
});

const live = 'figure.is-live .live svg';

describe('report.html in a browser', () => {
  it('draws every figure, with no error and nothing from the network', async () => {
    const { page, faults, outside } = await open(browser, url);
    const figures = await page.locator('figure').count();
    expect(figures).toBeGreaterThan(0);
    await expect.poll(() => page.locator(live).count()).toBe(figures);
    expect(faults).toEqual([]);
    expect(outside).toEqual([]);
    await page.context().close();
  });

  it('shows the value under the pointer', async () => {
    const { page } = await open(browser, url);
    const symbol = page.locator('#effective-size .live svg .mark-symbol path').first();
    await symbol.hover({ force: true });
    const tip = page.locator('#vg-tooltip-element.visible');
    await tip.waitFor();
    expect(await tip.innerText()).toMatch(/\d/);
    await page.context().close();
  });

  it('saves each figure as SVG, PNG and CSV', async () => {
    const { page, faults } = await open(browser, url);
    await page.locator(live).last().waitFor();
    const starts = { svg: '<svg ', png: '\u0089PNG\r\n', csv: 'teacherSize,parametrization,width,' };
    for (const [kind, start] of Object.entries(starts)) {
      const waiting = page.waitForEvent('download');
      await page
        .getByRole('button', { name: `Save Error caused by pruning as ${kind.toUpperCase()}` })
        .click();
      const download = await waiting;
      expect(download.suggestedFilename()).toBe(`pruning.${kind}`);
      const bytes = await readFile(await download.path());
      expect(bytes.subarray(0, start.length).toString('latin1')).toBe(start);
      // As wide as the file in figures/: two pixels to a unit.
      if (kind === 'png') {
        const file = await readFile(join(directory, 'figures', 'pruning.png'));
        expect(bytes.readUInt32BE(16)).toBe(file.readUInt32BE(16));
        expect(bytes.length).toBeGreaterThan(20_000);
      }
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('is complete, but static, without its script', async () => {
    const { page } = await open(browser, url, { javaScriptEnabled: false });
    expect(await page.locator('.still:visible').count()).toBe(await page.locator('figure').count());
    expect(await page.locator('button:visible').count()).toBe(0);
    await page.context().close();
  });

  it('follows the system theme, and the button', async () => {
    const { page, faults } = await open(browser, url, { colorScheme: 'dark' });
    await page.locator(live).last().waitFor();
    expect(await background(page)).toBe('rgb(22, 24, 28)');
    await expectContrast(page);
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await background(page)).toBe('rgb(255, 255, 255)');
    await page.getByRole('button', { name: 'Dark' }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('fits a phone', async () => {
    const { page, faults } = await open(browser, url, phone);
    await expect.poll(() => page.locator(live).count()).toBe(await page.locator('figure').count());
    await expectNoSidewaysScroll(page);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('has no serious accessibility violation', async () => {
    const { page } = await open(browser, url);
    await page.locator(live).last().waitFor();
    await expectAccessible(page);
    await page.context().close();
    // axe looks at every element of ten drawings.
  }, 90_000);
});
