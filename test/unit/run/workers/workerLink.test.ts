import {EventEmitter} from 'node:events';
import type {Socket} from 'node:net';
import type {ToWorker, UnitOrder} from '../../../../src/core/wire/workerMessages';
import {WorkerLink} from '../../../../src/run/workers/workerLink';

const PID = 4711;
const HARD_TIMEOUT_MS = 30_000;
const GIVE: ToWorker = {type: 'give', units: [{id: 8}] as unknown as UnitOrder[]};

/** A link, and the socket of a worker that has yet to connect. */
function link() {
  const heard: unknown[] = [];
  const written: unknown[] = [];
  const references: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    write: (line: string) => written.push(JSON.parse(line)),
    destroy: () => heard.push('destroyed'),
    ref: () => references.push('ref'),
    unref: () => references.push('unref'),
  });
  const made = new WorkerLink(
    {
      isDebugged: () => false,
      onIgnored: ms => heard.push({ignored: ms}),
      onDisconnected: () => heard.push('disconnected'),
    },
    HARD_TIMEOUT_MS,
  );
  return {
    link: made,
    socket,
    connect: () => made.connect(socket as unknown as Socket, PID),
    heard,
    written,
    references,
  };
}

beforeEach(() => jest.useFakeTimers({doNotFake: ['setImmediate']}));
afterEach(() => jest.useRealTimers());

test('orders wait until the worker has connected, and keep their order', () => {
  const {link: one, connect, written} = link();
  one.send(GIVE);
  one.send({type: 'discard', unit: 1});
  expect([written, one.pid]).toEqual([[], null]);
  connect();
  one.send({type: 'close'});
  expect([written, one.pid]).toEqual([[GIVE, {type: 'discard', unit: 1}, {type: 'close'}], PID]);
});

test('a socket that opens late keeps nobody alive, if the worker is not to', () => {
  const {link: one, connect, references} = link();
  one.setReferenced(false);
  connect();
  one.setReferenced(true);
  expect(references).toEqual(['unref', 'ref']);
});

test('a connection that breaks is reported when jest-worker has had 2 s to report a death', () => {
  const {socket, connect, heard} = link();
  connect();
  socket.emit('close');
  jest.advanceTimersByTime(1999);
  expect(heard).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(heard).toEqual(['disconnected']);
});

describe('a unit that was given', () => {
  /** What the link says of it after some minutes. */
  async function minutesLater(act: (one: WorkerLink) => void): Promise<unknown[]> {
    const {link: one, connect, heard} = link();
    connect();
    one.send(GIVE);
    act(one);
    jest.advanceTimersByTime(300_000);
    for (let turns = 0; turns < 2; turns++) await new Promise(resolve => setImmediate(resolve));
    return heard;
  }

  test('is ignored if the worker never says a word of it', async () => {
    expect(await minutesLater(() => undefined)).toEqual([{ignored: 80_000}]);
  });

  test.each<[string, (one: WorkerLink) => void]>([
    ['has begun', one => one.read({type: 'unit-started', unit: 8})],
    ['was handed back', one => one.read({type: 'units-returned', asked: [8], units: [8]})],
    ['is of a run that has ended', one => one.expectNothing()],
  ])('is not ignored if it %s', async (_how, act) => {
    expect(await minutesLater(act)).toEqual([]);
  });
});

test('what is no message is not read', () => {
  expect(() => link().link.read({type: 'of another version'})).toThrow();
});
