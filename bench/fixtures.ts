/**
 * Measures what a shared fixture saves. Runs examples/shared-fixtures as it is, and with a server and a database in
 * each file's beforeAll.
 */
import {join} from 'node:path';
import {EXAMPLE, exampleFiles, hasPostgres} from '../test/e2e/example';
import {timeInTurn, type Files, type Install, type Side} from './turns';

const ROUNDS = 3;

/** The same modules set up the server and the database, but in the test file's own process. */
const OWN = `
import * as database from '../../fixtures/database';
import * as server from '../../fixtures/server';

const given = {rootDir: process.cwd(), runId: 'own_' + process.pid, worker: null};

const teardowns: (() => Promise<void>)[] = [];

async function setUpDatabase() {
  const config = await database.setup({...given, fixtures: {}});
  teardowns.unshift(() => database.teardown());
  return config;
}

export function ownDatabase(): Awaited<ReturnType<typeof database.setup>> {
  const value = {};
  beforeAll(async () => void Object.assign(value, await setUpDatabase()), 60_000);
  return value;
}

export function ownServer(): Awaited<ReturnType<typeof server.setup>> {
  const value = {url: ''};
  beforeAll(async () => {
    const fixtures = {'./database.ts': await setUpDatabase()};
    Object.assign(value, await server.setup({...given, fixtures}));
    teardowns.unshift(() => server.teardown());
  }, 60_000);
  return value;
}

/** For the last afterAll of a file: they run in the order of the source. */
export async function tearDownOwn(): Promise<void> {
  for (const tearDown of teardowns) await tearDown();
}
`;

/** The example's files, with a Jest config that timeInTurn can write. */
function shared(): Files {
  const {'jest.config.js': _, ...files} = exampleFiles();
  const config = require(join(EXAMPLE, 'jest.config.js')) as object;
  return {...files, 'jest.config.json': JSON.stringify({...config, cacheDirectory: '<rootDir>/.cache'})};
}

/** The same tests, but each file sets up its own server and database. */
function own(): Files {
  return Object.fromEntries([
    ...Object.entries(shared()).map(([path, text]) => [path, path.endsWith('.test.ts') ? withItsOwn(text) : text]),
    ['test/support/own.ts', OWN],
  ]) as Files;
}

function withItsOwn(text: string): string {
  const made = text
    .replace(/^ \* @shared-fixture .*\n/m, '')
    .replace(
      /^import .* from 'jest-runner-xdist\/fixtures';$/m,
      "import {ownDatabase, ownServer, tearDownOwn} from './support/own';",
    )
    .replace(/= sharedFixture<.*>\('\.\.\/fixtures\/(\w+)'\);/, (_, name) =>
      name === 'server' ? '= ownServer();' : '= ownDatabase();',
    );
  if (/sharedFixture|@shared-fixture/.test(made)) throw new Error(`It still has its shared fixture:\n${made}`);
  return `${made}\nafterAll(tearDownOwn, 60_000);\n`;
}

export function benchmarkFixtures(installs: readonly Install[]): void {
  const side = (files: Files, database: string): Side => ({
    args: ['-w', '4'],
    files,
    env: {
      DATABASE_URL: database,
      NODE_PATH: join(EXAMPLE, 'node_modules'),
      XDIST_IN_BAND: 'never',
      // In a test file, PGlite cannot import its own modules without this flag.
      NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
    },
  });
  // Runs on one Jest line only, because a round takes half a minute, mostly in the fixtures.
  const install = installs[0]!;
  const databases = {PGlite: 'pglite:', ...(hasPostgres() && {PostgreSQL: ''})};
  for (const [name, database] of Object.entries(databases)) {
    const times = timeInTurn(
      install,
      {name: `fixtures ${name}`, files: {}, rounds: ROUNDS},
      {own: side(own(), database), shared: side(shared(), database)},
    );
    console.log(
      `${install.label}  12 files on 4 workers that need a server and a database (${name}): own in each file ${times.own.toFixed(2)} s, ` +
        `shared ${times.shared.toFixed(2)} s, ratio ${(times.shared / times.own).toFixed(3)}   (goal: <= 0.80, median of ${ROUNDS})`,
    );
  }
}
