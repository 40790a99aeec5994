/** A server that anybody may write to: whatever a stranger does, no run is green that should not be, and none hangs. */
import {randomBytes} from 'node:crypto';
import {Redis} from 'ioredis';
import {runMachine, untilThere, WAITING, type FleetOptions} from './fleets';
import {
  IS_THOROUGH,
  onLatestLine,
  type Files,
  type JestOutput,
  type Project,
  type RunOptions,
  untilSaid,
} from './project';
import {TestRedis} from './redis';

const PASSWORD = 'password-of-the-server';
const SECRET = 'secret-of-the-fleet-1';
const OTHER_SECRET = 'secret-of-the-fleet-2';
const DATABASES = 64;
/** So many cases run at the same time. */
const AT_ONCE = 4;

const redis = new TestRedis(['--requirepass', PASSWORD, '--databases', String(DATABASES)]);
beforeAll(async () => void (await redis.start()));
afterAll(async () => {
  strangers.forEach(stranger => stranger.disconnect());
  await redis.end();
});

const strangers: Redis[] = [];
let databases = 0;

/** A database of the server, and a stranger who may do with it what he likes. */
class Database {
  readonly number = databases++;
  readonly stranger = new Redis({port: redis.port, password: PASSWORD, db: this.number});

  constructor() {
    strangers.push(this.stranger);
  }

  get url(): string {
    return `${redis.url}/${this.number}`;
  }

  /** The one key whose name matches. */
  async key(pattern: RegExp): Promise<string> {
    return (await this.keys(pattern))[0]!;
  }

  /** Sorted. */
  async keys(pattern: RegExp): Promise<string[]> {
    const found = (await this.stranger.keys('*')).filter(key => pattern.test(key)).sort();
    if (found.length === 0) throw new Error(`no key matches ${String(pattern)}`);
    return found;
  }

  async delete(pattern: RegExp): Promise<void> {
    await this.stranger.del(await this.keys(pattern));
  }

  async forge(pattern: RegExp): Promise<void> {
    for (const key of await this.keys(pattern)) await this.stranger.set(key, randomBytes(200));
  }

  async copyTo(other: Database): Promise<void> {
    for (const key of await this.keys(/./)) await this.stranger.copy(key, key, 'DB', other.number);
  }
}

const KEYS = {
  plan: /:value:\w+\/plan\/1$/,
  result: /\/result\//,
  source: /\/source\//,
  durations: /\/durations$/,
  planning: /-planning-1:/,
  jobs: /-jobs-\w+:/,
  job: /-jobs-\w+:j\d+$/,
  waiting: /-jobs-\w+:prioritized$/,
  completed: /-jobs-\w+:completed$/,
  events: /-jobs-\w+:events$/,
  meta: /-jobs-\w+:meta$/,
};

/** What a machine is told, with the fleet's secrets. */
function runs(
  database: Database,
  project: Project,
  args: readonly string[] = [],
  {secret = SECRET, password = PASSWORD, ...options}: Partial<Secrets & RunOptions & Pick<FleetOptions, 'lease'>> = {},
): Promise<JestOutput> {
  const env = {XDIST_FLEET_SECRET: secret, XDIST_FLEET_PASSWORD: password, NOTES: project.path('notes')};
  return runMachine(database, project, args, {...options, run: 'the run', env});
}

interface Secrets {
  readonly secret: string;
  readonly password: string;
}

function expectNoSecret({stdout, stderr}: JestOutput): void {
  for (const secret of [PASSWORD, SECRET, OTHER_SECRET]) expect(stdout + stderr).not.toContain(secret);
}

/** @param said resolves when the machine has said it on standard error */
type Attack = (database: Database, said: (text: RegExp) => Promise<void>) => Promise<unknown>;

/** A case: what the stranger does, and what the machine prints. A text in an array: the run passes all the same. */
type Cases = Readonly<Record<string, readonly [attack: Attack, text: RegExp | readonly [RegExp]]>>;

/** Cases that others nearly cover. */
const ONLY_THOROUGH: readonly string[] = [
  'a result of 100 MB',
  'no results',
  'no sources',
  'a plan of another run of the same name',
  'all jobs without their data',
  'no planning',
  'a queue with a job less',
];

async function tryAll(cases: Cases, outputOf: (attack: Attack) => Promise<JestOutput>) {
  const left = Object.entries(cases).filter(([name]) => IS_THOROUGH || !ONLY_THOROUGH.includes(name));
  const wrong: unknown[] = [];
  const one = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, [attack, expected]] = next;
      const output = await outputOf(attack);
      const {exitCode, stderr, json} = output;
      expectNoSecret(output);
      const text = expected instanceof RegExp ? expected : expected[0];
      const passes = !(expected instanceof RegExp);
      const isRight = exitCode === (passes ? 0 : 1) && (json?.success ?? false) === passes && text.test(stderr);
      if (!isRight) wrong.push({name, exitCode, text, stderr});
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, one));
  expect(wrong).toEqual([]);
}

