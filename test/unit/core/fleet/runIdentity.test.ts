import {runIdentity, type IdentitySources, type RunIdentity} from '../../../../src/core/fleet/runIdentity';

type Environment = IdentitySources['environment'];

function identityOf(environment: Environment, fields: Partial<IdentitySources> = {}): RunIdentity {
  const found = runIdentity({environment, run: null, project: 'app', config: 'c1', node: '24', ...fields});
  if (typeof found === 'string') throw new Error(found);
  return found;
}

const GITHUB = {
  GITHUB_RUN_ID: '77',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_WORKFLOW: 'ci',
  GITHUB_JOB: 'test',
  GITHUB_REPOSITORY: 'me/app',
};
const GITLAB = {CI_PIPELINE_ID: '77', CI_JOB_NAME: 'test 2/5', CI_PROJECT_PATH: 'me/app', CI_NODE_TOTAL: '5'};
const CIRCLE = {
  CIRCLE_WORKFLOW_ID: '1',
  CIRCLE_WORKFLOW_WORKSPACE_ID: '77',
  CIRCLE_PIPELINE_ID: '9',
  CIRCLE_JOB: 'test',
  CIRCLE_PROJECT_USERNAME: 'me',
  CIRCLE_PROJECT_REPONAME: 'app',
  CIRCLE_NODE_TOTAL: '5',
};
const BUILDKITE = {
  BUILDKITE_BUILD_ID: '77',
  BUILDKITE_STEP_KEY: 'test',
  BUILDKITE_STEP_ID: '6e01',
  BUILDKITE_LABEL: 'Test 2',
  BUILDKITE_ORGANIZATION_SLUG: 'me',
  BUILDKITE_PIPELINE_SLUG: 'app',
  BUILDKITE_PARALLEL_JOB_COUNT: '5',
};
const AZURE = {
  BUILD_BUILDID: '77',
  SYSTEM_STAGENAME: 'checks',
  SYSTEM_PHASENAME: 'test',
  SYSTEM_JOBNAME: 'test 2',
  SYSTEM_TEAMPROJECT: 'me',
  BUILD_REPOSITORY_NAME: 'app',
  SYSTEM_TOTALJOBSINPHASE: '5',
};

test.each<readonly [string, Environment, Omit<RunIdentity, 'family'>]>([
  [
    'GitHub Actions',
    GITHUB,
    {
      run: 'GitHub%20Actions/me%2Fapp/77/ci%2Ftest/app/24/c1',
      series: 'GitHub%20Actions/me%2Fapp/ci%2Ftest/app/24',
      machines: null,
    },
  ],
  ['GitLab', GITLAB, {run: 'GitLab/me%2Fapp/77/test/app/24/c1', series: 'GitLab/me%2Fapp/test/app/24', machines: 5}],
  [
    'CircleCI',
    CIRCLE,
    {run: 'CircleCI/me%2Fapp/77/test/app/24/c1', series: 'CircleCI/me%2Fapp/test/app/24', machines: 5},
  ],
  [
    'Buildkite',
    BUILDKITE,
    {run: 'Buildkite/me%2Fapp/77/test/app/24/c1', series: 'Buildkite/me%2Fapp/test/app/24', machines: 5},
  ],
  [
    'Azure Pipelines',
    AZURE,
    {
      run: 'Azure%20Pipelines/me%2Fapp/77/checks%2Ftest/app/24/c1',
      series: 'Azure%20Pipelines/me%2Fapp/checks%2Ftest/app/24',
      machines: 5,
    },
  ],
])('the variables of %s name the run', (_ci, environment, identity) => {
  // Whoever asks for the runs of a pipeline knows neither its jobs nor their configs.
  const family = [...identity.run.split('/').slice(0, 3), 'app'].join('/');
  expect(identityOf(environment)).toEqual({...identity, family});
});

