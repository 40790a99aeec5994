const {availableParallelism} = require('node:os');

/**
 * The project's own tests. `npm test` runs them with the runner that it has just built. `npm run test:thorough` runs
 * them with Jest's own, too, and compares the results: a broken runner must not judge itself. `npx jest` alone takes
 * Jest's own, and needs no build.
 */
const transform = {'\\.ts$': ['ts-jest', {tsconfig: 'tsconfig.json'}]};
const base = {
  testEnvironment: 'node',
  transform,
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/test/e2e/installs/', '<rootDir>/examples/'],
};

/** What is exhaustive takes as long as all the rest: `npm run test:thorough`. */
const exhaustive = ['chaos', 'exampleFixtures', 'splitProperty'].map(name => `/e2e/${name}\\.test\\.ts$`);
const ignored = process.env.THOROUGH === '1' ? [] : exhaustive;

/** @type {import('jest').Config} */
module.exports = {
  // Most of them wait for other processes: with a worker for each processor a third of the time is idle.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  // It ends what hangs; no test fails because the machine is busy.
  testTimeout: 300_000,
  projects: [
    {...base, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts']},
    {...base, displayName: 'simulation', testMatch: ['<rootDir>/test/simulation/**/*.test.ts']},
    {
      ...base,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...ignored],
    },
  ],
};
