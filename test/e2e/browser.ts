/** A real browser: the Chromium that comes from npm, or the one in the PATH. */
import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import puppeteer, {type Browser, type Page} from 'puppeteer-core';

/** What `@sparticuz/chromium` exports. Its types are those of a module that cannot be required. */
interface ChromiumPackage {
  readonly args: readonly string[];
  executablePath(): Promise<string>;
}

/** How long (ms) the browser may take for one thing. Only a browser that hangs takes so long, however busy the machine. */
const PATIENCE_MS = 240_000;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

export async function startBrowser(): Promise<Browser> {
  const chromium = require('@sparticuz/chromium') as ChromiumPackage;
  const inPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap(folder => NAMES.map(name => join(folder, name)))
    .find(path => existsSync(path));
  const comesFromNpm = process.platform === 'linux' && process.arch === 'x64';
  const executablePath = comesFromNpm ? await chromium.executablePath() : inPath;
  if (executablePath === undefined) {
    throw new Error(`These tests need a Chromium: install one so that the PATH has ${NAMES.join(', ')}.`);
  }
  return puppeteer.launch({
    executablePath,
    args: [...chromium.args, '--no-sandbox'],
    headless: 'shell',
    timeout: PATIENCE_MS,
    protocolTimeout: PATIENCE_MS,
  });
}

export interface OpenedPage {
  readonly page: Page;
  /** Errors of scripts, what the console shows, and each request besides that for the page. */
  readonly problems: readonly string[];
  /** The CPU time (ms) that its main thread took until it was drawn: whatever else the machine does. */
  readonly drawnAfterMs: number;
}

/** Opens a file, and waits until the page is drawn. */
export async function openFile(
  browser: Browser,
  path: string,
  scheme: 'light' | 'dark' = 'light',
  width = 1280,
): Promise<OpenedPage> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems: string[] = [];
  page.on('pageerror', error => problems.push(String(error)));
  page.on('console', message => problems.push(message.text()));
  page.on('request', request => {
    if (!request.isNavigationRequest()) problems.push(`a request for ${request.url()}`);
  });
  await page.setViewport({width, height: 900});
  await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
  await page.setOfflineMode(true);
  const session = await page.createCDPSession();
  await session.send('Performance.enable', {timeDomain: 'threadTicks'});
  await page.goto(`file://${path}`);
  await page.waitForSelector('[data-is-drawn]');
  const {metrics} = await session.send('Performance.getMetrics');
  const cpuSeconds = metrics.find(({name}) => name === 'ThreadTime')?.value ?? NaN;
  await frame(page);
  return {page, problems, drawnAfterMs: cpuSeconds * 1000};
}

/** Waits until what was asked for is painted. */
export async function frame(page: Page): Promise<void> {
  await page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))');
}