test.each<readonly [string, Environment, Environment]>([
  ['another attempt of GitHub Actions', GITHUB, {...GITHUB, GITHUB_RUN_ATTEMPT: '2'}],
  ['another job of `parallel`', GITLAB, {...GITLAB, CI_JOB_NAME: 'test 3/5'}],
  ['a workflow that CircleCI runs again', CIRCLE, {...CIRCLE, CIRCLE_WORKFLOW_ID: '2'}],
  ['another job of `parallelism`', BUILDKITE, {...BUILDKITE, BUILDKITE_LABEL: 'Test 3'}],
  ['another job of a phase', AZURE, {...AZURE, SYSTEM_JOBNAME: 'test 3'}],
  [
    'another job of a phase without a name',
    {...AZURE, SYSTEM_PHASENAME: undefined},
    {...AZURE, SYSTEM_PHASENAME: undefined, SYSTEM_JOBNAME: 'test 3'},
  ],
])('%s belongs to the same run', (_what, one, other) => {
  expect(identityOf(other)).toEqual(identityOf(one));
});

test.each<readonly [string, Environment, Partial<IdentitySources>]>([
  ['repository', {...GITHUB, GITHUB_REPOSITORY: 'you/app'}, {}],
  ['job', {...GITHUB, GITHUB_JOB: 'e2e'}, {}],
  ['pipeline', {...GITHUB, GITHUB_RUN_ID: '78'}, {}],
  ['project', GITHUB, {project: 'lib'}],
  ['Node', GITHUB, {node: '20'}],
  ['config', GITHUB, {config: 'c2'}],
])('another %s has another run', (_what, environment, fields) => {
  expect(identityOf(environment, fields).run).not.toBe(identityOf(GITHUB).run);
});

test('the job of a matrix of GitLab is no other one', () => {
  const [node, deno] = ['test: [node]', 'test: [deno]'].map(name => identityOf({...GITLAB, CI_JOB_NAME: name}).run);
  expect(node).not.toBe(deno);
});

test('durations outlast the pipeline, the config, and the id of a step', () => {
  const {series} = identityOf(GITHUB);
  expect(identityOf({...GITHUB, GITHUB_RUN_ID: '78'}, {config: 'c2'}).series).toBe(series);
  const withoutKey = {...BUILDKITE, BUILDKITE_STEP_KEY: undefined};
  expect(identityOf({...withoutKey, BUILDKITE_STEP_ID: '1'}).series).toBe(identityOf(withoutKey).series);
});

test('the option names the run, whatever the CI, the config and Node', () => {
  const {run} = identityOf(GITHUB, {run: 'nightly #3'});
  expect(run).toBe('run/app/nightly%20%233');
  expect(identityOf({}, {run: 'nightly #3', config: 'c2', node: '20'}).run).toBe(run);
  expect(identityOf(GITLAB, {run: 'nightly #3'}).machines).toBe(5);
  expect(identityOf({}, {run: 'nightly #3', project: 'lib'}).run).not.toBe(run);
});

test('no list of names is taken for another one', () => {
  const names = [
    ['a/b', 'c'],
    ['a', 'b/c'],
    ['a%2Fb', 'c'],
    ['a/b/c', ''],
    ['', 'a/b/c'],
  ];
  const runs = names.map(([project, run]) => identityOf({}, {project: project!, run: run!}).run);
  expect(new Set(runs).size).toBe(names.length);
});

test('a name with half a character is a name', () => {
  expect(identityOf({}, {run: 'a\ud800'}).run).toBe('run/app/a%EF%BF%BD');
});

test.each(['', '0', 'many', '-1', '1e3'])('a count of "%s" is none', count => {
  expect(identityOf({...GITLAB, CI_NODE_TOTAL: count}).machines).toBeNull();
});

test('without an id the text says what was looked for, and what to set', () => {
  const text = runIdentity({environment: {CI: 'true'}, run: null, project: 'app', config: '', node: '24'});
  expect(text).toContain('GitHub Actions (GITHUB_RUN_ID)');
  expect(text).toContain('CircleCI (CIRCLE_WORKFLOW_WORKSPACE_ID, CIRCLE_PIPELINE_ID, CIRCLE_WORKFLOW_ID)');
  expect(text).toContain('fleet.run');
  expect(text).toContain('XDIST_FLEET');
});
