/** The line about each node at the end of a run. */
import type {AssertionResult} from '@jest/test-result';
import type {NodeId} from '../plan/units';

export interface SummedNode {
  readonly name: string;
  /** As in `v22.9.0`. */
  readonly version: string;
}

interface NodeTally {
  /** The number of tests with each status. */
  readonly tests: Map<AssertionResult['status'], number>;
  /** Files without a result, or with an error outside of their tests. */
  failedFiles: number;
  workers: number;
  deaths: number;
}

/** The fields of a result that a line counts. */
export interface NodeShare {
  readonly testResults: readonly Pick<AssertionResult, 'status'>[];
  readonly testExecError?: unknown;
}

/** Jest's words in the order of Jest's summary, then the rare statuses. */
const WORDS: readonly (readonly [status: AssertionResult['status'], word: string])[] = [
  ['failed', 'failed'],
  ['pending', 'skipped'],
  ['todo', 'todo'],
  ['passed', 'passed'],
  ['focused', 'focused'],
  ['disabled', 'disabled'],
];

export class NodeSummary {
  readonly #nodes: readonly SummedNode[];
  readonly #tallies: readonly NodeTally[];

  constructor(nodes: readonly SummedNode[]) {
    this.#nodes = nodes;
    this.#tallies = nodes.map(() => ({tests: new Map(), failedFiles: 0, workers: 0, deaths: 0}));
  }

  started(node: NodeId): void {
    this.#tally(node).workers++;
  }

  died(node: NodeId): void {
    this.#tally(node).deaths++;
  }

  /** A worker has run a file, or some of its tests. @param share null: there is no result */
  ran(node: NodeId, share: NodeShare | null): void {
    const tally = this.#tally(node);
    if (share === null || share.testExecError != null) tally.failedFiles++;
    for (const {status} of share?.testResults ?? []) tally.tests.set(status, (tally.tests.get(status) ?? 0) + 1);
  }

  /** One line for each node, in the order of the nodes. */
  lines(): string[] {
    return this.#nodes.map(({name, version}, node) => `${name} (${version}): ${describeTally(this.#tally(node))}.`);
  }

  #tally(node: NodeId): NodeTally {
    const tally = this.#tallies[node];
    if (tally === undefined) throw new RangeError(`no node ${node} in the run`);
    return tally;
  }
}

function describeTally({tests, failedFiles, workers, deaths}: NodeTally): string {
  if (workers === 0) return 'no worker was started on it';
  const total = [...tests.values()].reduce((sum, count) => sum + count, 0);
  const ends = WORDS.flatMap(([status, word]) => (tests.has(status) ? [`${tests.get(status)} ${word}`] : []));
  const files = failedFiles === 0 ? '' : `; ${counted(failedFiles, 'test suite')} failed to run`;
  const died = deaths === 0 ? '' : `, of which ${deaths} died`;
  return `tests: ${[...ends, `${total} total`].join(', ')}${files}; ${counted(workers, 'worker')}${died}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