const IGNORED = /values \(\w+\) that no machine of this run can have written/;
const FORGED = (kind: string) => new RegExp(`A value on the fleet's server \\(${kind}\\) was not written by this run`);

const SUITE: Files = {
  '.git/HEAD': '',
  'source.js': 'exports.one = () => 1;',
  ...Object.fromEntries(
    [...'abcd'].map(name => [`${name}.test.js`, `test('${name}', () => expect(require('./source').one()).toBe(1));`]),
  ),
};

onLatestLine('who is told a run believes nothing but that run', async (_line, make) => {
  const [first, again] = [new Database(), new Database()];
  for (const database of [first, again]) {
    expect(await runs(database, make(SUITE), ['--coverage'])).toMatchObject({exitCode: 0, json: {numPassedTests: 4}});
  }
  /** Puts the value of the first key at the second one. */
  const move = async (from: Database, fromKey: string, to: Database, toKey: string) =>
    to.stranger.set(toKey, (await from.stranger.getBuffer(fromKey))!);
  const withEvents = async (database: Database, change: (values: string[]) => string[]) => {
    const key = await database.key(KEYS.events);
    const entries = await database.stranger.xrange(key, '-', '+');
    const completed = entries.filter(([, fields]) => fields.includes('completed'));
    const at = (fields: string[]) => fields.indexOf('returnvalue') + 1;
    const values = change(completed.map(([, fields]) => fields[at(fields)]!));
    completed.forEach(([, fields], index) => (fields[at(fields)] = values[index]!));
    await database.stranger.del(key);
    for (const [, fields] of entries) await database.stranger.xadd(key, '*', ...fields);
  };
  const cases: Cases = {
    'a plan that is forged': [database => database.forge(KEYS.plan), FORGED('plan')],
    'a plan of another run of the same name': [
      async database => move(again, await again.key(KEYS.plan), database, await database.key(KEYS.plan)),
      // The jobs of that plan are not there: the machine runs them.
      [/Tests: +4 passed/],
    ],
    'a plan of 100 MB': [
      async database => database.stranger.setrange(await database.key(KEYS.plan), 100 * 2 ** 20, 'x'),
      /\(plan\) has more than 64 MiB/,
    ],
    'no plan': [database => database.delete(KEYS.plan), /has lost the plan/],
    'results that are forged': [database => database.forge(KEYS.result), FORGED('result')],
    'a result of 100 MB': [
      async database => database.stranger.setrange(await database.key(KEYS.result), 100 * 2 ** 20, 'x'),
      /\(result\) has more than 64 MiB/,
    ],
    'results that are moved': [
      async database => {
        const [one, other] = await database.keys(KEYS.result);
        await move(database, one!, database, other!);
      },
      FORGED('result'),
    ],
    'results of the same job, replayed': [
      async database => {
        for (const key of await database.keys(KEYS.result)) {
          const job = /\/(\d+)\/[^/]+$/.exec(key)![1];
          await move(again, await again.key(new RegExp(`/result/.*/${job}/`)), database, key);
        }
      },
      FORGED('result'),
    ],
    'no results': [database => database.delete(KEYS.result), /has lost the result of job/],
    'completions that are forged': [
      database => withEvents(database, values => values.map(() => JSON.stringify(randomBytes(90).toString('base64')))),
      FORGED('accepted'),
    ],
    'completions that are moved': [
      database => withEvents(database, ([one, ...others]) => [...others, one!]),
      FORGED('accepted'),
    ],
    'a completion of a job that does not exist': [
      async database =>
        database.stranger.xadd(
          await database.key(KEYS.events),
          ...['*', 'event', 'completed', 'jobId', 'j77', 'returnvalue', '"AAAA"'],
        ),
      /job 77 on the fleet's server is not one of this run/,
    ],
    'no events': [database => database.delete(KEYS.events), /does not tell which/],
    'sources that are forged': [database => database.forge(KEYS.source), FORGED('source')],
    'no sources': [database => database.delete(KEYS.source), /has lost what coverage says of a source/],
    'durations that are forged': [database => database.forge(KEYS.durations), [IGNORED]],
  };
  await tryAll(cases, async attack => {
    const database = new Database();
    await first.copyTo(database);
    await attack(database, () => Promise.reject(new Error('no machine is there')));
    return runs(database, make(SUITE), ['--coverage']);
  });
});

