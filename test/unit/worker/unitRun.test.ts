import type {AheadNews, FromWorker, UnitOrder} from '../../../src/core/wire/workerMessages';
import * as memory from '../../../src/pristine/memory';
import type {JestFileRunner} from '../../../src/worker/jestFile';
import type {SlicedFile} from '../../../src/worker/circus/slicedFile';
import {formatOf} from '../../../src/worker/thrown';
import {neverBegun, runUnit, sendDone, type UnitRun} from '../../../src/worker/unitRun';

jest.mock('../../../src/pristine/memory');

const RESULT = {testResults: [{title: 'one'}]};
const format = formatOf(require.resolve('jest-runner'));

const run = (end: object, fields: Partial<UnitRun> = {}) =>
  runUnit({
    files: {run: () => Promise.resolve(end)} as unknown as JestFileRunner,
    unit: {id: 7} as UnitOrder,
    sliced: null,
    file: null,
    heapLimitBytes: null,
    format,
    ...fields,
  });

test('a file that ran has its result', async () => {
  const done = await run({result: RESULT});
  expect(done).toMatchObject({type: 'unit-done', unit: 7, retiring: false, slice: null});
  expect(done.outcome).toEqual({type: 'result', result: RESULT});
  expect(done.ms).toBeGreaterThanOrEqual(0);
});

test('what a file threw is its outcome', async () => {
  const {outcome} = await run({thrown: new Error('oh')});
  expect(outcome).toMatchObject({type: 'error', error: {message: 'oh'}});
});

test('a file whose tests are shared has a slice, unless nobody wants it any more', async () => {
  const slice = {tests: [0]};
  const sliced = (discarded: boolean) => ({discarded, slice: () => slice}) as unknown as SlicedFile;
  expect((await run({result: RESULT}, {sliced: sliced(false)})).slice).toBe(slice);
  const {outcome, slice: none} = await run({result: RESULT}, {sliced: sliced(true)});
  expect([outcome, none]).toEqual([neverBegun(7).outcome, null]);
});

test('a worker whose heap is over its limit retires, and says what the file added', async () => {
  const heap = jest.mocked(memory.heapUsedBytes);
  const rss = jest.mocked(memory.residentBytes);
  const after = async (bytes: number) => {
    heap.mockReturnValueOnce(10).mockReturnValueOnce(bytes);
    rss.mockReturnValueOnce(20).mockReturnValueOnce(30);
    const {retiring, memory: use} = await run({result: RESULT}, {heapLimitBytes: 100});
    return {retiring, use};
  };
  expect(await after(100)).toEqual({retiring: false, use: undefined});
  expect(await after(101)).toEqual({
    retiring: true,
    use: {heap: {before: 10, after: 101}, rss: {before: 20, after: 30}},
  });
});

describe('a result that cannot be sent', () => {
  /** What is sent, if so many attempts fail. */
  async function sent(failures: number): Promise<FromWorker[]> {
    const messages: FromWorker[] = [];
    let left = failures;
    const send = (message: FromWorker | AheadNews) => {
      if (left-- > 0) return Promise.reject(new Error('too large'));
      messages.push(message as FromWorker);
      return Promise.resolve();
    };
    const done = {...neverBegun(7), outcome: {type: 'result', result: {numPassingTests: 1n}}};
    await sendDone({send}, done as never, format);
    return messages;
  }

  test('is sent without what JSON cannot hold', async () => {
    const [message] = await sent(1);
    expect(message).toMatchObject({type: 'unit-done', unit: 7, outcome: {type: 'result'}});
    expect(() => JSON.stringify(message)).not.toThrow();
  });

  test('is an error of its file in the end', async () => {
    expect(await sent(2)).toMatchObject([
      {
        outcome: {
          type: 'error',
          error: {message: 'The result of this test file cannot be sent to Jest: too large'},
        },
      },
    ]);
  });
});
