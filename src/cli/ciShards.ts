/** Which shard of how many a job of a CI is, from the variables that the CI sets for parallel jobs. */
import {CIS} from '../core/rules/cis';

/** From 1. */
export interface ShardOfCi {
  readonly index: number;
  readonly count: number;
}

const PARALLEL = CIS.flatMap(({name, parallel}) => (parallel === null ? [] : [{name, ...parallel}]));

const GITHUB =
  'GitHub Actions sets no variables for the jobs of a matrix. Pass them: ' +
  'npx jest-runner-xdist shard ${{ matrix.shard }}/${{ strategy.job-total }}, with a matrix of shard: [1, 2, 3].';

/** @returns a text that says why the variables do not tell */
export function shardOfCi(environment: Readonly<Record<string, string | undefined>>): ShardOfCi | string {
  for (const {name, index, count, first} of PARALLEL) {
    const [indexText, countText] = [environment[index], environment[count]];
    if (countText === undefined || countText === '') continue;
    // GitLab sets the count in each job, but no index if there is just one.
    if (countText === '1') return {index: 1, count: 1};
    const [number, all] = [wholeOf(indexText), wholeOf(countText)];
    if (number === null || all === null || number < first || number - first >= all) {
      return `${name} says ${index}=${indexText ?? ''} and ${count}=${countText}, which is no shard of a run.`;
    }
    return {index: number - first + 1, count: all};
  }
  if (environment.GITHUB_ACTIONS === 'true') return GITHUB;
  const variables = PARALLEL.map(({name, count}) => `${name} (${count})`).join(', ');
  return `No variable says which shard this is. Known: ${variables}. Elsewhere, name the shard: shard 2/5.`;
}

function wholeOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : null;
}
