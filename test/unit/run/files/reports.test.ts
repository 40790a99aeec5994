import {setImmediate as turn} from 'node:timers/promises';
import type {Test} from '@jest/test-result';
import {Reports, type ReportsOptions} from '../../../../src/run/files/reports';
import {jestTest, testResult} from '../jestTests';

const a = jestTest('a');
const b = jestTest('b');
const error = {message: 'died', stack: '', type: 'Error'} as const;

/** Reports to a Jest that takes a while for each of them. */
function reportsTo(options: Partial<ReportsOptions> & {listen?: (name: string) => Promise<void>}) {
  const {listen = () => turn(), ...rest} = options;
  /** What happened, in order; a report by the path that it is about. */
  const told: string[] = [];
  const emitted: unknown[] = [];
  const reports = new Reports({
    emitter: {
      emit: async (name, data) => {
        const [about] = data as [Test | string];
        const report = `${name} ${typeof about === 'string' ? about : about.path}`;
        told.push(report);
        emitted.push(data);
        await listen(name);
        told.push(`${report}, dealt with`);
      },
    },
    bail: 0,
    beforeBail: async () => {
      told.push('before bail');
      await turn();
      told.push('ready to bail');
    },
    onFailure: () => told.push('failure'),
    ...rest,
  });
  return {reports, told, emitted};
}

describe('the reports of one file', () => {
  test('keep their order, and each waits until Jest has dealt with the one before', async () => {
    const {reports, told, emitted} = reportsTo({});
    void reports.fileStarted(a);
    void reports.jestEvent(a, 'test-case-result', ['a', {}]);
    void reports.fileFailed(a, error);
    await reports.drained();
    expect(told).toEqual([
      'test-file-start a',
      'test-file-start a, dealt with',
      'test-case-result a',
      'test-case-result a, dealt with',
      'test-file-failure a',
      'test-file-failure a, dealt with',
    ]);
    expect(emitted).toEqual([[a], ['a', {}], [a, error]]);
  });

  test('wait for an error that is not known yet; those of others do not', async () => {
    const {reports, told, emitted} = reportsTo({});
    let know: (known: typeof error) => void = () => undefined;
    void reports.fileFailed(a, new Promise(resolve => (know = resolve)));
    await reports.fileStarted(b);
    expect(told).toEqual(['test-file-start b', 'test-file-start b, dealt with']);
    know(error);
    await reports.drained();
    expect(emitted).toEqual([[b], [a, error]]);
  });
});

describe('a file that other shards run in part', () => {
  test('has a result of its own tests alone, whose failures count for --bail', async () => {
    const own = testResult({failed: 1});
    const ownPart = jest.fn(() => own);
    const {reports, told, emitted} = reportsTo({ownPart, bail: 1});
    void reports.fileSucceeded(a, testResult({passed: 3}));
    await reports.drained();
    expect(ownPart).toHaveBeenCalledTimes(1);
    expect(told[0]).toBe('before bail');
    expect(emitted).toEqual([[a, own]]);
  });

  test('ends without a word to Jest if this shard has none of its tests', async () => {
    const {reports, told} = reportsTo({ownPart: () => null});
    void reports.fileStarted(a);
    void reports.fileSucceeded(a, testResult({}));
    reports.fileLeftOut(b);
    await reports.drained();
    expect(told).toEqual(['test-file-start a', 'test-file-start a, dealt with']);
    expect([reports.hasEnded(a), reports.hasEnded(b)]).toEqual([true, true]);
  });
});

describe('the reports of several files', () => {
  test('overlap, however long a listener takes for one', async () => {
    const waiting: (() => void)[] = [];
    const {reports, told} = reportsTo({listen: () => new Promise(resolve => waiting.push(resolve))});
    void reports.fileSucceeded(a, testResult({passed: 1}));
    void reports.fileSucceeded(b, testResult({passed: 1}));
    await turn();
    expect(told).toEqual(['test-file-success a', 'test-file-success b']);
    for (const end of waiting) end();
    await reports.drained();
  });

  test('are all waited for at the end, with those that come meanwhile', async () => {
    const {reports, told} = reportsTo({});
    void reports.fileStarted(a).then(() => reports.fileFailed(a, error));
    void reports.fileStarted(b);
    await reports.drained();
    expect(told).toHaveLength(6);
    expect(told.at(-1)).toBe('test-file-failure a, dealt with');
  });
});

