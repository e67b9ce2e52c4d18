import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LiveServer, serveLivePage } from '../../src/live/serve.js';
import { openRunDirectory } from '../../src/runs/run-directory.js';
import { RunningSweep } from '../live/running-sweep.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { pictureOf, pixelsOf } from './canvas.js';
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
let sweep: RunningSweep;
let server: LiveServer;
beforeAll(async () => {
  if (!noChromium) browser = await launch();
});
afterAll(() => browser?.close());

beforeEach(async ({ skip }) => {
  if (noChromium) skip(noChromium);
  sweep = await RunningSweep.of(
    smallProtocol({ student: { width: [10, 20, 40], secondWidth: 2 }, epochs: 400, trials: 3 }),
  );
  server = await serveLivePage(sweep.directory, { host: '127.0.0.1', port: 0, pause: 50 });
});
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
  await server?.close();
  await sweep?.remove();
});

/** Six trials finished, one failed, four at work, one left. */
async function halfWay(): Promise<void> {
  await sweep.begin();
  for (const i of [0, 1, 2, 3, 4, 5]) await sweep.finish(i);
  await sweep.fail(6);
  for (const i of [7, 8, 9, 10]) {
    await sweep.claim(i);
    await sweep.reach(i, i / 20);
  }
  await sweep.reach(11, 0.2);
}

const count = (page: Page, state: string) => page.locator(`#count-${state}`).innerText();
const lossCanvas = '#loss canvas';
const value = (page: Page) => page.locator('#vg-tooltip-element.visible');
/** Of students of the middle width, in the light theme. */
const blue = [0x00, 0x72, 0xb2] as const;
const vermilion = [0xd5, 0x5e, 0x00] as const;

