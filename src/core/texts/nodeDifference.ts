/** The text for a file that does not define the same tests on all the nodes that it runs on. */
import type {NodeOutcome} from '../results/mergeNodes';
import {nameDifference, nameOwners, type NamedTests} from './nameDifference';

const ADVICE =
  'Each test ran on the nodes that define it. If a test is not for every node, skip it on the other nodes, so that ' +
  'Jest counts it there. Test names must not depend on time, chance or the node.';

/**
 * Ignores nodes without any test: there the file itself failed.
 *
 * @returns null if the nodes have the same tests, in any order
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
    `${path} does not have the same tests on every node: ${counts.join(', ')}.\n` +
    `${lines.map(line => `  ${line}`).join('\n')}\n${ADVICE}`
  );
}
