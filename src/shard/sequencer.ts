/**
 * The module `jest-runner-xdist/sequencer`, for Jest's option `testSequencer`. With `--shard`, it cuts a run by what
 * its files took in the past, where Jest's own sequencer counts files. For the rest, it is Jest's own. A sequencer of
 * the user's own may extend it.
 */
import {findRunningJest} from '../run/jest/runningJest';
import {setCurrentShard} from '../run/shard/currentShard';
import {makeShard, type KnownConfig} from './makeShard';
import type {SequencedTest} from './shardInputs';

/** The part of Jest's own sequencer that we use. Its types may not be resolvable where a sequencer extends ours. */
interface Sequencer {
  shard<T extends SequencedTest>(tests: T[], options: ShardOptions): T[] | Promise<T[]>;
  sort<T extends SequencedTest>(tests: T[]): T[] | Promise<T[]>;
  allFailedTests<T extends SequencedTest>(tests: T[]): T[] | Promise<T[]>;
  cacheResults<T extends SequencedTest>(tests: T[], results: unknown): void;
}

interface ShardOptions {
  /** From 1. */
  readonly shardIndex: number;
  readonly shardCount: number;
}

/** What Jest 30 passes. Jest 29 passes nothing. */
interface SequencerOptions {
  readonly contexts?: readonly unknown[];
  readonly globalConfig?: KnownConfig;
}

const JestsOwn = jestsOwn();

class XdistSequencer extends JestsOwn implements Sequencer {
  readonly #config: KnownConfig | null;
  #isSharded = false;

  constructor(options: SequencerOptions = {}) {
    super(options);
    this.#config = options.globalConfig ?? null;
    setCurrentShard(null); // in watch mode, of the run before
  }

  /** @throws {OptionsError} or {ShardPlanError} (rejects): Jest prints it, and runs nothing */
  override async shard<T extends SequencedTest>(tests: T[], {shardIndex, shardCount}: ShardOptions): Promise<T[]> {
    const {shard, own} = await makeShard(tests, {
      index: shardIndex,
      count: shardCount,
      config: this.#config,
      failedOf: all => super.allFailedTests(all),
    });
    setCurrentShard(shard);
    this.#isSharded = true;
    return own;
  }

  /** All shards must have the same list, so `shard` has already chosen, by the timings that all of them have. */
  override allFailedTests<T extends SequencedTest>(tests: T[]): T[] | Promise<T[]> {
    return this.#isSharded ? this.sort(tests) : super.allFailedTests(tests);
  }
}

function jestsOwn(): new (options: SequencerOptions) => Sequencer {
  const loaded = require(findRunningJest().defaultSequencer()) as {readonly default: never};
  return loaded.default;
}

export = XdistSequencer;
