import {ModuleTimes} from '../../../../src/worker/profile/moduleTimes';

const TEST = '/repo/a.test.js';
const SOURCE = '/repo/src/a.js';

/** Calls of a Jest, in virtual time. */
class FakeJest {
  readonly times: ModuleTimes;
  readonly #tellsRuns: boolean;
  #time = 1000;
  /** What Jest has marked as executing. */
  #marked: string | null = null;

  constructor(tellsRuns: boolean) {
    this.#tellsRuns = tellsRuns;
    this.times = new ModuleTimes(tellsRuns, () => this.#time);
  }

  pass(ms: number): void {
    this.#time += ms;
  }

  /**
   * Loads a module, which takes 1 ms before it is transformed, 2 ms to transform, and 4 ms to compile.
   *
   * @param body null: it cannot be compiled
   */
  load(path: string, body: (() => void) | null, isJests = false): void {
    const {times} = this;
    const before = this.#marked;
    this.#marked = path;
    times.marks(path);
    try {
      this.pass(1);
      if (!isJests) {
        times.transformBegins();
        this.pass(2);
        times.transformEnds();
      }
      this.pass(4);
      if (body === null) throw new Error('cannot be compiled');
      if (this.#tellsRuns) times.runs();
      try {
        body();
      } catch (error) {
        if (this.#tellsRuns) times.throws();
        throw error;
      }
    } catch (error) {
      if (!this.#tellsRuns) times.marks((this.#marked = before));
      throw error;
    }
    times.marks((this.#marked = before));
  }

  get found(): Record<string, number> {
    const {packages, sources} = this.times.slowest();
    return Object.fromEntries([...packages, ...sources].map(({name, ms}) => [name, ms]));
  }
}

const fails = () => {
  throw new Error('no');
};

const attempt = (act: () => void) => {
  try {
    act();
  } catch {
    // As a test file does that goes on without an optional module.
  }
};

describe.each([
  ['up to 30.3', true],
  ['from 30.4 on', false],
])('in a Jest %s', (_version, tellsRuns) => {
  test("a module's own time is without that of the modules that it loads, and without transforms", () => {
    const jest = new FakeJest(tellsRuns);
    jest.load(TEST, () => {
      jest.pass(100);
      jest.load(SOURCE, () => {
        jest.pass(20);
        jest.load('/repo/node_modules/@s/p/index.js', () => jest.pass(300));
        jest.load('/repo/node_modules/@s/p/lib/more.js', () => jest.pass(40));
      });
      jest.pass(200);
    });
    jest.pass(1000);
    expect(jest.found).toEqual({[TEST]: 304, [SOURCE]: 24, '@s/p': 348});
    expect(jest.times.modules).toBe(4);
    expect(jest.times.isIdle).toBe(true);
    expect(jest.times.slowest().packages).toEqual([{name: '@s/p', ms: 348, modules: 2}]);
  });

  test("Jest's own modules are nobody's time", () => {
    const jest = new FakeJest(tellsRuns);
    jest.load('/jest/circus.js', () => jest.pass(50), true);
    jest.load(TEST, () => jest.load('/jest/expect.js', () => jest.pass(50), true));
    expect(jest.found).toEqual({[TEST]: 4});
    expect(jest.times.modules).toBe(1);
  });

  test('a module that throws has its time, and those that loaded it go on', () => {
    const jest = new FakeJest(tellsRuns);
    jest.load(TEST, () => {
      attempt(() =>
        jest.load(SOURCE, () => {
          jest.pass(30);
          jest.load('/repo/deep.js', () => {
            jest.pass(60);
            fails();
          });
        }),
      );
      jest.pass(100);
      jest.load('/repo/other.js', () => jest.pass(7));
      jest.pass(100);
    });
    expect(jest.found).toEqual({[TEST]: 204, [SOURCE]: 34, '/repo/deep.js': 64, '/repo/other.js': 11});
    expect(jest.times.isIdle).toBe(true);
  });

  test('a module that cannot be compiled takes no time from the one that loads it', () => {
    const jest = new FakeJest(tellsRuns);
    jest.load(TEST, () => {
      attempt(() => jest.load(SOURCE, null));
      jest.pass(100);
      jest.load('/repo/other.js', () => jest.pass(7));
      attempt(() => jest.load(SOURCE, null));
      jest.pass(100);
    });
    const {[TEST]: own = 0, '/repo/other.js': other} = jest.found;
    // Up to 30.3, nobody tells when the compiler gave up: that time is the loading module's.
    expect(own).toBe(204 + (tellsRuns ? 8 : 0));
    expect(other).toBe(11);
    expect(jest.times.isIdle).toBe(true);
  });

  test('the time between the loading of two modules is nobody’s, whatever the first one did', () => {
    const jest = new FakeJest(tellsRuns);
    attempt(() => jest.load(TEST, fails));
    jest.pass(1000);
    attempt(() => jest.load(SOURCE, null));
    jest.pass(1000);
    jest.load('/repo/other.js', () => undefined);
    expect(Object.values(jest.found).every(ms => ms < 10)).toBe(true);
  });

  test('only the ten slowest packages and sources are listed, the slowest first', () => {
    const jest = new FakeJest(tellsRuns);
    const numbers = Array.from({length: 12}, (_, index) => index);
    for (const index of numbers) {
      jest.load(`/repo/${index}.js`, () => jest.pass(index));
      jest.load(`C:\\repo\\node_modules\\p${index}\\index.js`, () => jest.pass(index));
    }
    const {packages, sources} = jest.times.slowest();
    expect(packages.map(({name}) => name)).toEqual(
      numbers
        .slice(2)
        .reverse()
        .map(index => `p${index}`),
    );
    expect(sources.map(({name}) => name)).toEqual(
      numbers
        .slice(2)
        .reverse()
        .map(index => `/repo/${index}.js`),
    );
  });
});

test('asynchronous transforms take the time in which there is one', () => {
  let time = 0;
  const times = new ModuleTimes(false, () => time);
  times.asyncTransformBegins();
  time = 10;
  times.asyncTransformBegins();
  time = 15;
  expect(times.transformEnds()).toBe(0);
  time = 40;
  expect(times.transformEnds()).toBe(40);
  times.asyncTransformBegins(); // fails
  times.loaded();
  times.asyncTransformBegins();
  time = 50;
  expect([times.transformEnds(), times.modules]).toEqual([10, 4]);
});
