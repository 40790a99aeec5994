/** What a fleet leaves and shows on each machine: recordings of the whole run, reports, the live view, its status. */
import {readRecording, type RecordingLine} from '../../src/recording';
import {callWith} from './calls';
import {fleetVariables, noting, runFleet, runMachine} from './fleets';
import {onLatestLine, type Files} from './project';
import {TestRedis} from './redis';
import {showAsJest, visible} from './replays';

const redis = TestRedis.forTests();

const RECORDED = {XDIST_RECORDING: 'whole.xdist'};

/** Ends when as many such files have begun, on all machines together. Its machine has two workers. */
const meeting = (name: string, count: number) => `${noting(name)}
const notes = () => require('fs').readFileSync(process.env.NOTES, 'utf8').trim().split('\\n');
test('meets', async () => {
  while (notes().length < ${count}) await new Promise(resolve => setTimeout(resolve, 20));
});`;

type LineOf<T extends RecordingLine['type']> = Extract<RecordingLine, {type: T}>;

function ofType<T extends RecordingLine['type']>(path: string, type: T): LineOf<T>[] {
  return readRecording(path).lines.filter((line): line is LineOf<T> => line.type === type);
}

onLatestLine("each machine's recording is of the whole run, and tells it again", async (_line, make) => {
  const files: Files = {
    '.git/HEAD': '',
    'a.test.js': meeting('a', 4),
    'b.test.js': meeting('b', 4),
    'c.test.js': meeting('c', 4),
    'd.test.js': `${meeting('d', 4)} test('fails', () => { console.log('printed'); expect(1).toBe(2); });`,
  };
  const machines = [make(files), make(files)];
  const env = {...RECORDED, NOTES: machines[0]!.path('notes')};
  const outputs = await runFleet(redis, machines, [], {run: 'recorded', env});
  const names = new Set<string>();
  for (const [index, machine] of machines.entries()) {
    const path = machine.path('whole.xdist');
    const recording = readRecording(path);
    expect(recording.problem).toBeNull();
    const [listed] = ofType(path, 'files');
    expect(listed?.files.map(file => file.path)).toEqual(['a', 'b', 'c', 'd'].map(name => `${name}.test.js`));
    const own = ofType(path, 'share').map(({file}) => file);
    const elsewhere = ofType(path, 'elsewhere');
    expect([...own, ...elsewhere.map(({file}) => file)].sort()).toEqual([0, 1, 2, 3]);
    expect(own).toHaveLength(2);
    for (const {tests, begunAt, slot, kept} of elsewhere) {
      expect(tests[0]).toMatchObject({titles: ['meets'], status: 'passed'});
      expect({slot: slot! <= 2, kept}).toEqual({slot: true, kept: false});
      // By one clock. How close they are depends on how soon the other machine's Jest has heard its workers.
      for (const {at} of tests) expect(Math.abs(at! - begunAt)).toBeLessThan(300_000);
    }
    expect(ofType(path, 'file').map(({file, status}) => [file, status])).toHaveLength(4);
    const [fleet] = ofType(path, 'fleet');
    expect(fleet).toMatchObject({
      round: 1,
      machines: [
        {workers: 2, jobs: 2},
        {workers: 2, jobs: 2},
      ],
      jobs: {all: 4, completed: 4, failed: 1, kept: 0},
    });
    expect(fleet?.machines.map(({name}) => name)).toContain(elsewhere[0]?.machine);
    names.add(fleet!.machine);
    expect(recording.lines.at(-1)).toMatchObject({type: 'end', verdict: 'failed', failedOutside: false});

    const told = await showAsJest(machine, ['--ci'], {recordings: ['whole.xdist']});
    const {json, exitCode} = visible(machine, told) as {json: object; exitCode: number};
    const expected = visible(machine, outputs[index]!) as {json: object; exitCode: number};
    expect({json, exitCode}).toEqual({json: expected.json, exitCode: expected.exitCode});
  }
  expect(names.size).toBe(2);
});

