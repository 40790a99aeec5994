import {EngineError} from '../../../src/fleet/engine/engine';
import {testEngine} from './engineContract';
import {MemoryServer, TestClock} from './memoryEngine';

const clock = new TestClock();
const server = new MemoryServer(clock);
const options = {prefix: 'xdist:away', leaseMs: 1_000, awayMs: 60_000};

testEngine('the engine in memory', () => ({
  connect: (prefix, leaseMs) => server.connect({...options, prefix, leaseMs}),
  pass: ms => {
    clock.advance(ms);
    return Promise.resolve();
  },
}));

test('while the server is away, calls wait', async () => {
  const machine = await server.connect(options);
  const heard: string[] = [];
  machine.onReconnect(() => heard.push('back'));
  server.leave();
  const put = machine.values.put('plan', Buffer.from('a')).then(() => heard.push('put'));
  clock.advance(59_000);
  server.comeBack();
  await put;
  clock.advance(59_000);
  expect(heard).toEqual(['back', 'put']);
  expect(await machine.values.get(['plan'])).toEqual([Buffer.from('a')]);
});

test('if the server stays away, calls reject', async () => {
  const machine = await server.connect(options);
  server.leave();
  const get = machine.values.get(['plan']);
  clock.advance(60_000);
  await expect(get).rejects.toThrow(EngineError);
  expect(await machine.lost).toBeInstanceOf(EngineError);
  server.comeBack();
  await expect(machine.now()).rejects.toThrow(EngineError);
});

test('a server may come back without its data', async () => {
  const machine = await server.connect(options);
  await machine.queue('jobs').add([{id: '7', data: Buffer.from('a'), priority: 1}]);
  server.leave();
  server.comeBack(true);
  expect(await machine.queue('jobs').stateOf('7')).toBe('missing');
  expect(await machine.values.get(['plan'])).toEqual([null]);
});
