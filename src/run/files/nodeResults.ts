/** Collects the outcomes of each file on its nodes until the file has ended on all of them. */
import type {Test} from '@jest/test-result';
import {mergeNodes, type NodeMergeTools, onNode} from '../../core/results/mergeNodes';
import {describeNodeDifference} from '../../core/texts/nodeDifference';
import type {UnitOutcome} from '../../core/wire/workerMessages';
import type {UnitEnd} from './unitEnd';

export interface NodeResultsOptions {
  /** The names of all nodes, in their order. */
  readonly nodes: readonly string[];
  /** The name of the node that a unit is for. */
  readonly nodeOf: (unit: number) => string;
  /** Jest's test of a unit. */
  readonly testOf: (unit: number) => Test;
  readonly mergeTools: (test: Test) => NodeMergeTools;
  /** With -u: removes obsolete snapshots of the file. */
  readonly removeObsolete: (test: Test, outcome: UnitOutcome) => Promise<UnitOutcome>;
  readonly warn: (text: string) => void;
}

export class NodeResults {
  readonly #options: NodeResultsOptions;
  /** Keyed by file and by node name. */
  readonly #ends = new Map<Test, Map<string, UnitEnd>>();
  readonly #failed = new Set<Test>();

  constructor(options: NodeResultsOptions) {
    this.#options = options;
  }

  /** Adds the node's name to the titles of a test in the payload of a test event. */
  named(unit: number, payload: unknown): unknown {
    if (!Array.isArray(payload)) return payload;
    const [path, test, ...rest] = payload as unknown[];
    return isNamed(test) ? [path, onNode(this.#options.nodeOf(unit), test), ...rest] : payload;
  }

  /** @returns how the file has ended; null: it has not ended on all nodes yet */
  add(unit: number, end: UnitEnd): UnitEnd | null {
    const {testOf, nodeOf, nodes} = this.#options;
    const test = testOf(unit);
    const ends = this.#ends.get(test) ?? new Map<string, UnitEnd>();
    ends.set(nodeOf(unit), end);
    this.#ends.set(test, ends);
    void Promise.resolve(end.outcome).then(
      outcome => {
        if (outcome.type === 'result' && outcome.result.numFailingTests > 0) this.#failed.add(test);
      },
      () => undefined, // the report of the file surfaces the error
    );
    if (ends.size < nodes.length) return null;
    this.#ends.delete(test);
    return this.#merge(test, ends);
  }

  /** The files that have ended on some nodes only. @param why the failure of these files on the other nodes */
  takeAll(why: string): {test: Test; end: UnitEnd}[] {
    const all = [...this.#ends].map(([test, ends]) => {
      for (const node of this.#options.nodes) {
        const message = `The file was not run on ${node}: ${why}`;
        const outcome: UnitOutcome = {type: 'error', error: {message, stack: message, type: 'Error'}};
        if (!ends.has(node)) ends.set(node, {outcome, wasTold: null});
      }
      return {test, end: this.#merge(test, ends)};
    });
    this.#ends.clear();
    return all;
  }

  /** The files that have failed on a node, with their outcomes so far. */
  takeFailed(): {test: Test; end: UnitEnd}[] {
    const failed = [...this.#ends].filter(([test]) => this.#failed.has(test));
    for (const [test] of failed) this.#ends.delete(test);
    return failed.map(([test, ends]) => ({test, end: this.#merge(test, ends)}));
  }

  #merge(test: Test, ends: ReadonlyMap<string, UnitEnd>): UnitEnd {
    const {nodes, mergeTools, removeObsolete, warn} = this.#options;
    const inOrder = nodes.flatMap(node => {
      const end = ends.get(node);
      return end === undefined ? [] : [{node, end}];
    });
    const outcomes = Promise.all(inOrder.map(async ({node, end}) => ({node, outcome: await end.outcome})));
    return {
      outcome: outcomes.then(known => {
        const difference = describeNodeDifference(test.path, known);
        if (difference !== null) warn(difference);
        return removeObsolete(test, mergeNodes(known, mergeTools(test)));
      }),
      wasTold: ({fullName, ancestorTitles: [node = '', ...ancestorTitles]}) =>
        ends.get(node)?.wasTold?.({ancestorTitles, fullName: fullName.slice(node.length + 1)}) ?? true,
    };
  }
}

function isNamed(test: unknown): test is {readonly ancestorTitles: readonly string[]; readonly fullName: string} {
  const {ancestorTitles, fullName} = (test ?? {}) as {ancestorTitles?: unknown; fullName?: unknown};
  return Array.isArray(ancestorTitles) && typeof fullName === 'string';
}
