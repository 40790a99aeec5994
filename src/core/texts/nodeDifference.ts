/** What a user reads when a file that runs on each of several nodes does not define the same tests on all of them. */
import type {NodeOutcome} from '../results/mergeNodes';
import {nameDifference, nameOwners, type NamedTests} from './nameDifference';

const ADVICE =
  'Each of these ran where it is. A test that is not for every node is better skipped on the others, where it is ' +
  'counted then; and names must not depend on time, chance or the node.';

/**
 * Nodes without any test are left out: that is the file's failure there.
 *
 * @returns null: the nodes have the same tests; in which order does not matter
 */
export function describeNodeDifference(path: string, outcomes: readonly NodeOutcome[]): string | null {
  const all = outcomes.flatMap(({node, outcome}): NamedTests[] => {
    if (outcome.type === 'error' || outcome.result.testResults.length === 0) return [];
    return [{where: node, names: outcome.result.testResults.map(({fullName}) => fullName)}];
  });
  const [first, second, third] = all;
  if (first === undefined || second === undefined) return null;
  const lines = third === undefined ? nameDifference(first, second) : nameOwners(all);
  if (lines.length === 0) return null;
  const counts = all.map(({where, names}) => `${names.length} in ${where}`);
  return (
    `${path} has not the same tests on every node: ${counts.join(', ')}.\n` +
    `${lines.map(line => `  ${line}`).join('\n')}\n${ADVICE}`
  );
}
