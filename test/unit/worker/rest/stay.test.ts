import type {FromKeptWorker, FromWorker, WorkerSetup} from '../../../../src/core/wire/workerMessages';
import type {OpenResources} from '../../../../src/worker/guard/openResources';
import type {BetweenRuns} from '../../../../src/worker/rest/betweenRuns';
import {Stay, type NextRun, type StayingWorker} from '../../../../src/worker/rest/stay';

const SETUP = {runId: 'r2'} as WorkerSetup;
const RUN: NextRun = {type: 'run', setup: SETUP, environment: {A: '1'}};

interface Findings {
  readonly objection?: string;
  readonly remains?: string;
  readonly changed?: string;
}

/** A worker at the end of its run, in which this is found, and what it does, in order. */
function worker({objection, remains, changed}: Findings = {}) {
  const did: unknown[] = [];
  const left = new Error('the process has ended');
  const staying: StayingWorker = {
    between: {
      objection: () => Promise.resolve(objection ?? null),
      tidy: () => {
        did.push('tidies');
        return Promise.resolve(remains ?? null);
      },
      begin: (environment: object) => {
        did.push({begins: environment});
        return changed ?? null;
      },
    } as unknown as BetweenRuns,
    line: {
      send: (message: FromWorker | FromKeptWorker) => {
        did.push(message.type === 'leaving' ? {leaving: message.reason} : message.type);
        return Promise.resolve();
      },
    },
    resources: {} as OpenResources,
    filesEnd: () => did.push('saves'),
    leave: () => {
      did.push('is gone');
      throw left;
    },
  };
  return {staying, did, left};
}

function allowed(): Stay {
  const stay = new Stay();
  stay.allow();
  return stay;
}

test('a worker that may not stay says nothing', async () => {
  const {staying, did} = worker();
  expect([await new Stay().untilNextRun(staying), did]).toEqual([null, []]);
});

test('a worker rests, tidies while nobody waits, and serves the next run', async () => {
  const {staying, did} = worker();
  const stay = allowed();
  const next = stay.untilNextRun(staying);
  await new Promise(resolve => setImmediate(resolve));
  expect(did).toEqual(['resting', 'saves', 'tidies']);
  stay.next(RUN);
  expect([await next, did.at(-1)]).toEqual([SETUP, {begins: {A: '1'}}]);
});

test('each stay is allowed anew, and has an order of its own', async () => {
  const {staying, did} = worker();
  const stay = allowed();
  stay.next(RUN);
  expect(await stay.untilNextRun(staying)).toBe(SETUP);
  did.length = 0;
  expect([await stay.untilNextRun(staying), did]).toEqual([null, []]);
  stay.allow();
  const next = stay.untilNextRun(staying);
  stay.next(null);
  expect(await next).toBe(null);
});

test('an order that comes early is not lost', async () => {
  const {staying, did} = worker();
  const stay = new Stay();
  stay.next(null);
  stay.allow();
  expect([await stay.untilNextRun(staying), did]).toEqual([null, ['resting', 'saves', 'tidies']]);
});

describe('a worker that is not as a fresh one says why, and ends', () => {
  test('with its run', async () => {
    const {staying, did} = worker({objection: 'something is still open'});
    expect([await allowed().untilNextRun(staying), did]).toEqual([null, [{leaving: 'something is still open'}]]);
  });

  test('at once, if its run is over and something of it remains', async () => {
    const {staying, did, left} = worker({remains: 'its heap has grown'});
    await expect(allowed().untilNextRun(staying)).rejects.toBe(left);
    expect(did.slice(3)).toEqual([{leaving: 'its heap has grown'}, 'is gone']);
  });

  test('before the next run', async () => {
    const {staying, did} = worker({changed: '/lib.js has changed'});
    const stay = allowed();
    stay.next(RUN);
    expect(await stay.untilNextRun(staying)).toBe(null);
    expect(did.at(-1)).toEqual({leaving: '/lib.js has changed'});
  });
});
