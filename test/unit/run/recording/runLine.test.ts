import type {Test} from '@jest/test-result';
import {DEFAULT_OPTIONS} from '../../../../src/core/rules/resolvedOptions';
import {resolveOptions} from '../../../../src/core/rules/config';
import {parseLine} from '../../../../src/recording/parseLine';
import {RepoPaths} from '../../../../src/recording/repoPaths';
import {gitOfCi} from '../../../../src/run/recording/gitOfCi';
import {firstLines, withoutCredentials, type FirstLinesOptions} from '../../../../src/run/recording/runLine';

const SECRET = 'hunter2';

function configOf(root: string) {
  return {
    id: `id of ${root}`,
    rootDir: root,
    cwd: root,
    cacheDirectory: `/tmp/${root}`,
    displayName: {name: 'p', color: 'red'},
    testEnvironmentOptions: {token: SECRET},
    globals: {password: SECRET},
    setupFiles: [`${root}/setup.js`],
  };
}

function linesIn(root: string, change: Partial<FirstLinesOptions['run']> = {}) {
  const config = configOf(root);
  const tests = ['b', 'a'].map(name => ({path: `${root}/${name}.test.js`, context: {config}}) as unknown as Test);
  return firstLines({
    run: {
      jest: {version: '30.5.2'},
      globalConfig: {rootDir: root, bail: 0, maxWorkers: 2, seed: 7, testNamePattern: 'x', reporters: [[SECRET, {}]]},
      options: DEFAULT_OPTIONS,
      tests,
      ...change,
    } as unknown as FirstLinesOptions['run'],
    runId: 'r',
    level: 'default',
    startedAt: 1,
    beforeMs: 2,
    paths: new RepoPaths(root),
    inBand: null,
  });
}

test('the lines are what a reader takes, and the same in each checkout', () => {
  const here = linesIn('/here');
  const there = linesIn('/over/there');
  expect(there.files).toEqual(here.files);
  expect(there.run.fingerprints).toEqual(here.run.fingerprints);
  const [ofHere, ofThere] = [here, there].map(({run}) => run.projects.map(({fingerprint}) => fingerprint));
  expect(ofThere).toEqual(ofHere);
  expect(here.files.files).toEqual([
    {project: 0, path: 'b.test.js'},
    {project: 0, path: 'a.test.js'},
  ]);
  const asRead = (line: unknown) => parseLine(JSON.parse(JSON.stringify(line)));
  const settings = {
    ci: false,
    collectCoverage: false,
    coverageProvider: 'babel',
    expand: false,
    updateSnapshot: 'none',
  };
  const whole = {...here.run, jest: {...here.run.jest, ...settings, watch: false, related: false}};
  expect(asRead(whole)).toEqual(whole);
  expect(asRead(here.files)).toEqual(here.files);
});

test('a config that differs has another fingerprint', () => {
  const other = {...configOf('/here'), setupFiles: ['/here/other.js']};
  const tests = [{path: '/here/a.test.js', context: {config: other}} as unknown as Test];
  const [changed, usual] = [linesIn('/here', {tests}).run, linesIn('/here').run];
  expect(changed.fingerprints.config).not.toBe(usual.fingerprints.config);
  expect(changed.projects[0]?.fingerprint).not.toBe(usual.projects[0]?.fingerprint);
});

test('of the options, only those that were set are there, with their places, and nothing that may be secret', () => {
  const options = resolveOptions(
    [
      {
        name: 'xdist.config.js',
        value: {
          nodes: [{name: 'n', env: {TOKEN: SECRET}, execArgv: [`--title=${SECRET}`]}],
          timings: `https://me:${SECRET}@ci.example/timings.json`,
        },
      },
    ],
    {
      XDIST_SLOTS: '3',
      TOKEN: SECRET,
      XDIST_FLEET: `rediss://me:${SECRET}@redis.example:6380`,
      XDIST_FLEET_SECRET: SECRET,
      XDIST_FLEET_PASSWORD: SECRET,
    },
  );
  const lines = linesIn('/here', {options});
  expect(lines.run.options).toEqual({
    nodes: {value: ['n'], from: 'xdist.config.js'},
    timings: {value: 'https://ci.example/timings.json', from: 'xdist.config.js'},
    slots: {value: 3, from: 'the environment variable XDIST_SLOTS'},
    fleet: {
      value: {url: 'rediss://redis.example:6380', run: null, secret: null, lease: 30_000},
      from: 'the environment variable XDIST_FLEET',
    },
  });
  expect(JSON.stringify(lines)).not.toContain(SECRET);
});

test.each([
  ['redis://:pw@host:1/x', 'redis://host:1/x'],
  ['see https://a:b@c/ and ftp://d@e', 'see https://c/ and ftp://e'],
  ['me@example.org', 'me@example.org'],
  ['http://example.org/a@b', 'http://example.org/a@b'],
])('%s loses its credentials', (text, expected) => {
  expect(withoutCredentials({deep: [text]})).toEqual({deep: [expected]});
});

test.each([
  [{GITHUB_SHA: 's', GITHUB_REF_NAME: '7/merge', GITHUB_HEAD_REF: 'topic'}, 's', 'topic'],
  [{CI_COMMIT_SHA: 's', CI_COMMIT_REF_NAME: 'main'}, 's', 'main'],
  [{CIRCLE_SHA1: 's', CIRCLE_BRANCH: 'main'}, 's', 'main'],
  [{BUILDKITE_COMMIT: 's', BUILDKITE_BRANCH: 'main'}, 's', 'main'],
  [{BUILD_SOURCEVERSION: 's', BUILD_SOURCEBRANCHNAME: 'main'}, 's', 'main'],
  [{GITHUB_HEAD_REF: ''}, null, null],
])('the commit and the branch of %j', (environment, commit, branch) => {
  expect(gitOfCi(environment)).toEqual({commit, branch});
});