describe('the live page in a browser', () => {
  it('shows a sweep, with no error and nothing from the network', async () => {
    await halfWay();
    const { page, faults, outside } = await open(browser, server.url);
    await expect.poll(() => count(page, 'finished')).toBe('6');
    expect(await count(page, 'failed')).toBe('1');
    expect(await count(page, 'training')).toBe('4');
    expect(await count(page, 'paused')).toBe('1');
    expect(await page.locator('#connection').innerText()).toBe('Live. 1 process at work.');
    expect(await page.locator('#failure-list li').innerText()).toContain('lower the learning rate');
    expect(await page.locator('#group-rows tr').count()).toBe(6);
    await page.getByLabel(/^train loss against epoch of \d+ spectral trials;/).waitFor();
    await page.getByLabel('Effective size against width of 4 kinds of students;').waitFor();
    expect((await pixelsOf(page, lossCanvas, blue)).length).toBeGreaterThan(20);
    expect(faults).toEqual([]);
    expect(outside).toEqual([]);
  });

  it('grows with the sweep, from before its directory exists', async () => {
    const { page, faults } = await open(browser, server.url);
    await expect.poll(() => page.locator('#connection').innerText()).toContain('does not exist yet');
    expect(await page.locator('#tally').isVisible()).toBe(false);
    await sweep.begin();
    await sweep.claim(0);
    await expect.poll(() => count(page, 'training')).toBe('1');
    expect(await page.locator('#loss').isVisible()).toBe(false);
    await sweep.reach(0, 0.5);
    await page.locator(lossCanvas).first().waitFor();
    const half = await pictureOf(page, lossCanvas);
    await sweep.finish(0);
    await expect.poll(() => pictureOf(page, lossCanvas)).not.toBe(half);
    await expect.poll(() => count(page, 'finished')).toBe('1');
    expect(faults).toEqual([]);
  });

  it('reports that its server has stopped, and finds the next one', async () => {
    await halfWay();
    const { page } = await open(browser, server.url);
    await expect.poll(() => count(page, 'finished')).toBe('6');
    await server.close();
    await expect.poll(() => page.locator('#connection').innerText()).toContain('No connection');
    await sweep.finish(7);
    server = await serveLivePage(sweep.directory, { host: '127.0.0.1', port: server.port, pause: 50 });
    await expect.poll(() => count(page, 'finished')).toBe('7');
    expect(await page.locator('#connection').innerText()).toBe('Live. 1 process at work.');
  });

  it('states how many values are exactly 0, which are not on its logarithmic axes', async () => {
    await sweep.begin();
    await sweep.write(0, {
      epoch: Float64Array.of(100, 200, 300),
      trainLoss: Float64Array.of(0.1, 0, 0),
      validationLoss: Float64Array.of(0, 0, 0),
      effectiveSize: Float64Array.of(2, 1, 0),
    });
    const { page, faults } = await open(browser, server.url);
    const note = () => page.locator('#loss > .note').innerText();
    await expect.poll(note).toContain('2 values are exactly 0 and are not drawn.');
    await page.getByLabel('validation data').check();
    await expect.poll(note).toContain('3 values are exactly 0 and are not drawn.');
    for (const name of ['emerging', 'size'])
      expect(await page.locator(`#${name}-zeros`).innerText()).toContain(
        '1 value is exactly 0 and is not drawn.',
      );
    expect(faults).toEqual([]);
  });

  it('shows the value under the pointer', async () => {
    await halfWay();
    const { page } = await open(browser, server.url);
    const valueAt = async (selector: string, color: typeof blue | typeof vermilion) => {
      const end = (await pixelsOf(page, selector, color)).at(-1);
      if (end) await page.mouse.move(end.x, end.y);
      return (await value(page).allInnerTexts()).join('');
    };
    await expect
      .poll(() => valueAt('#size canvas', vermilion))
      .toMatch(/^(spectral|direct), h = 20\nn_λ = [\d.]+ ± \d/);
    await expect
      .poll(() => valueAt(lossCanvas, blue))
      .toMatch(/^spectral, h = \d+, trial \d\nepoch \d+: train loss 0\.0\d+$/);
    await page.mouse.move(5, 5);
    await expect.poll(() => value(page).count()).toBe(0);
  });

  it('switches between light and dark, and between training and validation data', async () => {
    await halfWay();
    const { page, faults } = await open(browser, server.url, { colorScheme: 'dark' });
    expect(await background(page)).toBe('rgb(22, 24, 28)');
    await page.locator(lossCanvas).first().waitFor();
    await expectContrast(page);
    const dark = await pictureOf(page, lossCanvas);
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await background(page)).toBe('rgb(255, 255, 255)');
    await expect.poll(() => pictureOf(page, lossCanvas)).not.toBe(dark);
    await page.getByLabel('validation data').check();
    await page.getByLabel(/^validation loss against epoch of \d+ spectral trials;/).waitFor();
    expect(faults).toEqual([]);
  });

  it('has a row and a column for the fields that vary besides the width', async () => {
    await halfWay();
    const { spectral, direct } = sweep.protocol.arms;
    const arms = { spectral: { ...spectral, batchSize: [8, 16] }, direct };
    await openRunDirectory(
      sweep.directory,
      smallProtocol({ arms, student: { width: [10, 20, 40], secondWidth: 2 }, epochs: 400, trials: 3 }),
    );
    const { page, faults } = await open(browser, server.url);
    await expect.poll(() => page.locator('#group-rows tr').count()).toBe(9);
    expect(await page.locator('#group-names th').allInnerTexts()).toContain('batchSize');
    const cells = await page.locator('#group-rows tr').first().locator('td').allInnerTexts();
    expect(cells.slice(0, 3)).toEqual(['10', 'spectral', '8']);
    expect(faults).toEqual([]);
  });

  it('draws a diverging loss at the edge, with a note', async () => {
    await halfWay();
    const trial = sweep.at(12);
    const one = (value: number) => Float64Array.of(value, value);
    await sweep.write(12, {
      epoch: Float64Array.of(10, 20),
      trainLoss: one(1e25),
      validationLoss: one(1e25),
      effectiveSize: one(trial.protocol.student.width),
    });
    const { page } = await open(browser, server.url);
    await expect
      .poll(() => page.locator('#loss-note').innerText())
      .toMatch(/Values above 10+ are drawn at the edge\.$/);
    // The others still fill a part of the chart that tells them apart.
    const heights = (await pixelsOf(page, lossCanvas, blue)).map(({ y }) => y);
    expect(Math.max(...heights) - Math.min(...heights)).toBeGreaterThan(20);
  });

  it('fits a phone', async () => {
    await halfWay();
    const { page, faults } = await open(browser, server.url, phone);
    await page.locator(lossCanvas).first().waitFor();
    await expectNoSidewaysScroll(page);
    expect(faults).toEqual([]);
  });

  it('has no serious accessibility violation', async () => {
    await halfWay();
    const { page } = await open(browser, server.url);
    await page.locator(lossCanvas).first().waitFor();
    await expectAccessible(page);
  });
});
