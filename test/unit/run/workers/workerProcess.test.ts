import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import {setImmediate as turn} from 'node:timers/promises';
import type {Death} from '../../../../src/core/texts/deaths';
import type {WorkerSetup} from '../../../../src/core/wire/workerMessages';
import type {SharedOutput} from '../../../../src/run/workers/workerOutput';
import {WorkerProcess, type ServeEnd, type WorkerProcessOptions} from '../../../../src/run/workers/workerProcess';
import type {WorkerStart} from '../../../../src/run/workers/workerStart';
import {temporaryFolder} from '../temporaryFolder';

const START: WorkerStart = {
  workerPath: '/main.js',
  execPath: '/node',
  execArgv: ['--flag'],
  environment: {A: '1'},
  gracefulExitTimeout: 300,
};

/** What jest-worker says of an exit with a code. */
const RETRIES = new Error('Call retries were exceeded: 1 child process exceptions, exceeding retry limit');

/** A process in a farm that forks nothing. */
function started(start: WorkerStart = START) {
  const folder = temporaryFolder();
  const setup = {
    exitRecordPath: join(folder, 'exit'),
    journalPath: join(folder, 'journal'),
    departurePath: join(folder, 'departure'),
  } as WorkerSetup;
  const stderr = new PassThrough();
  const farms: unknown[][] = [];
  const ends: ServeEnd[] = [];
  let endCall!: {resolve: () => void; reject: (error: unknown) => void};
  let endFarm!: (end: {forceExited: boolean}) => void;
  class Worker {
    constructor(...given: unknown[]) {
      farms.push(given);
    }
    readonly getStdout = () => null;
    readonly getStderr = () => stderr;
    readonly serve = () => new Promise<void>((resolve, reject) => (endCall = {resolve, reject}));
    readonly end = () => new Promise<{forceExited: boolean}>(resolve => (endFarm = resolve));
  }
  const output = {add: () => undefined} as unknown as SharedOutput;
  const process = new WorkerProcess({
    start,
    setup,
    jestWorker: {Worker} as unknown as WorkerProcessOptions['jestWorker'],
    threads: false,
    stdout: output,
    stderr: output,
    passesOutputOn: true,
    onMessage: () => undefined,
    onServed: end => ends.push(end),
  });
  return {
    process,
    setup,
    stderr,
    farms,
    ends,
    returns: () => endCall.resolve(),
    fails: (error: unknown) => endCall.reject(error),
    endFarm: (forceExited: boolean) => endFarm({forceExited}),
  };
}

const failed = (message: string): ServeEnd => ({type: 'failed', error: new Error(message)});

test('a farm has one process, which is tried once, with the whole environment', () => {
  const [given] = started().farms;
  expect(given).toMatchObject([
    '/main.js',
    {
      numWorkers: 1,
      maxRetries: 0,
      workerGracefulExitTimeout: 300,
      forkOptions: {env: {A: '1'}, execPath: '/node', execArgv: ['--flag'], serialization: 'json'},
    },
  ]);
});

test("without flags or a grace of its own, a process has jest-worker's", () => {
  const [given] = started({...START, execArgv: null, gracefulExitTimeout: undefined}).farms;
  const [, options] = given as [string, {forkOptions: object}];
  expect(options).not.toHaveProperty('workerGracefulExitTimeout');
  expect(options.forkOptions).not.toHaveProperty('execArgv');
});

test('the end of the call is told with its error', async () => {
  const [dead, done] = [started(), started()];
  dead.fails(RETRIES);
  done.returns();
  await turn();
  expect([dead.ends, done.ends]).toEqual([[{type: 'failed', error: RETRIES}], [{type: 'returned'}]]);
});

describe('a process has died', () => {
  test.each<[string, ServeEnd, Death]>([
    ['of a signal', failed('terminated by signal=SIGSEGV'), {kind: 'signal', signal: 'SIGSEGV'}],
    ['out of memory', failed('Jest worker ran out of memory and crashed'), {kind: 'out-of-memory'}],
    [
      'before it was ready',
      {type: 'failed', error: RETRIES},
      {kind: 'broken', message: 'it ended before it was ready'},
    ],
    ['of something else', failed('spawn EAGAIN'), {kind: 'broken', message: 'it could not go on: spawn EAGAIN'}],
    [
      'of nothing, but stopped working',
      {type: 'returned'},
      {kind: 'broken', message: 'it stopped taking work without having been told to'},
    ],
  ])('%s', (_how, end, death) => {
    expect(started().process.deathBy(end, false)).toEqual(death);
  });

  test('with the exit code that its record has, which is less than a signal', () => {
    const {process, setup} = started();
    writeFileSync(setup.exitRecordPath, JSON.stringify({code: 3, uncaught: 'Error: oh'}));
    expect(process.deathBy({type: 'failed', error: RETRIES}, true)).toEqual({
      kind: 'exit',
      code: 3,
      uncaught: 'Error: oh',
    });
    expect(process.deathBy(failed('signal=SIGKILL'), true)).toEqual({kind: 'signal', signal: 'SIGKILL'});
  });

  test('with a code that it could not leave: it had been ready', () => {
    const {process, setup} = started();
    expect(process.deathBy({type: 'failed', error: RETRIES}, true)).toEqual({
      kind: 'broken',
      message: `it ended with an exit code that is not known: it could not write ${setup.exitRecordPath}`,
    });
  });
});

describe('the evidence of a death', () => {
  async function evidence(death: Death, stderr: string) {
    const one = started();
    one.stderr.end(stderr);
    return one.process.evidence(death);
  }
  const heap = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';

  test('of an unclear one shows that it was out of memory', async () => {
    expect(await evidence({kind: 'signal', signal: 'SIGABRT'}, heap)).toEqual({
      death: {kind: 'out-of-memory'},
      stderr: heap,
    });
    expect((await evidence({kind: 'broken', message: 'oh'}, heap)).death).toEqual({kind: 'out-of-memory'});
  });

  test('does not speak against a clear one', async () => {
    const killed: Death = {kind: 'signal', signal: 'SIGKILL'};
    expect(await evidence(killed, heap)).toEqual({death: killed, stderr: heap});
  });
});

describe('a closed process', () => {
  test('that was killed has said how far it had come', async () => {
    const {process, setup, endFarm} = started();
    const departure = {at: 'exiting', addons: []};
    writeFileSync(setup.departurePath, JSON.stringify(departure));
    const closed = process.close(0, true);
    endFarm(true);
    expect(await closed).toEqual({forceExited: true, departure});
  });

  test('that has ended by itself need say nothing', async () => {
    const {process, setup, endFarm, returns} = started();
    writeFileSync(setup.departurePath, JSON.stringify({at: 'exiting', addons: []}));
    const closed = process.close(60_000, false);
    returns();
    await turn();
    endFarm(false);
    expect(await closed).toEqual({forceExited: false, departure: null});
  });
});
