/** What a fleet leaves and shows on each machine: recordings of the whole run, reports, the live view, its status. */
import {readRecording, type RecordingLine} from '../../src/recording';
import {noting, runFleet, runMachine} from './fleets';
import {onLatestLine, type Files} from './project';
import {TestRedis} from './redis';
import {showAsJest, visible} from './replays';

const redis = new TestRedis();
beforeAll(async () => void (await redis.start()));
afterAll(() => redis.end());

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
    for (const {tests, begunAt, ms, slot, kept} of elsewhere) {
      expect(tests[0]).toMatchObject({titles: ['meets'], status: 'passed'});
      expect({slot: slot! <= 2, kept}).toEqual({slot: true, kept: false});
      for (const {at} of tests) expect(begunAt <= at! + 50 && at! <= begunAt + ms).toBe(true);
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
