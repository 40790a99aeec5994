import {setImmediate as turn} from 'node:timers/promises';
import type {Test} from '@jest/test-result';
import {Reports, type ReportsOptions} from '../../../src/shell/reports';
import {jestTest, testResult} from './jestTests';

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
      on: () => () => undefined,
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

describe('the queue', () => {
  test('keeps the order, and waits for Jest to have dealt with each report', async () => {
    const {reports, told, emitted} = reportsTo({});
    const result = testResult({passed: 1});
    void reports.fileStarted(a);
    void reports.jestEvent('test-case-result', ['a', {}]);
    void reports.fileFailed(a, error);
    void reports.fileSucceeded(b, result);
    await reports.drained();
    expect(told).toEqual([
      'test-file-start a',
      'test-file-start a, dealt with',
      'test-case-result a',
      'test-case-result a, dealt with',
      'test-file-failure a',
      'test-file-failure a, dealt with',
      'test-file-success b',
      'test-file-success b, dealt with',
    ]);
    expect(emitted).toEqual([[a], ['a', {}], [a, error], [b, result]]);
  });

  test('waits for an error that is not known yet', async () => {
    const {reports, told, emitted} = reportsTo({});
    let know: (known: typeof error) => void = () => undefined;
    void reports.fileFailed(a, new Promise(resolve => (know = resolve)));
    const started = reports.fileStarted(b);
    await turn();
    expect(told).toEqual([]);
    know(error);
    await started;
    expect(emitted).toEqual([[a, error], [b]]);
  });

  test('tells when Jest has dealt with one report, though others follow', async () => {
    const {reports, told} = reportsTo({});
    const started = reports.fileStarted(a);
    void reports.fileStarted(b);
    await started;
    expect(told).toContain('test-file-start a, dealt with');
    expect(told).not.toContain('test-file-start b, dealt with');
    await reports.drained();
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

  test('ends the reports, and is what the run fails with', async () => {
    const {reports, told} = reportsTo({listen: breaks('test-case-start')});
    void reports.fileStarted(a);
    void reports.jestEvent('test-case-start', ['a']).catch(() => undefined);
    void reports.jestEvent('test-case-result', ['a']).catch(() => undefined);
    await expect(reports.drained()).rejects.toThrow('reporter');
    expect(told.filter(what => what !== 'failure')).toEqual([
      'test-file-start a',
      'test-file-start a, dealt with',
      'test-case-start a',
    ]);
  });

  test('is not forgotten over a file that starts after it', async () => {
    const {reports} = reportsTo({listen: breaks('test-case-start')});
    void reports.jestEvent('test-case-start', ['a']).catch(() => undefined);
    await expect(reports.fileStarted(b)).rejects.toThrow('reporter');
    await expect(reports.drained()).rejects.toThrow('reporter');
  });

  test('is told at once, while the run goes on', async () => {
    const {reports, told} = reportsTo({listen: breaks('test-case-start')});
    await expect(reports.jestEvent('test-case-start', ['a'])).rejects.toThrow('reporter');
    expect(told).toContain('failure');
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

  test('so is a run that can not be made ready to bail; the result is not reported then', async () => {
    const {reports, told} = reportsTo({bail: 1, beforeBail: () => Promise.reject(new Error('disk full'))});
    await expect(reports.fileSucceeded(a, testResult({failed: 1}))).rejects.toThrow('disk full');
    expect(told).toEqual(['failure']);
  });
});
