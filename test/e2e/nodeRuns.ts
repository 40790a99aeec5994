/** Runs projects with the option `nodes`, and reads what their tests have recorded about their workers. */
import type {AssertionResult} from '@jest/test-result';
import type {Files, JestOutput, Project, RunOptions} from './project';

export interface NodeSpec {
  readonly name: string;
  readonly execPath?: string;
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string | null>>;
}

/** The same executable, in another time zone and with a flag. */
export const HERE = {name: 'here', env: {TZ: 'UTC'}};
export const TOKYO = {name: 'tokyo', env: {TZ: 'Asia/Tokyo'}, execArgv: ['--expose-gc']};
export const TWO = [HERE, TOKYO];

export const on = (nodes: readonly NodeSpec[], dist = 'each', env: RunOptions['env'] = {}): RunOptions => ({
  env: {XDIST_NODES: JSON.stringify(nodes), XDIST_DIST: dist, ...env},
});

/** The results of one file. */
export function testsOf({json}: JestOutput, file: string): readonly AssertionResult[] {
  const results = json?.testResults.filter(({name}) => name.endsWith(file)) ?? [];
  expect([file, results.length]).toEqual([file, 1]);
  return results[0]?.assertionResults as unknown as readonly AssertionResult[];
}

export const namesOf = (output: JestOutput, file: string) => testsOf(output, file).map(({fullName}) => fullName);
export const messageOf = ({json}: JestOutput, file: string) =>
  json?.testResults.find(({name}) => name.endsWith(file))?.message ?? '';

/** What tests have noted of the worker that they ran in. */
interface Note {
  readonly file: string;
  readonly node: string;
  readonly hours: number;
  readonly flag: boolean;
  readonly version: string;
  readonly pid: number;
}

/** Notes where it runs; tests of a file that is there for `notes` read it with `notesOf`. */
export const NOTE = `require('fs').appendFileSync('notes', JSON.stringify({
  file: expect.getState().testPath.split('/').pop(), node: process.env.XDIST_NODE, hours: new Date(0).getHours(),
  flag: process.execArgv.includes('--expose-gc'), version: process.version, pid: process.pid}) + '\\n');`;
export const notesOf = (project: Project) => project.lines<Note>('notes');

/** A test lasts until two workers of its node have loaded its file. */
export const COMPANY = `const fs = require('fs'); const folder = 'on ' + process.env.XDIST_NODE; jest.setTimeout(200_000);
  fs.mkdirSync(folder, {recursive: true}); fs.writeFileSync(folder + '/' + process.pid, '');
  const company = async () => {
    do await new Promise(resolve => setTimeout(resolve, 25)); while (fs.readdirSync(folder).length < 2);
  };`;

export const many = (count: number, body: string): Files =>
  Object.fromEntries(
    Array.from({length: count}, (_, index) => [`f${index}.test.js`, `test('t${index}', () => { ${body} });`]),
  );
