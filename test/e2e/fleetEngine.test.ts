/** The engine on a real server: its contract, and what only a server can do: be away, lose its data, refuse. */
import {execFile, execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer, type AddressInfo, type Server, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {promisify} from 'node:util';
import {Redis} from 'ioredis';
import {connectWith} from '../../src/fleet/engine/connect';
import {EngineError, type Connect, type Engine, type EngineOptions} from '../../src/fleet/engine/engine';
import {loadPackages} from '../../src/fleet/engine/packages';
import {testEngine} from '../unit/fleet/engineContract';
import {TestRedis} from './redis';

const OPTIONS = {
  password: null,
  ca: null,
  prefix: 'xdist:test',
  leaseMs: 600_000,
  keepMs: 600_000,
  awayMs: 60_000,
} as const;

/** The engine as users get it. */
const BUILT = join(__dirname, '..', '..', 'dist', 'fleet', 'engine');

const bytes = (text: string) => Buffer.from(text);

/** The majors of the client that projects may have. */
describe.each([
  ['5', 'ioredis'],
  ['6', 'ioredis-6'],
])('with ioredis %s', (_, client) => {
  const connect: Connect = options =>
    connectWith(options, () => loadPackages(name => require(name === 'ioredis' ? client : name)));

  describe('a server that stays', () => {
    let redis: TestRedis;
    beforeAll(async () => {
      redis = await new TestRedis().start();
    });
    afterAll(() => redis.end());

    testEngine('BullMQ', () => ({
      connect: (prefix, leaseMs) => connect({...OPTIONS, url: redis.url, prefix, leaseMs}),
      pass: ms => sleep(ms),
    }));

    test('whatever a run writes ends by itself', async () => {
      const prefix = 'xdist:ends';
      const machine = await connect({...OPTIONS, url: redis.url, prefix});
      const queue = machine.queue('jobs-1');
      await queue.add(['1', '2', '3'].map(id => ({id, data: bytes(id), priority: 1})));
      await queue.complete((await queue.take())!, bytes('done'));
      await queue.take();
      await machine.values.put('single', bytes('a'));
      await machine.values.append('list', bytes('a'));
      await machine.values.putField('record', 'a', bytes('a'));
      await machine.close();
      const lives = await livesOf(redis, prefix);
      expect(lives.size).toBeGreaterThan(10);
      expect([...lives].filter(([, ms]) => ms <= 0 || ms > OPTIONS.keepMs)).toEqual([]);
    });

    test('a stranger who writes to the events changes nothing', async () => {
      const machine = await connect({...OPTIONS, url: redis.url, prefix: 'xdist:strange'});
      const queue = machine.queue('jobs-1');
      const value = new Promise<string>(resolve =>
        queue.follow({completed: (id, told) => resolve(`${id}: ${told.toString()}`), available: () => undefined}),
      );
      const events = 'xdist:strange:queue:jobs-1:events';
      for (const fields of [
        ['event', 'completed', 'jobId', 'j7', 'returnvalue', '{"not'],
        ['event', 'completed', 'jobId', 'j7', 'returnvalue', '{"a":1}'],
        ['event', 'completed', 'jobId', '7', 'returnvalue', '"AAAA"'],
        ['event', 'completed', 'jobId', 'j%', 'returnvalue', '"AAAA"'],
        ['event', 'completed'],
        ['__proto__', 'completed'],
      ]) {
        await command(redis, ['XADD', events, '*', ...fields]);
      }
      await queue.add([{id: '7', data: bytes('a'), priority: 1}]);
      await queue.complete((await queue.take())!, bytes('true'));
      expect(await value).toBe('7: true');
      await machine.close();
    });

    test('a queue whose events are gone ends the connection, with a reason', async () => {
      const machine = await connect({...OPTIONS, url: redis.url, prefix: 'xdist:broken'});
      const queue = machine.queue('jobs-1');
      await command(redis, ['SET', 'xdist:broken:queue:jobs-1:events', 'no stream']);
      queue.follow({completed: () => undefined, available: () => undefined});
      expect((await machine.lost).message).toMatch(/events of a queue cannot be read \(WRONGTYPE/);
      await expect(queue.take()).rejects.toThrow(EngineError);
      await machine.close();
    });

    test('a job without its data is an error', async () => {
      const machine = await connect({...OPTIONS, url: redis.url, prefix: 'xdist:robbed'});
      const queue = machine.queue('jobs-1');
      await queue.add([{id: '7', data: bytes('a'), priority: 1}]);
      await command(redis, ['DEL', 'xdist:robbed:queue:jobs-1:j7']);
      await expect(queue.take()).rejects.toThrow('A job of the fleet has lost its data');
      await machine.close();
    });

    test.each(['after closing', 'when it never connects'])('nothing keeps the process: %s', async when => {
      const url = when === 'after closing' ? redis.url : 'redis://127.0.0.1:1';
      const script = `
      const {connectWith} = require(${JSON.stringify(join(BUILT, 'connect'))});
      const {loadPackages} = require(${JSON.stringify(join(BUILT, 'packages'))});
      const clients = {ioredis: require(${JSON.stringify(require.resolve(client))})};
      const load = () => loadPackages(name => clients[name] ?? require(${JSON.stringify(require.resolve('bullmq'))}));
      connectWith(${JSON.stringify({...OPTIONS, url})}, load).then(async machine => {
        const queue = machine.queue('jobs');
        queue.follow({completed() {}, available() {}});
        await queue.add([{id: '7', data: Buffer.from('a'), priority: 1}]);
        await queue.take();
        await machine.close();
        console.log('closed');
      }, error => console.log(error.name));`;
      const {stdout} = await promisify(execFile)(process.execPath, ['-e', script]);
      expect(stdout.trim()).toBe(when === 'after closing' ? 'closed' : 'EngineError');
    });
  });

  describe('a server that goes', () => {
    let redis: TestRedis;
    let machine: Engine;
    const joined = async (options: Partial<EngineOptions> = {}) => {
      machine = await connect({...OPTIONS, url: redis.url, ...options});
      return machine;
    };
    beforeEach(async () => {
      redis = await new TestRedis(['--appendfsync', 'always']).start();
    });
    afterEach(async () => {
      await machine.close();
      await redis.end();
    });

    test('may come back with its data: calls wait, and the order of completions goes on', async () => {
      const queue = (await joined()).queue('jobs-1');
      const order: string[] = [];
      let heard = () => {};
      queue.follow({completed: id => (order.push(id), heard()), available: () => undefined});
      const isBack = new Promise<void>(resolve => machine.onReconnect(resolve));
      await queue.add(['1', '2', '3'].map(id => ({id, data: bytes(id), priority: Number(id)})));
      const [first, second] = [(await queue.take())!, (await queue.take())!];
      await queue.complete(first, bytes('done'));
      await redis.stop();
      const calls = Promise.all([
        queue.complete(second, bytes('done')),
        machine.values.put('a', bytes('b')),
        queue.take(),
      ]);
      const later = machine.queue('jobs-2').add([{id: '1', data: bytes('1'), priority: 1}]);
      await redis.start();
      await isBack;
      expect(await calls).toMatchObject([true, true, {id: '3'}]);
      await later;
      expect(await machine.queue('jobs-2').take()).toMatchObject({id: '1'});
      while (order.length < 2) await new Promise<void>(resolve => (heard = resolve));
      expect(order).toEqual(['1', '2']);
    });

    test('and stays away: all calls reject, and the reason is told', async () => {
      const queue = (await joined({awayMs: 1_500})).queue('jobs-1');
      queue.follow({completed: () => undefined, available: () => undefined});
      await queue.add([{id: '7', data: bytes('a'), priority: 1}]);
      await redis.stop();
      const take = queue.take();
      const put = machine.values.put('a', bytes('b'));
      await expect(take).rejects.toThrow(EngineError);
      await expect(put).rejects.toThrow(EngineError);
      expect((await machine.lost).message).toBe(`The fleet's server ${redis.url} has been away for 2 s.`);
      await expect(machine.now()).rejects.toThrow(EngineError);
    });

    test('may come back without its data, which shows', async () => {
      const queue = (await joined()).queue('jobs-1');
      await machine.values.put('plan', bytes('a'));
      await queue.add([{id: '7', data: bytes('a'), priority: 1}]);
      const taken = (await queue.take())!;
      const isBack = new Promise<void>(resolve => machine.onReconnect(resolve));
      await redis.loseData();
      await redis.start();
      await isBack;
      expect(await machine.values.get(['plan'])).toEqual([null]);
      expect(await queue.stateOf('7')).toBe('missing');
      expect(await queue.renew([taken])).toEqual([taken]);
      expect(await queue.complete(taken, bytes('done'))).toBe(false);
    });

    test('or is silent: it is away', async () => {
      await joined({awayMs: 1_500});
      process.kill(redis.pid, 'SIGSTOP');
      const call = machine.values.get(['a']);
      await expect(call).rejects.toThrow(EngineError);
      process.kill(redis.pid, 'SIGCONT');
    });
  });

  describe('a server that cannot be used', () => {
    const servers: (TestRedis | Server)[] = [];
    const sockets: Socket[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'xdist-tls-'));
    afterAll(async () => {
      sockets.forEach(socket => socket.destroy());
      for (const server of servers) await (server instanceof TestRedis ? server.end() : closed(server));
      rmSync(folder, {recursive: true, force: true});
    });
    const redisWith = async (...args: string[]) => {
      const redis = await new TestRedis(args).start();
      servers.push(redis);
      return redis;
    };
    const failure = async (options: Partial<EngineOptions> & {url: string}): Promise<string> => {
      const error: unknown = await connect({...OPTIONS, ...options}).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(EngineError);
      return (error as EngineError).message;
    };

    test('because nobody answers', async () => {
      expect(await failure({url: 'redis://user:secret@127.0.0.1:1/0'})).toBe(
        "The fleet's server redis://127.0.0.1:1 does not answer (connect ECONNREFUSED 127.0.0.1:1).",
      );
      expect(await failure({url: 'redis://no.such.host.invalid'})).toMatch(
        /^The fleet's server redis:\/\/no\.such\.host\.invalid does not answer \(getaddrinfo E/,
      );
    });

    test('because of the password', async () => {
      const {url, port} = await redisWith('--requirepass', 'right-password');
      const refused = `The fleet's server ${url} refuses the user's name or the password. Set XDIST_FLEET_PASSWORD, and the user in the URL.`;
      expect(await failure({url})).toBe(refused);
      expect(await failure({url, password: 'wrong-password'})).toBe(refused);
      expect(await failure({url: `redis://somebody:right-password@127.0.0.1:${port}`})).toBe(refused);
      const machine = await connect({...OPTIONS, url, password: 'right-password'});
      expect(await machine.values.put('a', bytes('b'))).toBe(true);
      await machine.close();
      const byUrl = await connect({...OPTIONS, url: `redis://default:right-password@127.0.0.1:${port}/3`});
      expect(await byUrl.values.get(['a'])).toEqual([null]);
      await byUrl.close();
    });

    test('because it deletes keys when its memory is full', async () => {
      const {url} = await redisWith('--maxmemory-policy', 'allkeys-lru');
      expect(await failure({url})).toContain("Set the server's maxmemory-policy to noeviction.");
    });

    test.each([
      [
        'speaks another protocol',
        'HTTP/1.1 400 Bad Request\r\n\r\n',
        'is no Redis or Valkey: it speaks another protocol.',
      ],
      [
        'says nothing',
        null,
        'gives no answer in 8 s. Is the port right? Does it want TLS (rediss://), or none (redis://)?',
      ],
      ['hangs up', '', 'ended the connection. Does it want TLS (rediss://), or is it no Redis?'],
    ])('because it %s', async (_, answer, text) => {
      const server = createServer(socket => {
        sockets.push(socket.on('error', () => undefined).resume());
        if (answer !== null) socket.end(answer);
      });
      servers.push(server);
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const {port} = server.address() as AddressInfo;
      expect(await failure({url: `redis://127.0.0.1:${port}`})).toBe(
        `The fleet's server redis://127.0.0.1:${port} ${text}`,
      );
    });

    test('because of TLS', async () => {
      certificate(folder);
      const file = (name: string) => join(folder, name);
      const {port: tlsPort} = await freeTls(file);
      const url = `rediss://127.0.0.1:${tlsPort}`;
      expect(await failure({url})).toMatch(/has a certificate that is not trusted \(.+\)\. Set XDIST_FLEET_CA/);
      expect(await failure({url: `redis://127.0.0.1:${tlsPort}`})).toMatch(/Does it want TLS|another protocol/);
      const machine = await connect({...OPTIONS, url, ca: readFileSync(file('cert.pem'), 'utf8')});
      expect(await machine.values.put('a', bytes('b'))).toBe(true);
      await machine.close();
    });

    /** A server that speaks TLS on a port beside its own. */
    async function freeTls(file: (name: string) => string): Promise<{port: number}> {
      const probe = createServer();
      await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve));
      const {port} = probe.address() as AddressInfo;
      await closed(probe);
      const certificates = ['--tls-cert-file', file('cert.pem'), '--tls-key-file', file('key.pem')];
      await redisWith('--tls-port', String(port), ...certificates, '--tls-auth-clients', 'no');
      return {port};
    }
  });
});

const closed = (server: Server) => new Promise(resolve => server.close(resolve));

function certificate(folder: string): void {
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...kind, ...files, ...names], {stdio: 'ignore'});
}

/** Sends a command as a stranger would. */
async function command(redis: TestRedis, args: readonly string[]): Promise<unknown> {
  const client = new Redis(redis.url);
  try {
    return await client.call(args[0]!, ...args.slice(1));
  } finally {
    client.disconnect();
  }
}

/** How long (ms) each key stays, by name. */
async function livesOf(redis: TestRedis, prefix: string): Promise<ReadonlyMap<string, number>> {
  const keys = (await command(redis, ['KEYS', `${prefix}:*`])) as string[];
  const lives = keys.map(async key => [key, (await command(redis, ['PTTL', key])) as number] as const);
  return new Map(await Promise.all(lives));
}
