import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LiveServer, serveLivePage } from '../../src/live/serve.js';
import { RunningSweep } from '../live/running-sweep.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { launch, noChromium, open } from './chromium.js';

let browser: Browser;
beforeAll(async () => {
  if (!noChromium) browser = await launch();
});
afterAll(() => browser?.close());
beforeEach(({ skip }) => {
  if (noChromium) skip(noChromium);
});

/** Ten widths and both arms; one in `every` has finished, and the next is half way. */
async function sweepOf(trials: number, every: number): Promise<{ sweep: RunningSweep; server: LiveServer }> {
  const width = Array.from({ length: 10 }, (_, i) => 10 * (i + 1));
  const sweep = await RunningSweep.of(
    smallProtocol({ student: { width, secondWidth: 2 }, epochs: 400, trials: trials / 20 }),
  );
  await sweep.begin();
  for (let i = 0; i < trials; i += every) {
    await sweep.finish(i);
    await sweep.reach(i + 1, 0.5);
  }
  return { sweep, server: await serveLivePage(sweep.directory, { host: '127.0.0.1', port: 0, pause: 50 }) };
}

const count = (page: Page, state: string) => page.locator(`#count-${state}`).innerText();

it('the live page updates a thousand trials with one drawing per chart', async () => {
  const { sweep, server } = await sweepOf(1000, 2);
  const { page, faults } = await open(browser, server.url);
  await expect.poll(() => count(page, 'finished'), { timeout: 30_000 }).toBe('500');
  await page.locator('#loss canvas').first().waitFor();
  await page.waitForTimeout(250); // until the first drawing is over
  await page.evaluate(`
    window.nodesMade = 0;
    new MutationObserver((records) => {
      for (const { addedNodes } of records)
        for (const node of addedNodes) window.nodesMade += 1 + (node.querySelectorAll?.('*').length ?? 0);
    }).observe(document.body, { childList: true, subtree: true });
  `);
  const nodes = () => page.evaluate<number>('window.nodesMade');
  const added: number[] = [];
  for (let turn = 0; turn < 5; ++turn) {
    const before = await nodes();
    await sweep.finish(2 * turn + 1);
    await expect.poll(() => count(page, 'finished'), { timeout: 30_000 }).toBe(String(501 + turn));
    await page.waitForTimeout(250);
    added.push((await nodes()) - before);
  }
  console.log(`nodes made per update of 1000 trials: ${added.join(', ')}`);
  // Rows of the table, and words.
  expect(Math.max(...added)).toBeLessThan(1000);
  expect(Math.min(...added)).toBeGreaterThan(0);
  expect(faults).toEqual([]);
  await server.close();
  await sweep.remove();
}, 60_000);

it('the live page follows ten thousand trials, and draws some of them', async () => {
  const { sweep, server } = await sweepOf(10_000, 10);
  const { page, faults } = await open(browser, server.url);
  await expect.poll(() => count(page, 'finished'), { timeout: 30_000 }).toBe('1000');
  await expect.poll(() => page.locator('#loss-note').innerText()).toMatch(/^\d+ of 10000 trials\./);
  await sweep.finish(1);
  await expect.poll(() => count(page, 'finished'), { timeout: 30_000 }).toBe('1001');
  expect(faults).toEqual([]);
  await server.close();
  await sweep.remove();
}, 120_000);
