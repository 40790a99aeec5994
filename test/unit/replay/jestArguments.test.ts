/** The command line of a replaying Jest. */
import type {JestSettings} from '../../../src/recording/lines';
import {argumentsOf, checkUserArguments} from '../../../src/replay/jestArguments';
import {RUN} from '../../recordedRuns';

const RECORDED: JestSettings = {...RUN.jest, seed: 7};

const HERE = {
  rootDir: '/app',
  bail: 0,
  ci: false,
  collectCoverage: false,
  coverageProvider: 'babel',
  expand: false,
  randomize: false,
  silent: false,
  verbose: null,
  watch: false,
  watchAll: false,
};

/** The settings on the command line: what follows the arguments that are always there. */
function settings(recorded: Partial<JestSettings>, users: readonly string[] = [], here: Partial<typeof HERE> = {}) {
  const all = argumentsOf({...RECORDED, ...recorded}, {...HERE, ...here}, users);
  return all.slice(all.indexOf('--skipFilter') + 1);
}

test('no code of the project runs around the tests', () => {
  expect(argumentsOf(RECORDED, HERE, [])).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^--runner=.*runner\.js$/),
      expect.stringMatching(/^--testSequencer=.*sequencer\.js$/),
      '--globalSetup=',
      '--globalTeardown=',
      '--skipFilter',
    ]),
  );
});

test('what differs from the config of the checkout is passed', () => {
  expect(settings({})).toEqual(['--seed=7', '--']);
  expect(settings({ci: true, collectCoverage: true, bail: 1, verbose: true, testNamePattern: 'a b'})).toEqual([
    '--bail=true',
    '--ci=true',
    '--coverage=true',
    '--seed=7',
    '--testNamePattern=a b',
    '--verbose=true',
    '--',
  ]);
  expect(settings({ci: false}, [], {ci: true, watch: true})).toEqual([
    '--ci=false',
    '--seed=7',
    '--watch=false',
    '--watchAll=false',
    '--',
  ]);
});

test('what the user passes wins', () => {
  const users = ['--no-coverage', '-t', 'mine', '--seed', '8', '--reporters=default'];
  expect(settings({collectCoverage: true, testNamePattern: 'theirs'}, users)).toEqual([...users, '--']);
});

test('a recorded text is never an option', () => {
  const found = settings({testNamePattern: '--updateSnapshot', testPathPatterns: ['-u', '--globalSetup=x']});
  expect(found).toEqual(['--seed=7', '--testNamePattern=--updateSnapshot', '--', '-u', '--globalSetup=x']);
});

test('patterns that would find nothing in this checkout are left out', () => {
  expect(settings({testPathPatterns: ['src/a.js'], related: true})).toEqual(['--seed=7', '--']);
  expect(settings({testPathPatterns: ['/ci/app/a.test.js']})).toEqual(['--seed=7', '--']);
});

it.each(['-u', '--updateSnapshot', '--watch', '--runner=x', '--global-setup=x', '-iu'])('%s is refused', flag => {
  expect(() => checkUserArguments('replay', ['--json', flag])).toThrow(/a replay runs nothing and writes no snapshots/);
});

it.each(['--json', '--coverage', '--no-ci', '-t=u'])('%s is taken', flag => {
  expect(() => checkUserArguments('replay', [flag, '--', '-u'])).not.toThrow();
});
