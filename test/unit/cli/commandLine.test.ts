import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {runCommandLine} from '../../../src/cli/commandLine';
import {printable, printableLines} from '../../../src/cli/printable';
import {formatDurations} from '../../../src/core/plan/durations';
import type {RecordingLine} from '../../../src/recording';
import {toJson} from '../../../src/recording/json';
import {recordedRun, RUN, writeRecording} from '../../recordedRuns';
import {planOf} from '../plans';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'xdist-cli-'))));
afterAll(() => rmSync(folder, {recursive: true}));

/** What a call prints, and its exit code. */
async function call(...argv: string[]): Promise<{code: number; out: string; err: string}> {
  let out = '';
  let err = '';
  const code = await runCommandLine(argv, {
    cwd: folder,
    print: text => (out += text),
    complain: text => (err += text),
  });
  return {code, out, err};
}

test.each([['--help'], ['-h'], ['help']])('%s lists the commands', async flag => {
  const {code, out, err} = await call(flag);
  expect({code, err}).toEqual({code: 0, err: ''});
  for (const name of ['runs', 'show', 'report', 'trace', 'merge', 'timings']) expect(out).toContain(`\n  ${name} `);
});

test.each([
  [['show', '--help'], 'Usage: jest-runner-xdist show [recording] [--markdown | --ctrf]\n'],
  [['help', 'runs'], 'Usage: jest-runner-xdist runs [flags]\n'],
  [['timings', 'merge', '-h'], '  -o, --output <file>  Where "merge" and "from" write to.\n'],
])('%j describes the command', async (argv, text) => {
  expect(await call(...argv)).toEqual({code: 0, err: '', out: expect.stringContaining(text) as string});
});

test.each<[string[], string]>([
  [['shwo'], 'There is no command "shwo". Did you mean "show"? See jest-runner-xdist --help.'],
  [['quux\u001b[31m'], 'There is no command "quux\\x1b[31m". See jest-runner-xdist --help.'],
  [['__proto__'], 'There is no command "__proto__".'],
  [['show', '--as-jset'], 'There is no flag "--as-jset". Did you mean "--as-jest"? See jest-runner-xdist show --help.'],
  [['show', '-x'], 'There is no flag "-x".'],
  [['show', '--config'], '--config needs a value: --config <path>.'],
  [['show', '--as-jest=yes', 'a'], '--as-jest takes no value.'],
  [['runs', '--config=a', '--config=b'], '--config is given twice.'],
  [['runs', 'a'], '"runs" takes no arguments.'],
  [['show', 'a', 'b'], '"show" takes one recording.'],
  [['show', 'a', '--', 'b'], 'Arguments after "--" go with --as-jest.'],
  [['show', '--allow-incomplete'], '--allow-incomplete goes with --as-jest.'],
  [['show', '--as-jest'], '--as-jest needs at least one recording.'],
  [['merge', '--allow-incomplete'], '"merge" needs the recordings of all shards.'],
  [['show', '--as-jest', 'a', '--config=b'], 'With --as-jest, --config goes after "--".'],
  [['timings'], '"timings" needs one of: show, merge, from.'],
  [['timings', 'merge', '-o', 'x'], 'Name at least one file to read.'],
])('%j is wrong usage', async (argv, text) => {
  const {code, out, err} = await call(...argv);
  expect({code, out}).toEqual({code: 2, out: ''});
  expect(err).toContain(text);
});

test('a call without a command prints the help, and is wrong usage', async () => {
  expect(await call()).toEqual({code: 2, err: '', out: expect.stringContaining('Usage: ') as string});
});

const LINES = recordedRun(planOf([20, 30], {slots: 2}), {actualMs: [20, 30], startMs: 10, latencyMs: 1});

/** A recording whose names and texts a terminal would act upon. */
function hostile(): RecordingLine[] {
  const evil = '\u001b]0;pwned\u0007\u001b[2J\u009b31m\u202eevil\r\n::error::x';
  const files = LINES.map((line): RecordingLine => {
    if (line.type === 'files') return {...line, files: line.files.map(file => ({...file, path: `a${evil}.js`}))};
    return line.type === 'run' ? {...RUN, level: 'full', versions: {...RUN.versions, jest: evil}} : line;
  });
  const more: RecordingLine[] = [
    {
      type: 'share',
      at: 1,
      file: 0,
      unit: 0,
      slot: 1,
      node: null,
      tests: [{titles: [evil, evil], status: 'failed', ms: 1, at: null}],
      profile: null,
    },
    {type: 'file', at: 1, file: 0, status: 'failed', tests: {passed: 0, failed: 1, pending: 0, todo: 0}, error: evil},
    {type: 'death', at: 1, slot: 1, generation: 1, pid: 1, death: {kind: 'broken', message: evil}, stderr: evil},
    {
      type: 'told',
      at: 1,
      name: 'test-file-success',
      file: 0,
      data: toJson({testResults: [{ancestorTitles: [evil], title: evil, status: 'failed', failureMessages: [evil]}]}),
    },
  ];
  return [...files.slice(0, -1), ...more, {type: 'end', at: 60, verdict: 'failed', failedOutside: false}];
}

