/**
 * The test file with which a worker warms up: it runs in a realm of Jest's and uses what nearly each test file uses.
 */
declare const describe: (name: string, define: () => void) => void;
declare const test: (name: string, run: () => void) => void;
declare const expect: (value: unknown) => {toBe(expected: unknown): void};

describe('a worker', () => {
  test('is warm', () => {
    expect(true).toBe(true);
  });
});

export {};
