/** The report as people get it: written by the reporter and by the command line, read in a real browser. */
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Browser, Page} from 'puppeteer-core';
import {compare} from '../../src/report/comparison';
import type {ReportModel} from '../../src/report/model';
import {pageFile} from '../../src/report/pageFile';
import {reportModel} from '../../src/report/reportModel';
import {fleetRun, HOSTILE, reportRun} from '../reportRuns';
import {frame, openFile, startBrowser} from './browser';
import {onLatestLine} from './project';

const ROOT = join(__dirname, '..', '..');
const PAGE = join(ROOT, 'dist', 'report', 'page');
const CLI = join(ROOT, 'dist', 'cli', 'main.js');
/** `PICTURES=1` makes the pictures of docs/reports.md. */
const PICTURES = process.env.PICTURES === '1' ? join(ROOT, 'docs', 'pictures') : null;

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'xdist-report-'));
  browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, {recursive: true, force: true});
});

function write(name: string, model: ReportModel): string {
  const path = join(folder, `${name}.html`);
  writeFileSync(path, pageFile(model, PAGE));
  return path;
}

/** The tests have no types of the browser, so what runs there is a text. */
const textOf = (page: Page, selector: string) =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`) as Promise<string>;

const isOpen = (page: Page) => page.evaluate("document.querySelector('dialog').open") as Promise<boolean>;

/** The colours of a row of the canvas, without repetitions. */
const coloursOf = (page: Page, y: number) =>
  page.evaluate(`(() => {
    const canvas = document.querySelector('canvas');
    const {data} = canvas.getContext('2d').getImageData(0, ${y} * devicePixelRatio, canvas.width, 1);
    const all = new Set();
    for (let at = 0; at < data.length; at += 4) all.add([...data.slice(at, at + 3)].join());
    return [...all];
  })()`) as Promise<string[]>;

it('opens with 20,000 tests in under a second of CPU time, offline', async () => {
  const model = reportModel(reportRun({files: 400, testsPerFile: 50, slots: 8}));
  expect(model.files.flatMap(({tests}) => tests)).toHaveLength(20_000);
  const path = write('large', model);
  const {page, problems, drawnAfterMs} = await openFile(browser, path);
  expect(problems).toEqual([]);
  expect(await textOf(page, 'h1')).toBe('Passed');
  expect((await page.$$('*')).length).toBeLessThan(3000);
  await page.close();
  expect(drawnAfterMs).toBeLessThan(1000);
});

it.each(['light', 'dark'] as const)('draws what each worker did, %s', async scheme => {
  const model = reportModel(reportRun({files: 24, testsPerFile: 4, slots: 3, titles: HOSTILE, deadly: 5}));
  const path = write('drawn', model);
  const {page, problems} = await openFile(browser, path, scheme);
  expect(problems).toEqual([]);
  const custom = (name: string) =>
    page.evaluate(`(() => {
      const probe = document.createElement('i');
      probe.style.color = 'var(--${name})';
      document.body.append(probe);
      const colour = getComputedStyle(probe).color.match(/\\d+/g).join();
      probe.remove();
      return colour;
    })()`) as Promise<string>;
  // Below the names of the files, in each lane.
  const rows = await Promise.all(model.lanes.map((_, lane) => coloursOf(page, 26 + 34 + 4 + lane * 36 + 26)));
  for (const row of rows) {
    for (const name of ['loading', 'hooks', 'tests']) expect(row).toContain(await custom(name));
  }
  expect(rows.flat()).toContain(await custom('failed'));
  await page.close();
});

const picture = PICTURES === null ? it.skip.each : it.each;

picture(['light', 'dark'] as const)('makes the pictures of the documentation, %s', async scheme => {
  const run = reportRun({files: 40, testsPerFile: 5, slots: 4, titles: ['refuses a card that has expired'], deadly: 9});
  const error = ['Error: expect(received).toBe(expected)', '', 'Expected: "refused"', 'Received: "accepted"'];
  const path = write('picture', reportModel(run, {of: () => error}));
  const {page} = await openFile(browser, path, scheme, 1200);
  mkdirSync(PICTURES ?? '', {recursive: true});
  const shoot = (name: string) => page.screenshot({path: join(PICTURES ?? '', `${name}-${scheme}.png`)});
  await page.setViewport({width: 1200, height: 1330});
  await frame(page);
  await shoot('report');
  if (scheme === 'light') {
    await page.click('#slow-files .link');
    await frame(page);
    await shoot('file');
  }
  await page.close();
});

it('shows hostile titles as texts', async () => {
  const path = write('hostile', reportModel(reportRun({files: 4, testsPerFile: 2, slots: 2, titles: HOSTILE})));
  const {page, problems} = await openFile(browser, path);
  expect(problems).toEqual([]);
  expect(await page.evaluate('window.harmed')).toBeUndefined();
  expect(await page.$$('img, iframe, b')).toHaveLength(0);
  const shown = await textOf(page, '#failures');
  expect(shown).toContain('</script><img src=x onerror="window.harmed = true">');
  expect(shown).toContain('\\x1b[31mred\\x1b[0m \\x1b]0;title\\x07');
  expect(shown).toContain('right \\u202eto left\\u202c');
  await page.close();
});

it('is used with the keyboard', async () => {
  const model = reportModel(reportRun({files: 24, testsPerFile: 4, slots: 3, titles: HOSTILE}));
  const {page} = await openFile(browser, write('keyboard', model));
  await page.focus('canvas');
  const said = () => textOf(page, '#timeline-said');
  await page.keyboard.press('ArrowDown');
  expect(await said()).toMatch(/^w1 starts: /);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  expect(await said()).toMatch(/^w2 (runs|is idle)/);
  while (!(await said()).includes('runs')) await page.keyboard.press('ArrowRight');
  const [, path = ''] = /runs (\S+), /.exec(await said()) ?? [];
  await page.keyboard.press('+');
  await page.keyboard.press('PageDown');
  await page.keyboard.press('Enter');
  expect(await isOpen(page)).toBe(true);
  expect(await textOf(page, 'dialog h2')).toBe(path);
  expect(await page.evaluate("document.querySelectorAll('dialog table').length")).toBeGreaterThan(1);
  await page.keyboard.press('Escape');
  expect(await isOpen(page)).toBe(false);
  await page.focus('input[type=search]');
  await page.keyboard.type('</script>');
  expect(await said()).toBe('1 file found. Enter chooses the next.');
  await page.keyboard.press('Enter');
  expect(await said()).toMatch(/ runs t0\.test\.js, failed: /);
  await frame(page);
  await page.close();
});

it('draws the workers of all machines of a fleet', async () => {
  const {page, problems} = await openFile(browser, write('fleet', reportModel(fleetRun())));
  expect(problems).toEqual([]);
  expect(await textOf(page, 'header')).toContain('on 3 machines');
  expect(await textOf(page, '#machine')).toContain('The average of beta, which made this report.');
  await page.focus('canvas');
  const said = new Set<string>();
  for (let lane = 0; lane < 6; lane++) {
    await page.keyboard.press('ArrowDown');
    said.add((await textOf(page, '#timeline-said')).split(' ').slice(0, 2).join(' '));
  }
  expect([...said]).toEqual(['beta w1', 'beta w2', 'alpha w1', 'alpha w2', 'gamma w1', 'gamma w2']);
  await page.close();
});

it('names everything that has a role, and gives each control a name', async () => {
  const now = reportModel(reportRun({files: 12, testsPerFile: 3, slots: 2}));
  const before = reportModel(reportRun({files: 9, testsPerFile: 6, slots: 2}));
  const {page} = await openFile(browser, write('compared', {...now, comparison: compare(now, before)}), 'light', 420);
  const tree = await page.accessibility.snapshot({interestingOnly: true});
  const nameless: string[] = [];
  const look = (node: {role: string; name?: string; children?: (typeof node)[]}) => {
    if (/button|link|textbox|searchbox|application|table/i.test(node.role) && !node.name) nameless.push(node.role);
    for (const child of node.children ?? []) look(child);
  };
  look(tree as Parameters<typeof look>[0]);
  expect(nameless).toEqual([]);
  expect(await textOf(page, '#comparison')).toContain('New files: 3');
  const wide = await page.evaluate('document.documentElement.scrollWidth');
  expect(wide).toBe(420);
  await page.close();
});

onLatestLine('the reporter writes the report of its own run, and the summary of the job', async (_line, make) => {
  const project = make(
    {
      'a.test.js': 'test("passes", () => {}); test("fails", () => { throw new Error("the evidence"); });',
      'b.test.js': 'test("passes", () => {});',
    },
    {reporters: [['jest-runner-xdist/report', {outputFile: 'out/run.html'}]]},
  );
  const env = {
    XDIST_IN_BAND: 'never',
    XDIST_RECORDING: '{"keep": 2}',
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: project.path('summary.md'),
  };
  const config = ['--config', 'jest.config.json'];
  const jest = project.path('../../node_modules/jest/bin/jest.js');
  const {stderr} = spawnSync(process.execPath, [jest, '--runner=xdist', '-w', '2', ...config], {
    cwd: project.folder,
    env: {...process.env, ...env},
    encoding: 'utf8',
  });
  expect(stderr).toContain('the report is out/run.html');
  const {page, problems} = await openFile(browser, project.path('out/run.html'));
  expect(problems).toEqual([]);
  expect(await textOf(page, 'h1')).toBe('Failed');
  expect(await textOf(page, '#failures')).toContain('Error: the evidence');
  await page.close();
  const summary = readFileSync(project.path('summary.md'), 'utf8');
  expect(summary).toContain('The run failed');
  expect(summary).toContain('Error: the evidence');

  const cli = (...args: string[]) =>
    spawnSync(process.execPath, [CLI, ...args], {cwd: project.folder, encoding: 'utf8'});
  expect(cli('report', '-o', 'cli.html').stdout).toBe('cli.html shows the run.\n');
  expect(cli('trace').stdout).toBe('trace.json is the trace of the run.\n');
  expect(JSON.parse(project.read('trace.json'))).toHaveProperty('traceEvents');
  expect(cli('show', '--markdown').stdout).toContain('The run failed');
  expect(JSON.parse(cli('show', '--ctrf').stdout)).toMatchObject({results: {summary: {tests: 3, failed: 1}}});
});