test('show prints no control character of a recording', async () => {
  const path = join(folder, 'hostile.xdist');
  writeRecording(path, hostile());
  const {code, out, err} = await call('show', 'hostile.xdist');
  expect({code, err}).toEqual({code: 1, err: ''});
  expect(out).toContain('evil');
  expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  // GitHub takes lines that begin so for commands.
  expect(out).not.toMatch(/^::/m);
});

test('show names the run, its files, its floor and its workers', async () => {
  writeRecording(join(folder, 'run.xdist'), LINES);
  const {code, out} = await call('show', 'run.xdist');
  expect(code).toBe(0);
  expect(out).toContain('The run of 2026-01-02 03:04:05 UTC passed, after ');
  expect(out).toContain('Jest 30.5.0, jest-runner-xdist 0.1.0, Node 24.1.0, linux x64, 4 cores. A default recording.');
  expect(out).toMatch(/Floor\n {2}With 2 workers, no order of these files takes less than \d+ ms: /);
  expect(out).toMatch(/Workers\n {2}w1 {2}busy \d+ ms {2}starting 1\d ms {2}idle \d+ ms/);
});

test('show reads what is left of a recording, and says so', async () => {
  writeRecording(join(folder, 'cut.xdist'), LINES.slice(0, 8));
  const {code, out} = await call('show', 'cut.xdist');
  expect(code).toBe(1);
  expect(out).toContain('did not end, after ');
  expect(out).toContain('The run has not ended, or was killed: its last 8 lines can be read.');
});

test('an error is one line without a stack', async () => {
  expect(await call('show', 'none.xdist')).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(/^.*none\.xdist: it cannot be read: ENOENT[^\n]*\n$/) as string,
  });
});

test('timings of two machines are merged, and shown', async () => {
  const record = {at: Date.now(), ms: 1500, tests: {a: 100}, short: 2, end: 'passed'} as const;
  writeFileSync(join(folder, 'a.json'), formatDurations(new Map([['a.test.js', record]])));
  writeFileSync(join(folder, 'b.json'), formatDurations(new Map([['b\u001b[31m.test.js', {...record, ms: null}]])));
  expect(await call('timings', 'merge', 'a.json', 'b.json', '-o', 'c.json')).toEqual({
    code: 0,
    err: '',
    out: 'c.json has the durations of 2 test files.\n',
  });
  expect((await call('timings', 'show', 'c.json')).out.split('\n')).toEqual([
    'DURATION  TESTS  LAST RUN  FILE',
    '   1.5 s      3  passed    a.test.js',
    ' unknown      3  passed    b\\x1b[31m.test.js',
    '',
  ]);
});

test('timings come from recordings, relative to rootDir, with the name of the project', async () => {
  const path = join(folder, 'run.xdist');
  const [, , plan, ...rest] = LINES;
  writeRecording(path, [
    {
      ...RUN,
      startedAt: Date.now(),
      rootDir: 'packages/a',
      projects: [{id: 'c', name: 'unit', rootDir: 'packages/a', fingerprint: 'c'}],
    },
    {type: 'files', files: ['packages/a/x.test.js', 'packages/b/y.test.js'].map(one => ({project: 0, path: one}))},
    plan,
    ...rest.slice(0, -1),
    ...[0, 1].flatMap(file => [
      {
        type: 'share',
        at: 50,
        file,
        unit: file,
        slot: 1,
        node: null,
        tests: [{titles: ['a', 'b'], status: 'passed', ms: 7, at: null}],
        profile: null,
      },
      {type: 'file', at: 51, file, status: 'passed', tests: {passed: 1, failed: 0, pending: 0, todo: 0}, error: null},
    ]),
    LINES.at(-1),
  ]);
  expect((await call('timings', 'from', 'run.xdist', '-o', 't.json')).code).toBe(0);
  const {files} = JSON.parse(readFileSync(join(folder, 't.json'), 'utf8')) as {files: Record<string, {ms: number}>};
  expect(Object.keys(files).sort()).toEqual(['unit:../b/y.test.js', 'unit:x.test.js']);
  expect(files['unit:x.test.js']).toMatchObject({ms: 20, tests: {'a b': 7}, end: 'passed'});
});

test('a text is printed with escapes, and the colours of a failure are left out', () => {
  expect(printable('a\u001b[31m\tü›\u2028\ud800')).toBe('a\\x1b[31m\\x09ü›\\u2028\\ud800');
  expect(printableLines('\u001b[31mred\u001b[39m\r\n\u0007bell')).toEqual(['red', '\\x07bell']);
});
