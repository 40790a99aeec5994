/** What the variables of each CI say of a job: its pipeline, its name, its repository, and the jobs beside it. */

export interface Ci {
  readonly name: string;
  /** The variables with the id of the pipeline, the best first: it must outlast a re-run of some jobs. */
  readonly pipeline: readonly string[];
  /** The variables that together name the job. Of each list, the first one that is set counts. */
  readonly job: readonly (readonly string[])[];
  /** As `job`, but of variables that are the same in each pipeline. */
  readonly steadyJob: readonly (readonly string[])[];
  /** The variables that together name the repository. */
  readonly repository: readonly string[];
  /** The variables of parallel jobs; null: there are none. `first` is the number of the first job. */
  readonly parallel: {readonly index: string; readonly count: string; readonly first: 0 | 1} | null;
}

const GITLAB_JOB = [['CI_JOB_NAME']];
const CIRCLE_JOB = [['CIRCLE_JOB']];
const GITHUB_JOB = [['GITHUB_WORKFLOW'], ['GITHUB_JOB']];
const AZURE_JOB = [['SYSTEM_STAGENAME'], ['SYSTEM_PHASENAME', 'SYSTEM_JOBNAME', 'AGENT_JOBNAME']];

export const CIS: readonly Ci[] = [
  {
    // https://docs.github.com/actions/reference/workflows-and-actions/variables: a re-run keeps GITHUB_RUN_ID, and the
    // jobs of a matrix have the same GITHUB_JOB.
    name: 'GitHub Actions',
    pipeline: ['GITHUB_RUN_ID'],
    job: GITHUB_JOB,
    steadyJob: GITHUB_JOB,
    repository: ['GITHUB_REPOSITORY'],
    parallel: null,
  },
  {
    // https://docs.gitlab.com/ci/variables/predefined_variables/: the count is that of `parallel`. CI_JOB_NAME ends in
    // ` 1/5` then. CI_JOB_GROUP_NAME would also be the same for all jobs of a matrix, such as one of several databases.
    name: 'GitLab',
    pipeline: ['CI_PIPELINE_ID'],
    job: GITLAB_JOB,
    steadyJob: GITLAB_JOB,
    repository: ['CI_PROJECT_PATH'],
    parallel: {index: 'CI_NODE_INDEX', count: 'CI_NODE_TOTAL', first: 1},
  },
  {
    // https://circleci.com/docs/reference/variables/: the count is that of `parallelism`. "Rerun from failed" makes a
    // workflow with another CIRCLE_WORKFLOW_ID and the same workspace. CIRCLE_PIPELINE_ID is the same for all workflows
    // of a pipeline, so two of their jobs with one name would meet.
    name: 'CircleCI',
    pipeline: ['CIRCLE_WORKFLOW_WORKSPACE_ID', 'CIRCLE_PIPELINE_ID', 'CIRCLE_WORKFLOW_ID'],
    job: CIRCLE_JOB,
    steadyJob: CIRCLE_JOB,
    repository: ['CIRCLE_PROJECT_USERNAME', 'CIRCLE_PROJECT_REPONAME'],
    parallel: {index: 'CIRCLE_NODE_INDEX', count: 'CIRCLE_NODE_TOTAL', first: 0},
  },
  {
    // https://buildkite.com/docs/pipelines/configure/environment-variables: the count is that of `parallelism`. A label
    // may contain the number of the job. The id of a step is another in each build.
    name: 'Buildkite',
    pipeline: ['BUILDKITE_BUILD_ID'],
    job: [['BUILDKITE_STEP_KEY', 'BUILDKITE_STEP_ID', 'BUILDKITE_LABEL']],
    steadyJob: [['BUILDKITE_STEP_KEY']],
    repository: ['BUILDKITE_ORGANIZATION_SLUG', 'BUILDKITE_PIPELINE_SLUG'],
    parallel: {index: 'BUILDKITE_PARALLEL_JOB', count: 'BUILDKITE_PARALLEL_JOB_COUNT', first: 0},
  },
  {
    // https://learn.microsoft.com/azure/devops/pipelines/build/variables: the count is that of `strategy: parallel`. A
    // phase is what YAML calls a job; its jobs have names with a number.
    name: 'Azure Pipelines',
    pipeline: ['BUILD_BUILDID'],
    job: AZURE_JOB,
    steadyJob: AZURE_JOB,
    repository: ['SYSTEM_TEAMPROJECT', 'BUILD_REPOSITORY_NAME'],
    parallel: {index: 'SYSTEM_JOBPOSITIONINPHASE', count: 'SYSTEM_TOTALJOBSINPHASE', first: 1},
  },
];