onLatestLine('who runs tests hears of what a stranger does', async (_line, make) => {
  /** Keys of two jobs that no machine has taken. The machine may take the next one at any moment, so the last ones. */
  const twoWaiting = async (database: Database) => {
    const ids = await database.stranger.zrange(await database.key(KEYS.waiting), -2, -1);
    return Promise.all(ids.map(id => database.key(new RegExp(`-jobs-\\w+:${id}$`))));
  };
  const nameOf = async (database: Database, last: string) =>
    (await database.key(/\/machines$/)).replace(/machines$/, last);
  const lost = /has lost jobs of the run/;
  const cases: Cases = {
    'a job that is forged': [
      async database => {
        const [one] = await twoWaiting(database);
        await database.stranger.hset(one!, 'data', JSON.stringify(randomBytes(90).toString('base64')));
      },
      FORGED('job'),
    ],
    'a job that is moved': [
      async database => {
        const [one, other] = await twoWaiting(database);
        await database.stranger.hset(one!, 'data', (await database.stranger.hget(other!, 'data'))!);
      },
      FORGED('job'),
    ],
    'a job without its data': [
      async database => database.stranger.del((await twoWaiting(database))[0]!),
      /A job of the fleet has lost its data/,
    ],
    'all jobs without their data': [database => database.delete(KEYS.job), /lost/],
    'a queue that is paused': [
      async database => database.stranger.hset(await database.key(KEYS.meta), 'paused', '1'),
      /gives them to no machine/,
    ],
    'what is ignored': [
      async (database, said) => {
        const {stranger} = database;
        const isHeard = said(IGNORED);
        const plan = /-jobs-(\w+):/.exec(await database.key(KEYS.meta))![1]!;
        await stranger.hset(await nameOf(database, 'machines'), 'somebody', randomBytes(90));
        await stranger.set(await nameOf(database, 'hunger'), randomBytes(90));
        for (let job = 0; job < 6; job++) {
          await stranger.rpush(await nameOf(database, `stories/${plan}/${job}`), randomBytes(90));
        }
        await isHeard;
      },
      [IGNORED],
    ],
  };
  /** The files do not end, so the machine must find out by itself. */
  const deleted: Cases = {
    'a queue with a job less': [async database => database.stranger.zpopmax(await database.key(KEYS.waiting)), lost],
    'no queue': [database => database.delete(KEYS.jobs), lost],
    'no planning': [database => database.delete(KEYS.planning), lost],
    'nothing is left': [database => database.stranger.flushdb(), lost],
    'a completion that is forged': [
      async database => {
        const [one] = await twoWaiting(database);
        const id = one!.slice(one!.lastIndexOf(':') + 1);
        const fields = ['event', 'completed', 'jobId', id, 'returnvalue', '"AAAA"'];
        await database.stranger.xadd(await database.key(KEYS.events), '*', ...fields);
      },
      FORGED('accepted'),
    ],
    'a record of 100 MB': [
      async database => database.stranger.hset(await nameOf(database, 'machines'), 'a', Buffer.alloc(100 * 2 ** 20)),
      /\(machines\) has more than 64 MiB/,
    ],
  };
  const runsWith = (goes: boolean) => (attack: Attack) => {
    const [database, project] = [new Database(), make(WAITING)];
    return runs(database, project, ['-w', '1'], {
      lease: '2s', // a machine waits some leases for jobs that nobody gets
      meanwhile: async jest => {
        await untilThere(project, 'notes');
        await attack(database, text => untilSaid(jest, text));
        if (goes) project.write('go', '');
      },
    });
  };
  await tryAll(deleted, runsWith(false));
  await tryAll(cases, runsWith(true));
});

onLatestLine('a machine with another secret or password takes no part, and the others go on', async (_line, make) => {
  const [database, project] = [new Database(), make(WAITING)];
  const refused = await runs(database, make(WAITING), [], {password: 'another'});
  expect(refused).toMatchObject({exitCode: 1, json: null});
  expect(refused.stderr).toMatch(/refuses the user's name or the password. Set XDIST_FLEET_PASSWORD/);
  let other: JestOutput | undefined;
  const output = await runs(database, project, [], {
    meanwhile: async () => {
      await untilThere(project, 'notes');
      other = await runs(database, make(WAITING), [], {secret: OTHER_SECRET});
      project.write('go', '');
    },
  });
  expect(other).toMatchObject({exitCode: 1, json: null});
  expect(other!.stderr).toMatch(/same secret/);
  expect(output).toMatchObject({exitCode: 0, json: {numPassedTests: 6}});
  for (const one of [refused, other!, output]) expectNoSecret(one);
});

onLatestLine('another project with a run of the same name does not meet it', async (_line, make) => {
  const database = new Database();
  const named = (name: string): Files => ({
    ...SUITE,
    'package.json': JSON.stringify({name, version: '1.0.0'}),
    [`${name}.test.js`]: `test('${name}', () => {});`,
  });
  for (const name of ['one', 'other']) {
    const output = await runs(database, make(named(name)));
    expect(output).toMatchObject({exitCode: 0, json: {numPassedTests: 5}});
    expect(JSON.stringify(output.json)).toContain(`${name}.test.js`);
  }
});