describe('--bail', () => {
  /** Whether the run was made ready to bail by these results, and before which of them: its index. */
  async function bailsAt(bail: number, ...results: Parameters<typeof testResult>[0][]): Promise<number | null> {
    const {reports, told} = reportsTo({bail});
    for (const result of results) void reports.fileSucceeded(a, testResult(result));
    await reports.drained();
    const index = told.indexOf('before bail');
    return index === -1 ? null : told.slice(0, index).filter(what => what === 'test-file-success a, dealt with').length;
  }

  test('the run is made ready, and that is awaited, before the result at which Jest leaves is reported', async () => {
    const {reports, told} = reportsTo({bail: 1});
    void reports.fileSucceeded(a, testResult({failed: 1}));
    await reports.drained();
    expect(told).toEqual(['before bail', 'ready to bail', 'test-file-success a', 'test-file-success a, dealt with']);
  });

  test('without it, no number of failed tests makes Jest leave', async () => {
    expect(await bailsAt(0, {failed: 9}, {failed: 9})).toBeNull();
  });

  test('failed tests are counted over all files', async () => {
    expect(await bailsAt(3, {failed: 1}, {passed: 9}, {failed: 1}, {failed: 1, passed: 1})).toBe(3);
    expect(await bailsAt(3, {failed: 1}, {failed: 1})).toBeNull();
  });

  test('one file may have more failed tests than it takes', async () => {
    expect(await bailsAt(2, {passed: 1}, {failed: 5})).toBe(1);
  });

  test('a file that leaks does not count, as Jest makes a failure to run of it', async () => {
    expect(await bailsAt(1, {failed: 1, leaks: true})).toBeNull();
    expect(await bailsAt(2, {failed: 1, leaks: true}, {failed: 1})).toBeNull();
  });

  test('a file without tests does not make Jest leave, for the same reason', async () => {
    const {reports, told} = reportsTo({bail: 1});
    void reports.fileSucceeded(a, testResult({failed: 1}));
    void reports.fileSucceeded(b, testResult({}));
    await reports.drained();
    expect(told.filter(what => what === 'before bail')).toHaveLength(1);
  });

  test('the result at which Jest leaves comes when the reports under way have ended, and the others come after it', async () => {
    const ends = new Map<string, () => void>();
    const {reports, told} = reportsTo({bail: 1, listen: name => new Promise(resolve => ends.set(name, resolve))});
    void reports.fileStarted(a);
    await turn();
    void reports.fileSucceeded(b, testResult({failed: 1}));
    await turn();
    await turn();
    void reports.fileFailed(jestTest('c'), error);
    await turn();
    expect(told).toEqual(['test-file-start a', 'before bail', 'ready to bail']);
    ends.get('test-file-start')?.();
    await turn();
    expect(told.slice(3)).toEqual(['test-file-start a, dealt with', 'test-file-success b']);
    ends.get('test-file-success')?.(); // as in watch mode
    await turn();
    ends.get('test-file-failure')?.();
    await reports.drained();
    expect(told.slice(5)).toEqual([
      'test-file-success b, dealt with',
      'test-file-failure c',
      'test-file-failure c, dealt with',
    ]);
  });

  test('the run is made ready once, though more files fail while it is', async () => {
    const {reports, told} = reportsTo({bail: 1});
    void reports.fileSucceeded(a, testResult({failed: 1}));
    void reports.fileSucceeded(b, testResult({failed: 1}));
    await reports.drained();
    expect(told.filter(what => what === 'before bail')).toHaveLength(1);
    expect(told.indexOf('test-file-success b')).toBeGreaterThan(told.indexOf('test-file-success a, dealt with'));
  });

  test('a file that failed to run does not count', async () => {
    const {reports, told} = reportsTo({bail: 1});
    void reports.fileFailed(a, error);
    await reports.drained();
    expect(told).not.toContain('before bail');
  });
});

describe('a listener that throws', () => {
  const breaks = (broken: string) => (name: string) =>
    name === broken ? Promise.reject(new Error('reporter')) : turn();

  test('at the end of a file is told of, and has the other reports go on, of the same file and of others', async () => {
    const onFailure = jest.fn();
    const {reports, told} = reportsTo({listen: breaks('test-case-start'), onFailure});
    void reports.fileStarted(a);
    const event = reports.jestEvent(a, 'test-case-start', ['a']);
    void reports.fileSucceeded(a, testResult({passed: 1}));
    void reports.fileSucceeded(b, testResult({passed: 1}));
    await expect(event).rejects.toThrow('reporter');
    await reports.drained();
    expect(onFailure.mock.calls).toEqual([[new Error('reporter'), a]]);
    expect(told).toEqual(
      expect.arrayContaining(['test-file-success a, dealt with', 'test-file-success b, dealt with']),
    );
  });

  test('at the start of a file is the failure of that file, and of no other', async () => {
    const {reports, told} = reportsTo({listen: breaks('test-file-start')});
    await expect(reports.fileStarted(a)).rejects.toThrow('reporter');
    void reports.fileSucceeded(a, testResult({}));
    void reports.fileSucceeded(b, testResult({}));
    await reports.drained();
    expect(told).not.toContain('failure');
    expect(told).toContain('test-file-failure a');
    expect(told).toContain('test-file-success b');
    expect(told).not.toContain('test-file-success a');
  });

  test('at the result at which Jest would leave lets the other reports go on', async () => {
    const {reports, told} = reportsTo({bail: 1, listen: breaks('test-file-success')});
    void reports.fileSucceeded(a, testResult({failed: 1}));
    void reports.fileFailed(b, error);
    await reports.drained();
    expect(told).toEqual(expect.arrayContaining(['failure', 'test-file-failure b, dealt with']));
  });

  test('so is a run that can not be made ready to bail; the result is not reported then', async () => {
    const {reports, told} = reportsTo({bail: 1, beforeBail: () => Promise.reject(new Error('disk full'))});
    await expect(reports.fileSucceeded(a, testResult({failed: 1}))).rejects.toThrow('disk full');
    await reports.drained();
    expect(told).toEqual(['failure']);
  });
});
