import {createConnection, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {WorkerServer} from '../../../../src/run/workers/workerServer';

const open: {close(): void}[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** A server, what it tells, and who connects to it. */
async function listening() {
  const told: unknown[] = [];
  let wake = () => {};
  const tell = (...what: unknown[]) => {
    told.push(what);
    wake();
  };
  const server = await WorkerServer.listen(
    {
      onWorker: ({slot}) => tell('worker', slot),
      onWatchdog: ({slot}, {type}) => tell('watchdog', slot, type),
      onWatchdogGone: ({slot}) => tell('watchdog gone', slot),
      onBroken: ({slot}, {message}) => tell('broken', slot, message),
    },
    tmpdir(),
  );
  open.push(server);
  const connect = () => {
    const socket = createConnection(server.filesFor(1, 1).socketPath);
    socket.on('error', () => undefined);
    open.push({close: () => socket.destroy()});
    return socket.resume();
  };
  const heard = async (count: number) => {
    while (told.length < count) await new Promise<void>(resolve => (wake = resolve));
    return told;
  };
  return {server, connect, told, heard};
}

const say = (socket: Socket, ...messages: object[]) =>
  socket.write(messages.map(message => `${JSON.stringify(message)}\n`).join(''));

const closing = (socket: Socket) => new Promise(resolve => socket.once('close', resolve));

const SLOW = {type: 'slow', name: 'a test', ms: 1};

test('a worker and its watchdog that know the token are heard', async () => {
  const {server, connect, heard} = await listening();
  const {token} = server;
  say(connect(), {token, slot: 2, generation: 1, pid: 1});
  await heard(1);
  const watchdog = connect();
  say(watchdog, {watchdog: true, token, slot: 2, generation: 1, pid: 1}, SLOW);
  await heard(2);
  watchdog.destroy();
  expect(await heard(3)).toEqual([
    ['worker', 2],
    ['watchdog', 2, 'slow'],
    ['watchdog gone', 2],
  ]);
});

test.each<[string, (token: string) => object]>([
  ['has none', () => ({})],
  ['has that of another run', token => ({token: token.replace(/./g, digit => (digit === '0' ? '1' : '0'))})],
  ['has the begin of it', token => ({token: token.slice(0, -1)})],
  ['has what is no text', token => ({token: [token]})],
])('whoever %s for a token is dropped, as worker and as watchdog', async (_what, tokenOf) => {
  const {server, connect, told} = await listening();
  for (const kind of [{}, {watchdog: true}]) {
    const socket = connect();
    say(socket, {...kind, ...tokenOf(server.token), slot: 1, generation: 1, pid: 1}, SLOW);
    await closing(socket);
  }
  expect(told).toEqual([]);
});

test('each server has a token of its own', async () => {
  const [one, other] = [await listening(), await listening()];
  expect(one.server.token).not.toBe(other.server.token);
});

test('whoever does not end the first line is dropped before it fills the memory', async () => {
  const {connect, told} = await listening();
  const socket = connect();
  const gone = closing(socket);
  const flood = () => {
    while (!socket.destroyed && socket.write('x'.repeat(2 ** 16)));
  };
  socket.on('drain', flood);
  flood();
  await gone;
  expect(told).toEqual([]);
});

test('a process of the run that says what is no message is told of, and dropped', async () => {
  const {server, connect, heard} = await listening();
  const watchdog = connect();
  say(watchdog, {watchdog: true, token: server.token, slot: 3, generation: 1, pid: 1}, SLOW, {type: 'dead'}, SLOW);
  await closing(watchdog);
  expect(await heard(3)).toEqual([
    ['watchdog', 3, 'slow'],
    ['broken', 3, 'jest-runner-xdist: expected a message from a watchdog, got {"type":"dead"}'],
    ['watchdog gone', 3],
  ]);
});
