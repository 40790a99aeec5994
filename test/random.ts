/**
 * fast-check for all tests with random cases. They are the same ones each time: a change fails for what it changed.
 * `RANDOM_CASES=25` tries 25 times as many, and others each time; `RANDOM_SEED=<seed>` those of a run that failed.
 */
import fc from 'fast-check';

const {RANDOM_CASES, RANDOM_SEED} = process.env;

const times = RANDOM_CASES === undefined ? 1 : Number(RANDOM_CASES);

/** How many cases to try, where so many are tried without being told. */
export const cases = (count: number): number => Math.ceil(count * times);

/** What share of the cases that take long is tried: all with `npm run test:thorough`, and when a number is told. */
const share = process.env.THOROUGH === '1' || RANDOM_CASES !== undefined ? 1 : 0.2;

/** How many cases to try of those that take long. */
export const longCases = (count: number): number => cases(count * share);

/** How often something is to happen in `longCases`, if it is to happen so often in all of them. */
export const often = (count: number): number => Math.floor(count * share);

if (RANDOM_SEED !== undefined) fc.configureGlobal({seed: Number(RANDOM_SEED)});
else if (RANDOM_CASES === undefined) fc.configureGlobal({seed: 1});

export default fc;
