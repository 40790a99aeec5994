/**
 * examples/shared-fixtures tests a service with a real server and a real database. It runs with its own Jest, and with
 * the oldest Jest that we support. The second run takes its other dependencies from the same install.
 */
import {join, relative} from 'node:path';
import type {RecordingLine} from '../../src/recording';
import {EXAMPLE, exampleFiles, hasPostgres} from './example';
import {Project, type JestLine} from './project';
import {unitsOf, workersOf} from './splitting';

const SPLITTABLE = [
  'bookings-overlap.test.ts',
  'concurrency.test.ts',
  'holds.test.ts',
  'rooms-search.test.ts',
  'series.test.ts',
  'waiting.test.ts',
];
const WHOLE = [
  'access.test.ts',
  'bookings-move.test.ts',
  'bookings.test.ts',
  'rooms.test.ts',
  'tables.test.ts',
  'usage.test.ts',
];

/** What the example itself writes into fixtures.log. */
interface FixtureNote {
  readonly fixture: string;
  readonly worker: number | null;
  readonly did: 'setup' | 'teardown';
  readonly what: string;
  readonly pid: number;
}

/** On its own Jest, it is beside the node_modules that its user has. */
function makeProject(line: JestLine): Project {
  return line === '30'
    ? new Project(line, 'example', exampleFiles(), null, EXAMPLE)
    : new Project(line, 'example', exampleFiles(), null);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Where a file began. */
function slotsOf(log: readonly RecordingLine[], file: string): number[] {
  const [unit] = unitsOf(log, file);
  return log.flatMap(line =>
    'event' in line && line.event.type === 'unit-started' && line.event.unit === unit ? [line.event.slot] : [],
  );
}

interface Case {
  readonly line: JestLine;
  readonly database: 'PGlite' | 'PostgreSQL';
}

const CASES: readonly Case[] = [
  {line: '30', database: 'PGlite'},
  // The other database on the other line: each is run once.
  {line: '29', database: hasPostgres() ? 'PostgreSQL' : 'PGlite'},
];

test.each(CASES)(
  'every test passes on one server and one database ($database, Jest $line)',
  async ({line, database}) => {
    const project = makeProject(line);
    const run = (...args: readonly string[]) =>
      project.run(['-w', '4', '--ci', '--cacheDirectory', project.path('.cache'), ...args], {
        runner: 'config',
        env: {
          DATABASE_URL: database === 'PGlite' ? 'pglite:' : '',
          // Only what the line's own install lacks is taken from there.
          ...(line !== '30' && {NODE_PATH: join(EXAMPLE, 'node_modules')}),
        },
      });
    const {exitCode, json, log, stderr} = await run();
    // What the run says tells more than a number.
    expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: expect.not.stringMatching(/●|xdist/) as string});

    expect(json?.testResults.map(({name}) => relative(project.path('test'), name)).sort()).toEqual(
      [...SPLITTABLE, ...WHOLE].sort(),
    );
    expect(json).toMatchObject({numPassedTests: 115, numTotalTests: 115, numPassedTestSuites: 12});

    // One server and one database for all, and one database for the worker of the file that asked for its own.
    const notes = project.lines<FixtureNote>('fixtures.log');
    const shared = notes.filter(({worker}) => worker === null);
    expect(shared.map(({fixture, did}) => `${did} ${fixture}`)).toEqual([
      'setup database',
      'setup server',
      'teardown server',
      'teardown database',
    ]);
    const [tablesWorker] = slotsOf(log, '/tables.test.ts');
    expect(notes.filter(({worker}) => worker !== null)).toEqual([
      expect.objectContaining({fixture: 'database', did: 'setup', worker: tablesWorker}),
      expect.objectContaining({fixture: 'database', did: 'teardown', worker: tablesWorker}),
    ]);
    expect(new Set(notes.map(({pid}) => pid)).size).toBe(3);
    for (const {fixture, what} of notes) if (fixture === 'database') expect(what).toBe(database);

    for (const file of WHOLE) expect(workersOf(log, `/${file}`)).toEqual([]);
    expect(await project.leftProcesses()).toEqual([]);
    for (const {pid} of notes) expect(isAlive(pid)).toBe(false);

    // Which files are split among the others depends on how fast the machine is; the longest one alone always is.
    const alone = await run('holds');
    expect({exitCode: alone.exitCode, stderr: alone.stderr}).toMatchObject({exitCode: 0});
    expect(workersOf(alone.log, '/holds.test.ts').length).toBeGreaterThan(1);
    expect(project.lines<FixtureNote>('fixtures.log').slice(notes.length)).toMatchObject([
      {fixture: 'database', did: 'setup'},
      {fixture: 'server', did: 'setup'},
      {fixture: 'server', did: 'teardown'},
      {fixture: 'database', did: 'teardown'},
    ]);
    expect(await project.leftProcesses()).toEqual([]);
    project.remove();
  },
);
