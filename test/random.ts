/**
 * fast-check for all tests with random cases. They are the same ones each time: a change fails for what it changed.
 * `RANDOM_CASES=25` tries 25 times as many, and others each time; `RANDOM_SEED=<seed>` those of a run that failed.
 */
import fc from 'fast-check';

const {RANDOM_CASES, RANDOM_SEED} = process.env;

const times = RANDOM_CASES === undefined ? 1 : Number(RANDOM_CASES);

/** How many cases to try, where so many are tried without being told. */
export const cases = (count: number): number => Math.ceil(count * times);

if (RANDOM_SEED !== undefined) fc.configureGlobal({seed: Number(RANDOM_SEED)});
else if (RANDOM_CASES === undefined) fc.configureGlobal({seed: 1});

export default fc;
