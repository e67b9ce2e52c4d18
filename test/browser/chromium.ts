/** A real browser, and what every page of ours must hold in it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const chosen = process.env.EIGENSTUDENT_CHROMIUM;
const candidates = chosen
  ? [chosen]
  : ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const executablePath = candidates.find((path) => existsSync(path));

/** Why there is no browser to test in; nothing where there is one. */
export const noChromium = executablePath
  ? undefined
  : `there is no Chromium (looked for ${candidates.join(', ')}; on Debian: apt-get install chromium, elsewhere ` +
    'EIGENSTUDENT_CHROMIUM=FILE)';

if (noChromium && process.env.EIGENSTUDENT_REQUIRE_CHROMIUM) throw new Error(noChromium);

/** With a fresh profile, and without what a browser does in the network by itself. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    ...(executablePath && { executablePath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface OpenPage {
  readonly page: Page;
  /** Console errors and exceptions so far. */
  readonly faults: readonly string[];
  /** Addresses outside this machine that were asked for; none was let through. */
  readonly outside: readonly string[];
}

/** A phone of today, upright. */
export const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true } as const;

export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const faults: string[] = [];
  const outside: string[] = [];
  await context.route(isOutside, (route) => {
    outside.push(route.request().url());
    return route.abort();
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(url);
  return { page, faults, outside };
}

function isOutside({ protocol, hostname }: URL): boolean {
  return !['file:', 'data:', 'blob:'].includes(protocol) && hostname !== '127.0.0.1';
}

/** No fault that axe calls serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations, passes } = await axe(page, '{}');
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(described)).toEqual([]);
  // That it looked at all.
  expect(passes.length).toBeGreaterThan(10);
}

/** What of that depends on the theme. */
export async function expectContrast(page: Page): Promise<void> {
  const { violations, passes } = await axe(page, '{ runOnly: ["color-contrast"] }');
  expect(violations.map(described)).toEqual([]);
  expect(passes.map(({ id }) => id)).toEqual(['color-contrast']);
}

async function axe(page: Page, options: string): Promise<AxeResults> {
  const script = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(script);
  return page.evaluate(`axe.run(document, ${options})`);
}

function described({ id, nodes }: AxeRule): string {
  return `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`;
}

interface AxeRule {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

interface AxeResults {
  readonly violations: readonly AxeRule[];
  readonly passes: readonly AxeRule[];
}

/** Nothing sticks out of the window sideways. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, window] = (await page.evaluate(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )) as [number, number];
  expect(content).toBeLessThanOrEqual(window);
}

/** Background of the page, as the browser computed it. */
export function background(page: Page): Promise<string> {
  return page.evaluate('getComputedStyle(document.body).backgroundColor') as Promise<string>;
}
