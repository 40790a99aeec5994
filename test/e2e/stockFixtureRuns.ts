/** Projects that use shared fixtures under Jest's own runner, and the log of the fixtures' setups and teardowns. */
import type {Files, JestOutput, Project, RunOptions} from './project';

/** The three lines. */
export const STOCK = {
  globalSetup: 'jest-runner-xdist/fixtures/globalSetup',
  globalTeardown: 'jest-runner-xdist/fixtures/globalTeardown',
  setupFiles: ['jest-runner-xdist/fixtures/setup'],
};

/** Whether the next run is by Jest's own runner, whatever else the project's config says. */
export const BY_STOCK: RunOptions = {runner: 'stock'};

/** Notes in LOG what is done to it, and lives in a process of its own as long as it is up. */
export const fixture = (name: string, value = `{is: '${name}'}`, pragmas = '') => `/**
${pragmas} */
const note = what => require('fs').appendFileSync('LOG', what + ' ${name}\\n');
exports.setup = async ({fixtures, worker}) => { note('set up'); return ${value}; };
exports.teardown = async () => note('took down');
`;

/** A test file that declares fixtures. */
export const declares = (fixtures: readonly string[], body: string) => `/**
${fixtures.map(text => ` * @shared-fixture ${text}\n`).join('')} */
const {sharedFixture} = require('jest-runner-xdist/fixtures');
${body}
`;

export const reads = (path: string, value: unknown) =>
  declares([path], `test('reads', () => expect(sharedFixture('${path}')).toStrictEqual(${JSON.stringify(value)}));`);

export function log(project: Project): string[] {
  return project.exists('LOG') ? project.read('LOG').trim().split('\n') : [];
}

/** What was done to the fixtures in one run. */
export async function run(
  project: Project,
  args: readonly string[],
  options: RunOptions = BY_STOCK,
): Promise<JestOutput & {readonly done: readonly string[]}> {
  project.write('LOG', '');
  const output = await project.run(args, options);
  expect(await project.leftProcesses()).toEqual([]);
  return {...output, done: log(project)};
}

/** A failed one shows what Jest has said, and so does one that ended before Jest wrote its result. */
export function expectPassed({exitCode, json, stderr}: JestOutput, tests: number): void {
  if (exitCode !== 0 || !json)
    throw new Error(`exit code ${exitCode}, ${json ? 'with' : 'without'} a result\n${stderr}`);
  expect(json).toMatchObject({numPassedTests: tests, numTotalTests: tests, success: true});
}

export function messageOf(output: JestOutput, file: string): string {
  return output.json?.testResults.find(({name}) => name.endsWith(file))?.message ?? '';
}

export const VALUE = {url: 'http://127.0.0.1:4711', list: [1, {deep: null}]};

export const TWO_FILES: Files = {
  'fixtures/db.js': fixture('db', JSON.stringify(VALUE)),
  'a.test.js': reads('./fixtures/db', VALUE),
  'test/b.test.js': reads('../fixtures/db.js', VALUE),
  'none.test.js': 'test("has none", () => {});',
};
