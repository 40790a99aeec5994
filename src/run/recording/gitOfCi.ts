/** The commit and the branch of a run, from the variables that CI services set. */

/** The first variable that is set counts. The names are from the documentation of each service. */
const COMMIT = [
  'GITHUB_SHA',
  'CI_COMMIT_SHA', // GitLab
  'CIRCLE_SHA1',
  'BUILDKITE_COMMIT',
  'BUILD_SOURCEVERSION', // Azure
  'GIT_COMMIT', // Jenkins
];
const BRANCH = [
  'GITHUB_HEAD_REF', // the source branch of a pull request
  'GITHUB_REF_NAME',
  'CI_COMMIT_REF_NAME',
  'CIRCLE_BRANCH',
  'BUILDKITE_BRANCH',
  'BUILD_SOURCEBRANCHNAME',
  'GIT_BRANCH',
];

export function gitOfCi(environment: Readonly<Record<string, string | undefined>>): {
  readonly commit: string | null;
  readonly branch: string | null;
} {
  const first = (names: readonly string[]) => names.map(name => environment[name]).find(Boolean) ?? null;
  return {commit: first(COMMIT), branch: first(BRANCH)};
}
