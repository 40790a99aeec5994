/**
 * Tests and their known durations -> units in the order of dispatch.
 *
 * The order is that of Jest's own sequencer, with our more precise durations: files that failed last time
 * come first, then files of unknown duration, the largest first, then the others, the longest first.
 * Unknown files precede known ones because one of them may be the longest of all.
 * https://github.com/jestjs/jest/blob/main/packages/jest-test-sequencer/src/index.ts
 */
import type {Constraints} from './constraints';
import type {FileIdentity, Granularity, NodeId, Unit} from './units';

/** One test file from Jest, or its run on one node, with what we remember of it. */
export interface PlanInput {
  readonly file: FileIdentity;
  /** Of a file that is cut: which part of it this is. Default: all of it. */
  readonly part?: number | null;
  /** How long the file took in a worker last time, in ms; null: unknown. */
  readonly lastMs: number | null;
  readonly failedLastTime: boolean;
  /** The file's size in bytes; called only if `lastMs` is null. */
  readonly size: () => number;
  /** null: the file runs whole. */
  readonly split: Granularity | null;
  readonly constraints: Constraints | null;
  /** null: any node. */
  readonly node: NodeId | null;
}

/** The run's total of each resource. */
type Resources = Readonly<Record<string, number>>;

export interface PlanOptions {
  readonly resources: Resources;
  /** Whether the project has its own test sequencer, whose order the user wants. */
  readonly keepOrder: boolean;
  /**
   * The number of workers for even shares. With `n` workers, each worker's share is every `n`th unit, and the units of
   * a share are adjacent in the plan. Default: 1, no shares.
   */
  readonly shares?: number;
  /** Whether a file runs on one node after the other: later nodes read the first one's snapshots. Default: false. */
  readonly inTurn?: boolean;
}

export function planUnits(inputs: readonly PlanInput[], options: PlanOptions): Unit[] {
  return unitsOf(inOrder(inputs, options), options);
}

/** The inputs in the order of dispatch. */
export function inOrder<Input extends PlanInput>(
  inputs: readonly Input[],
  {resources, keepOrder, shares = 1}: PlanOptions,
): readonly Input[] {
  return keepOrder ? inputs : dealt(longestFirst(inputs, resources), shares);
}

/** @param ordered as `inOrder` returns them @returns a unit for each input */
export function unitsOf(ordered: readonly PlanInput[], {inTurn = false}: Pick<PlanOptions, 'inTurn'>): Unit[] {
  const leaders = inTurn ? lastOfEach(ordered) : null;
  return ordered.map((input, id) => {
    const {file, lastMs, split, constraints, node} = input;
    const after = leaders?.get(placeOn((node ?? 0) - 1, input)) ?? null;
    return {id, file, expectedMs: lastMs, split, constraints, node, after};
  });
}

/** A key for a file on a node; or for the file's worker group, because one worker runs the whole group. */
function placeOn(node: NodeId | null, {file, part = null, constraints}: PlanInput): string {
  const group = constraints?.workerGroup ?? null;
  return JSON.stringify([node, group ?? [file.configId, file.path, part]]);
}

function lastOfEach(ordered: readonly PlanInput[]): Map<string, number> {
  return new Map(ordered.map((input, id) => [placeOn(input.node, input), id]));
}

/** Deals the items like cards, and returns one hand after the other. */
function dealt<T>(items: readonly T[], hands: number): T[] {
  return Array.from({length: hands}, (_, hand) => items.filter((_item, index) => index % hands === hand)).flat();
}

/** What takes one place in the order: a file, or all files of a worker group. */
interface Item<Input extends PlanInput = PlanInput> {
  readonly inputs: readonly Input[];
  readonly failedLastTime: boolean;
  /** The time (ms) from the item's beginning to the end of all that must wait for it; null: unknown. */
  readonly ms: number | null;
}

function longestFirst<Input extends PlanInput>(inputs: readonly Input[], resources: Resources): Input[] {
  const items = itemsOf(inputs, resources);
  const sizes = new Map(items.filter(({ms}) => ms === null).map(item => [item, sizeOf(item)]));
  const size = (item: Item<Input>) => sizes.get(item) ?? 0;
  return items
    .sort((a, b) => {
      // Serial files run after all others, in this order.
      const [aSerial, bSerial] = [isSerial(a), isSerial(b)];
      if (aSerial !== bSerial) return aSerial ? 1 : -1;
      if (a.failedLastTime !== b.failedLastTime) return a.failedLastTime ? -1 : 1;
      if (a.ms === null || b.ms === null) {
        if (a.ms !== b.ms) return a.ms === null ? -1 : 1;
        return size(b) - size(a);
      }
      return b.ms - a.ms;
    })
    .flatMap(item => item.inputs);
}

function itemsOf<Input extends PlanInput>(inputs: readonly Input[], resources: Resources): Item<Input>[] {
  const queues = timesOfResources(inputs, resources);
  const item = (members: readonly Input[]): Item<Input> => {
    const failedLastTime = members.some(input => input.failedLastTime);
    const own = members.map(({lastMs}) => lastMs);
    if (!own.every(ms => ms !== null)) return {inputs: members, failedLastTime, ms: null};
    const waits = members.flatMap(
      ({constraints}) => constraints?.resources.map(({name}) => queues.get(name) ?? 0) ?? [],
    );
    return {
      inputs: members,
      failedLastTime,
      ms: Math.max(
        own.reduce((sum, ms) => sum + ms, 0),
        ...waits,
      ),
    };
  };
  const groups = new Map<string, Input[]>();
  const items: Item<Input>[] = [];
  for (const input of inputs) {
    const group = input.constraints?.workerGroup ?? null;
    if (group === null) items.push(item([input]));
    else groups.set(placeOn(input.node, input), [...(groups.get(placeOn(input.node, input)) ?? []), input]);
  }
  // A group's files are sorted by path, because the sequencer's order differs from run to run.
  for (const members of groups.values()) items.push(item(members.sort((a, b) => (a.file.path < b.file.path ? -1 : 1))));
  return items;
}

/** By resource: the known time (ms) that all files which take it need if as many as possible run at a time. */
function timesOfResources(inputs: readonly PlanInput[], resources: Resources): Map<string, number> {
  const times = new Map<string, number>();
  for (const {lastMs, constraints} of inputs) {
    for (const {name, amount} of constraints?.resources ?? []) {
      times.set(name, (times.get(name) ?? 0) + ((lastMs ?? 0) * amount) / (resources[name] ?? 1));
    }
  }
  return times;
}

function isSerial({inputs}: Item): boolean {
  return inputs.every(({constraints}) => constraints?.serial === true);
}

function sizeOf({inputs}: Item): number {
  return inputs.reduce((sum, {lastMs, size}) => sum + (lastMs === null ? size() : 0), 0);
}
