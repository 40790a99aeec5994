/**
 * The file that holds the plan of a sharded run, for a CI whose first job makes the plan for all shards. Like all files,
 * it may be old, damaged, or of another project.
 */
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import * as v from 'valibot';
import type {ShardPlan} from '../core/shards/shardPlan';

/** A plan, with what a reader wants to know of it. */
export interface PlanFile {
  readonly plan: ShardPlan;
  /** What the plan was made from, for the user. */
  readonly madeFrom: string;
  /** How long each shard is expected to take one worker, in ms. */
  readonly expectedMs: readonly number[];
  /** The slowest shard's time over the mean: 1 is perfect. `bound`: no plan can be better with these files. */
  readonly ratio: number;
  readonly bound: number;
}

/** The plan cannot be used. Jest was told nothing. The text says why, and what to do. */
export class ShardPlanError extends Error {
  constructor(problem: string) {
    super(`jest-runner-xdist: ${problem}`);
    this.name = 'ShardPlanError';
    // Jest prints the stack. Our frames would not help a user.
    this.stack = this.message;
  }
}

const FORMAT = 1;

const whole = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.finite(), v.minValue(0));

const schema = v.object({
  format: v.literal(FORMAT),
  count: whole,
  madeFrom: v.string(),
  expectedMs: v.array(positive),
  ratio: positive,
  bound: positive,
  files: v.array(
    v.object({
      key: v.string(),
      shard: whole,
      given: v.nullable(v.record(v.string(), whole)),
    }),
  ),
});

/** Shards with equal hashes have the same plan. */
export function hashOf({count, files}: ShardPlan): string {
  const parts = files.map(({key, shard, given}) => [key, shard, given === null ? null : Object.entries(given).sort()]);
  return createHash('sha256')
    .update(JSON.stringify([count, parts]))
    .digest('hex')
    .slice(0, 12);
}

export function writePlanFile(path: string, {plan: {count, files}, ...rest}: PlanFile): void {
  writeFileSync(path, `${JSON.stringify({format: FORMAT, count, ...rest, files})}\n`);
}

/** @throws {ShardPlanError} */
export function readPlanFile(path: string): PlanFile {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ShardPlanError(`the plan of the shards, ${path}, cannot be read: ${(error as Error).message}`);
  }
  const parsed = v.safeParse(schema, value, {abortEarly: true});
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new ShardPlanError(
      `${path} is not a plan of shards that this version reads: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}. ` +
        'Make it with: npx jest-runner-xdist plan --shards <n> -o <file>',
    );
  }
  const {count, files, madeFrom, expectedMs, ratio, bound} = parsed.output;
  const outside = files.flatMap(({key, shard, given}) =>
    [shard, ...Object.values(given ?? {})].filter(one => one > count).map(one => `${key} is in shard ${one}`),
  );
  if (outside[0] !== undefined) throw new ShardPlanError(`${path}: ${outside[0]}, but there are ${count} shards.`);
  return {plan: {count, files}, madeFrom, expectedMs, ratio, bound};
}

/** How many names a list in an error has at most. */
const SHOWN = 5;

/**
 * Checks that a plan is of this run.
 *
 * @param path of the plan file
 * @param keys of the files that Jest has found here
 * @throws {ShardPlanError}
 */
export function checkPlanFile(path: string, {plan}: PlanFile, count: number, keys: readonly string[]): void {
  if (plan.count !== count) {
    throw new ShardPlanError(`${path} is a plan of ${plan.count} shards, and this run has ${count}.`);
  }
  const planned = new Set(plan.files.map(({key}) => key));
  const here = new Set(keys);
  const missing = [...planned].filter(key => !here.has(key));
  const unplanned = keys.filter(key => !planned.has(key));
  if (missing.length === 0 && unplanned.length === 0) return;
  throw new ShardPlanError(
    [
      `${path} is a plan of other test files than those that Jest finds here. Make it from the same commit, with the ` +
        'same arguments for Jest.',
      ...listed('Only in the plan', missing),
      ...listed('Only here', unplanned),
    ].join('\n'),
  );
}

function listed(title: string, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  const others = keys.length > SHOWN ? [`  and ${keys.length - SHOWN} more`] : [];
  return [`${title}:`, ...keys.slice(0, SHOWN).map(key => `  ${key}`), ...others];
}
