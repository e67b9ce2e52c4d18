import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LiveServer, serveLivePage } from '../../src/live/serve.js';
import { openRunDirectory } from '../../src/runs/run-directory.js';
import { RunningSweep } from '../live/running-sweep.js';
import { smallProtocol } from '../sweep/small-protocol.js';
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
const lossCharts = '#loss-charts svg .curve';

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
    await page.locator(lossCharts).first().waitFor();
    expect(await page.locator('#size-charts circle.mark').count()).toBe(4);
    expect(faults).toEqual([]);
    expect(outside).toEqual([]);
  });

  it('grows with the sweep, from before its directory is there', async () => {
    const { page, faults } = await open(browser, server.url);
    await expect.poll(() => page.locator('#connection').innerText()).toContain('does not exist yet');
    expect(await page.locator('#tally').isVisible()).toBe(false);
    await sweep.begin();
    await sweep.claim(0);
    await expect.poll(() => count(page, 'training')).toBe('1');
    expect(await page.locator('#loss').isVisible()).toBe(false);
    await sweep.reach(0, 0.5);
    const half = await path(page);
    await sweep.finish(0);
    await expect.poll(() => path(page).then((now) => now.length)).toBeGreaterThan(1.5 * half.length);
    await expect.poll(() => count(page, 'finished')).toBe('1');
    expect(faults).toEqual([]);
  });

  it('says that its server is gone, and finds the next one', async () => {
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

  it('says how many values are exactly 0, which its logarithmic axes have no place for', async () => {
    await sweep.begin();
    await sweep.write(0, {
      epoch: Float64Array.of(100, 200, 300),
      trainLoss: Float64Array.of(0.1, 0, 0),
      validationLoss: Float64Array.of(0, 0, 0),
      effectiveSize: Float64Array.of(2, 1, 0),
    });
    const { page, faults } = await open(browser, server.url);
    const note = () => page.locator('#loss-note').innerText();
    await expect.poll(note).toContain('2 values are exactly 0 and are not drawn.');
    await page.locator('#validation').check();
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
    await page.locator('#size-charts circle.mark').first().hover({ force: true });
    const value = page.locator('#size-charts .value');
    await value.waitFor();
    expect(await value.innerText()).toMatch(/^(spectral|direct), h = 10\nn_λ = [\d.]+ ± \d/);
    const chart = page.locator('#loss-charts svg').first();
    await chart.scrollIntoViewIfNeeded();
    const box = (await chart.boundingBox()) as NonNullable<Awaited<ReturnType<typeof chart.boundingBox>>>;
    await page.mouse.move(box.x + box.width - 23, box.y + box.height - 60);
    const loss = page.locator('#loss-charts .value').first();
    await loss.waitFor();
    expect(await loss.innerText()).toMatch(/^spectral, h = \d+, trial \d\nepoch 400: train loss 0\.0\d+$/);
    const place = (await loss.boundingBox()) as typeof box;
    expect(place.y).toBeGreaterThan(box.y);
    expect(place.x + place.width).toBeLessThanOrEqual(box.x + box.width + 1);
    await page.mouse.move(5, 5);
    await expect.poll(() => loss.isVisible()).toBe(false);
  });

  it('switches between light and dark, and between training and validation data', async () => {
    await halfWay();
    const { page, faults } = await open(browser, server.url, { colorScheme: 'dark' });
    expect(await background(page)).toBe('rgb(22, 24, 28)');
    const before = await path(page);
    await expectContrast(page);
    const stroke = () => page.evaluate(`getComputedStyle(document.querySelector('${lossCharts}')).stroke`);
    const dark = await stroke();
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await background(page)).toBe('rgb(255, 255, 255)');
    expect(await stroke()).not.toBe(dark);
    await page.getByLabel('validation data').check();
    await expect.poll(() => path(page)).not.toBe(before);
    expect(faults).toEqual([]);
  });

  it('has a row and a column for what the protocol varies besides the width', async () => {
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
    expect(cells.slice(0, 4)).toEqual(['spectral', '2', '10', '8']);
    expect(faults).toEqual([]);
  });

  it('draws a loss that went astray at the edge, and says so', async () => {
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
      .toMatch(/Losses above 10+ are drawn at the edge\.$/);
    const labels = await page.locator('#loss-charts .tick').allInnerTexts();
    expect(labels.filter((label) => /10[²³⁴-⁹]*[⁵-⁹]$|²/.test(label))).toEqual([]);
  });

  it('fits a phone', async () => {
    await halfWay();
    const { page, faults } = await open(browser, server.url, phone);
    await page.locator(lossCharts).first().waitFor();
    await expectNoSidewaysScroll(page);
    expect(faults).toEqual([]);
  });

  it('has no serious accessibility fault', async () => {
    await halfWay();
    const { page } = await open(browser, server.url);
    await page.locator(lossCharts).first().waitFor();
    await expectAccessible(page);
  });
});

/** What the first loss chart draws. */
async function path(page: Page): Promise<string> {
  return (await page.locator(lossCharts).first().getAttribute('d')) as string;
}
