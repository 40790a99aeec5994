import type {Departure} from '../../../src/core/wire/workerMessages';
import {Notices} from '../../../src/run/notices';
import type {RunWorkers} from '../../../src/run/workers/runWorkers';

/** @param departures by slot, of the workers that there were */
function notices(departures: Readonly<Record<number, Departure | null>> = {}) {
  const told: unknown[] = [];
  const made = new Notices({
    rootDir: '/project',
    workers: {
      in: slot => (slot in departures ? {pid: 4711, departure: departures[slot] ?? null} : null),
    } as Pick<RunWorkers, 'in'>,
    warn: text => told.push({warn: text}),
    print: text => told.push({print: text}),
    warnAsStock: text => told.push({stock: text}),
  });
  return {notices: made, told};
}

const waiting = (path: string): Departure => ({
  at: 'waiting',
  leftOpen: [{kind: 'Timeout', count: 1, paths: [path]}],
  addons: [],
});

const STOCK = expect.stringMatching(/^A worker process has failed to exit gracefully/) as string;

test('what is slow has a line of its own, with its worker', () => {
  const {notices: one, told} = notices();
  one.slow(2, 'a.test.js › waits', 5000);
  expect(told).toEqual([{print: 'SLOW w2 a.test.js › waits: still running after 5 s\n'}]);
});

test('a worker that dies as it joins a file costs nothing, and is told of', () => {
  const {notices: one, told} = notices();
  one.lostJoiner('/project/a.test.js', 2, {kind: 'signal', signal: 'SIGSEGV'});
  expect(told).toEqual([
    {
      warn: expect.stringMatching(
        /^worker w2 died while it loaded \/project\/a\.test\.js .*SIGSEGV.* run all of its tests\.$/,
      ) as string,
    },
  ]);
});

describe('workers that had to be killed', () => {
  test("come after the stock runner's warning, with paths from the root of the project", () => {
    const {notices: one, told} = notices({1: waiting('/project/x/a.test.js'), 3: null});
    one.forcedExits([
      {slot: 1, files: ['/project/x/a.test.js']},
      {slot: 3, files: ['/project/b.test.js']},
    ]);
    expect(told).toEqual([{stock: STOCK}]);
    expect((told as {stock: string}[])[0]?.stock.split('\n').slice(1)).toEqual([
      'worker w1 (pid 4711): 1 Timeout still open since x/a.test.js',
      'worker w3 (pid 4711): busy after its last file, b.test.js, so it could not report what kept it',
    ]);
  });

  test("are not told of if that was none of the tests' doing", () => {
    const {notices: one, told} = notices({1: {at: 'saving'}});
    one.forcedExits([{slot: 1, files: ['/project/a.test.js']}]);
    expect(told).toEqual([]);
  });

  test('name the addons that an exit may hang in', () => {
    const {notices: one, told} = notices({1: {at: 'exiting', addons: ['/project/node_modules/a/a.node']}});
    one.forcedExits([{slot: 1, files: ['/project/a.test.js']}]);
    expect(told).toEqual([{stock: expect.stringContaining('Native addons in it: node_modules/a/a.node.') as string}]);
  });
});

test('the conclusion is told once, as it is at its first telling', () => {
  const {notices: one, told} = notices();
  const lines = ['one', 'two'];
  one.concluded(() => lines);
  one.concluded(() => [...lines, 'three']);
  expect(told).toEqual([{warn: 'one'}, {warn: 'two'}]);
});
