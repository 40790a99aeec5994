/**
 * A file whose tests are cut over shards. Before anybody lists its tests, those of other shards leave circus's tree.
 * Whatever follows the file, in one worker or several, then sees a file that defines only the tests of this shard.
 */
import type {Circus} from '@jest/types';
import type {CutTests, FileCut} from '../../core/wire/fileCut';
import {probe} from '../jestProbes';
import {consoleOf, handleEvents, type CircusFile, type TestEnvironment} from './testFramework';
import {groupTests, type CollectedState, type TestGroups} from './testGroups';

export interface CutFileOptions {
  readonly cut: FileCut;
  /** What else follows the file; null: nothing does. */
  readonly file: CircusFile | null;
  /** Called before the first test begins. Circus waits for the promise. */
  readonly onCut: (tests: CutTests) => void | Promise<void>;
}

export class CutFile implements CircusFile {
  /** Otherwise each shard would run all of the file's tests. */
  readonly refusal = refusal();
  readonly #options: CutFileOptions;

  constructor(options: CutFileOptions) {
    this.#options = options;
  }

  attach(environment: TestEnvironment, circus: {readonly concurrentFileWide: boolean}): void {
    const {cut, file, onCut} = this.#options;
    const entries = consoleOf(environment);
    const follows = handleEvents(environment, (event, state, pass) => {
      if (event.name !== 'run_start') return pass();
      // The user's environment may take tests out of the file before they are listed.
      return Promise.resolve(pass()).then(() => {
        if (!probe('circusState', state)) throw this.refusal;
        return onCut({...cutTests(state, cut, circus.concurrentFileWide), loadEntries: entries?.()?.length ?? 0});
      });
    });
    if (!follows) throw this.refusal;
    // Last, so that its handler is the outer one: at `run_start`, it lists the tests after ours has cut them.
    file?.attach(environment, circus);
  }

  told(name: string, payload: unknown): void {
    this.#options.file?.told(name, payload);
  }
}

/** Takes the tests of other shards out of the tree, and describe blocks that are empty without them. */
export function cutTests(
  state: CollectedState,
  cut: FileCut,
  concurrentFileWide: boolean,
): Omit<CutTests, 'loadEntries'> {
  const {granularity, grouping} = cut;
  const groups = groupTests(state, {granularity, grouping, concurrentFileWide}, 'all');
  const own = ownPlaces(groups, cut);
  keepOnly(state.rootDescribeBlock, new Set(own.map(place => groups.entries[place]?.test)));
  return {names: groups.entries.map(({name}) => name), own};
}

/**
 * A group goes where the plan gives its first test that it gives at all. A plan can lack tests, and can give tests of
 * one group to several shards, because it was made from an earlier state of the file.
 */
function ownPlaces({entries, together}: TestGroups, {shard, owner, given}: FileCut): number[] {
  const shardOf = new Map<number, number>();
  for (const [place, {name}] of entries.entries()) {
    const group = together.of(place);
    const planned = Object.hasOwn(given, name) ? given[name] : undefined;
    if (planned !== undefined && !shardOf.has(group)) shardOf.set(group, planned);
  }
  return [...entries.keys()].filter(place => (shardOf.get(together.of(place)) ?? owner) === shard);
}

/** @returns whether the block has any of the tests */
function keepOnly(block: Circus.DescribeBlock, own: ReadonlySet<Circus.TestEntry | undefined>): boolean {
  block.children = block.children.filter(child =>
    child.type === 'describeBlock' ? keepOnly(child, own) : own.has(child),
  );
  return block.children.length > 0;
}

function refusal(): Error {
  const message =
    'The tests of this file are cut over the shards of the run, but jest-runner-xdist cannot choose which of them run ' +
    "here: the project's test framework is not a known jest-circus, or the test environment of the file does not " +
    'permit a change of `handleTestEvent`. Let one shard run the whole file: remove its `@can-split`, or set ' +
    '`canSplit: false` for it in the option `files`.';
  const error = new Error(message);
  error.stack = `Error: ${message}`; // the frames would be ours
  return error;
}
