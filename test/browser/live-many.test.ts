import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type LiveServer, serveLivePage } from '../../src/report/live/serve.js';
import { RunningSweep } from '../report/live/running-sweep.js';
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

/** Milliseconds that the page's main thread has been busy in all: scripts, style, layout, paint. */
async function busy(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value as number);
}

const count = (page: Page, state: string) => page.locator(`#count-${state}`).innerText();

it('updates a thousand trials in under 100 ms of the main thread', async () => {
  const { sweep, server } = await sweepOf(1000, 2);
  const { page, faults } = await open(browser, server.url);
  await expect.poll(() => count(page, 'finished')).toBe('500');
  await page.locator('#loss-charts svg .curve').first().waitFor();
  const session = await page.context().newCDPSession(page);
  // CPU time of the thread: what else the machine does is not the page's.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const times: number[] = [];
  for (let turn = 0; turn < 5; ++turn) {
    await page.waitForTimeout(250); // until the update before is painted
    const before = await busy(session);
    await sweep.finish(2 * turn + 1);
    await expect.poll(() => count(page, 'finished')).toBe(String(501 + turn));
    await page.waitForTimeout(200);
    times.push((await busy(session)) - before);
  }
  console.log(`main thread, 1000 trials: ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
  // The first may share its time with the end of the first drawing.
  expect(times.toSorted((a, b) => a - b)[2]).toBeLessThan(100);
  expect(faults).toEqual([]);
  await server.close();
  await sweep.remove();
}, 60_000);

it('follows ten thousand trials, and draws some of them', async () => {
  const { sweep, server } = await sweepOf(10_000, 10);
  const { page, faults } = await open(browser, server.url);
  await expect.poll(() => count(page, 'finished'), { timeout: 30_000 }).toBe('1000');
  await expect.poll(() => page.locator('#loss-note').innerText()).toMatch(/^\d+ of 10000 trials\./);
  await sweep.finish(1);
  await expect.poll(() => count(page, 'finished')).toBe('1001');
  expect(faults).toEqual([]);
  await server.close();
  await sweep.remove();
}, 120_000);
