import {once} from 'node:events';
import {createServer, type Server} from 'node:net';
import {join} from 'node:path';
import type {JestChannel} from '../../../src/worker/guard/jestChannel';
import {missingCapabilities} from '../../../src/worker/jestProbes';
import {ParentLine} from '../../../src/worker/parentLine';
import {temporaryFolder} from '../run/temporaryFolder';

const HELLO = {token: 't', slot: 1, generation: 1, pid: 1};

let server: Server;
afterEach(() => server.close());

/** A line with this jest-worker, and what leaves by the channel, with what tells that it has left. */
async function lineWith(jestWorker: string) {
  const folder = temporaryFolder({'jest-worker.js': jestWorker});
  const socketPath = join(folder, 's');
  server = createServer(socket => socket.resume()).listen(socketPath);
  await once(server, 'listening');
  const left: {message: unknown; hasLeft: () => void}[] = [];
  const channel = {
    send: (message: unknown) => new Promise<void>(resolve => left.push({message, hasLeft: resolve})),
  } as unknown as JestChannel;
  const path = join(folder, 'jest-worker.js');
  return {line: await ParentLine.connect(socketPath, HELLO, path, channel, () => undefined), left, path};
}

test('a message is sent when it has left the process', async () => {
  const {line, left} = await lineWith('exports.messageParent = (message, by) => by.send([2, message]);');
  let sent = false;
  const sending = line.send({type: 'ready'}).then(() => (sent = true));
  await new Promise(setImmediate);
  expect(left).toMatchObject([{message: [2, {type: 'ready'}]}]);
  expect(sent).toBe(false);
  left[0]?.hasLeft();
  await sending;
  expect(missingCapabilities()).toEqual([]);
  line.close();
});

test('with a messageParent that sends by itself, a message is sent when that has returned', async () => {
  const {line, left, path} = await lineWith(
    'exports.sent = []; exports.messageParent = message => exports.sent.push(message);',
  );
  await line.send({type: 'ready'});
  expect([left, (require(path) as {sent: unknown[]}).sent]).toEqual([[], [{type: 'ready'}]]);
  expect(missingCapabilities()).toEqual(['sentMessages']);
  line.close();
});