onLatestLine(
  'the parts of a cut file are one file in a recording, and results of earlier rounds are kept',
  async (_line, make) => {
    const slow = [1, 2, 3, 4].map(nth => `test('slow ${nth}', () => new Promise(done => setTimeout(done, 400)));`);
    const files: Files = {
      '.git/HEAD': '',
      'long.test.js': `/** @can-split */\n${slow.join('\n')}`,
      'b.test.js': "test('b', () => expect(process.env.FIXED).toBe('1'));",
    };
    const machines = [make(files), make(files), make(files)] as const;
    const [first, ...others] = machines;
    // The durations that decide the cut.
    await runMachine(redis, first, ['--json'], {run: 'measured', env: {FIXED: '1'}});
    await runFleet(redis, others, [], {run: 'cut', env: RECORDED});
    for (const machine of others) {
      const path = machine.path('whole.xdist');
      const [plan] = ofType(path, 'plan');
      const long = plan!.files.filter(file => file === 1);
      expect(long.length).toBeGreaterThan(1);
      expect(ofType(path, 'cut')).toEqual([]);
      expect(ofType(path, 'file')).toHaveLength(2);
      const parts = ofType(path, 'elsewhere').filter(({file}) => file === 1);
      expect(ofType(path, 'share').filter(({file}) => file === 1).length + parts.length).toBe(long.length);
      expect(parts.every(({part}) => part !== null)).toBe(true);
      expect(ofType(path, 'end')).toMatchObject([{verdict: 'failed'}]);
    }
    first.write('whole.xdist', '');
    await runMachine(redis, first, [], {run: 'cut', env: {...RECORDED, FIXED: '1'}});
    const path = first.path('whole.xdist');
    expect(ofType(path, 'fleet')).toMatchObject([{round: 2, jobs: {completed: expect.any(Number) as number}}]);
    for (const {kept, begunAt} of ofType(path, 'elsewhere'))
      expect({kept, before: begunAt < 0}).toEqual({kept: true, before: true});
    expect(ofType(path, 'file')).toHaveLength(2);
    expect(ofType(path, 'end')).toMatchObject([{verdict: 'passed'}]);
  },
);

describe('fleet status', () => {
  const files: Files = {
    '.git/HEAD': '',
    'quick.test.js': "test('quick', () => {});",
    'waits.test.js': `
      const {existsSync, writeFileSync} = require('fs');
      test('waits', async () => {
        while (!existsSync(process.env.FREE)) await new Promise(resolve => setTimeout(resolve, 20));
      });`,
  };

  onLatestLine('says which machine runs what, during the run and after it', async (_line, make) => {
    const [first, second] = [make(files), make(files)];
    const run = 'status';
    const env = {FREE: first.path('free')};
    const status = () => callWith(first, fleetVariables(redis, {run}), 'fleet', 'status');
    const wanted = /^Round 1: 1 of 2 jobs are completed\.\n[^]*works .*waits\.test\.js \(\d[^)]* m?s\)\n/;
    let during = '';
    const meanwhile = async () => {
      // Both machines are there, and the one file that waits is all that is left.
      while (!wanted.test(during) || during.match(/ works /g)?.length !== 2) during = (await status()).out;
      first.write('free', '');
    };
    const outputs = await Promise.all([
      runMachine(redis, first, [], {run, env, meanwhile}),
      runMachine(redis, second, [], {run, env}),
    ]);
    expect(outputs.map(({exitCode}) => exitCode)).toEqual([0, 0]);
    expect(during).toMatch(/^MACHINE +STATE +WORKERS +WAITING +RUNNING$/m);
    // Two machines on one host have two names.
    expect(new Set(during.match(/^\S+:\d+(?= +works )/gm)).size).toBe(2);
    const after = await status();
    expect(after).toMatchObject({code: 0, err: ''});
    expect(after.out).toMatch(/^Round 1: 2 of 2 jobs are completed\.\n/);
    expect(after.out.match(/ has left +2 +0$/gm)).toHaveLength(2);
    expect(after.out).not.toContain('waits.test.js');
  });

  onLatestLine('says what is wrong', async (_line, make) => {
    // Durations are sealed, too, and those of a project of this name have no secret so far.
    const project = make({...files, 'package.json': '{"name": "sealed", "version": "1.0.0"}'});
    const ask = (env: Record<string, string>, ...args: string[]) => callWith(project, env, 'fleet', ...args);
    const here = fleetVariables(redis, {run: 'sealed'});
    const secret = (text: string) => ({...here, XDIST_FLEET_SECRET: text.repeat(20)});
    await project.run(['--ci', '-w', '2'], {env: {...secret('a'), FREE: project.path('package.json')}});
    expect(await ask(secret('a'), 'status')).toMatchObject({code: 0, err: ''});

    const unknown = await ask(here, 'status', '--run', 'another');
    expect(unknown).toMatchObject({code: 1, out: ''});
    expect(unknown.err).toContain('knows no run of this project named "another"');
    const wrong = await ask(secret('b'), 'status');
    expect(wrong).toMatchObject({code: 1, out: ''});
    expect(wrong.err).toMatch(/secret/);
    const away = await ask(fleetVariables({url: 'redis://127.0.0.1:1'}, {run: 'sealed'}), 'status');
    expect(away).toMatchObject({code: 1, out: ''});
    expect(away.err).toMatch(/127\.0\.0\.1:1/);
    for (const {err} of [wrong, away]) expect(err).not.toMatch(/bbbb|\n {4}at /);
    expect(await ask({}, 'status')).toMatchObject({code: 1, err: expect.stringContaining('XDIST_FLEET') as string});
    expect(await ask(here, 'stat')).toMatchObject({code: 2});
    expect((await ask({}, '--help')).out).toContain('--run');
  });
});
