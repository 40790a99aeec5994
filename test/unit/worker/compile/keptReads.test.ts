import fs, {mkdirSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {JestsPackages} from '../../../../src/worker/compile/jestsPackages';
import {keepReads} from '../../../../src/worker/compile/keptReads';
import type * as Clock from '../../../../src/pristine/clock';
import {temporaryFolder} from '../../run/temporaryFolder';

/** A Jest that lies nowhere near. */
const ELSEWHERE = {
  runtime: '/elsewhere/node_modules/jest-runtime/build/index.js',
  jests: new JestsPackages('/elsewhere/node_modules/@jest/core/build/index.js'),
};

let time = 0;

/** What is read anew is counted. */
function reads(maxBytes = 1000) {
  const read = jest.fn((path: string) => fs.readFileSync(path));
  return {
    read,
    kept: keepReads(read as never, {...ELSEWHERE, maxBytes, timeOfDay: () => time}) as typeof fs.readFileSync,
  };
}

/** A clock that is so much ahead of that of the files: they were changed that long ago. */
function later(seconds: number) {
  time = Date.now() + seconds * 1000;
}

function packageFile(text = 'old'): string {
  const path = join(temporaryFolder({'node_modules/a/index.js': text}), 'node_modules/a/index.js');
  utimesSync(path, 1000, 1000); // a time that can be set once more, to the nanosecond
  return path;
}

beforeEach(() => later(10));
afterEach(() => jest.restoreAllMocks());

test('mocks of `fs` that throw, which a test has left, keep nobody from reading', () => {
  const inPackage = packageFile('text');
  const ofProject = join(temporaryFolder({'a.js': 'own'}), 'a.js');
  const original = {openSync: fs.openSync, readSync: fs.readSync, closeSync: fs.closeSync};
  const texts: string[] = [];
  let missing: unknown;
  // Jest reads files itself: all that it does waits until they are back.
  const mock = () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- an error's stack would be looked for in source maps
    throw 'left behind';
  };
  try {
    Object.assign(fs, {openSync: mock, readSync: mock, closeSync: mock});
    const {kept} = reads();
    texts.push(String(kept(inPackage)), String(kept(ofProject)));
    try {
      kept(`${ofProject}.missing`);
    } catch (error) {
      missing = error;
    }
  } finally {
    Object.assign(fs, original);
  }
  expect(texts).toEqual(['text', 'own']);
  expect(missing).toBe('left behind');
});

test('a clock may tell fractions of a millisecond', () => {
  const path = packageFile();
  const fractional = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 0.25);
  try {
    jest.isolateModules(() => {
      const {epochMs} = jest.requireActual<typeof Clock>('../../../../src/pristine/clock');
      const kept = keepReads(fs.readFileSync, {...ELSEWHERE, timeOfDay: epochMs});
      expect(String(kept(path))).toBe('old');
    });
  } finally {
    fractional.mockRestore();
  }
});

test('a file is read once', () => {
  const path = packageFile();
  const {read, kept} = reads();
  const bytes = kept(path);
  expect(kept(path)).toBe(bytes);
  expect(String(bytes)).toBe('old');
  expect(read).toHaveBeenCalledTimes(1);
});

test('its text is made once, and is what it would be', () => {
  const {kept} = reads();
  const bytes = kept(packageFile('äöü'));
  expect(bytes.toString('hex')).toBe('c3a4c3b6c3bc');
  expect(bytes.toString('utf8', 2)).toBe('öü');
  expect(bytes.toString('utf8', 0, 2)).toBe('ä');
  expect(bytes.toString()).toBe('äöü');
  bytes.fill('x');
  expect([bytes.toString(), bytes.toString('utf8')]).toEqual(['äöü', 'äöü']);
});

describe('it is read again', () => {
  test.each([
    ['with another size', (path: string) => writeFileSync(path, 'newer')],
    ['with the same size', (path: string) => writeFileSync(path, 'new')],
    [
      'with the same size and time',
      (path: string) => {
        const {atime, mtime} = statSync(path);
        writeFileSync(path, 'new');
        utimesSync(path, atime, mtime);
      },
    ],
    [
      'by another file of the same size and time',
      (path: string) => {
        const {atime, mtime} = statSync(path);
        writeFileSync(`${path}.new`, 'new');
        utimesSync(`${path}.new`, atime, mtime);
        renameSync(`${path}.new`, path);
      },
    ],
    [
      'by a link to another file',
      (path: string) => {
        writeFileSync(`${path}.new`, 'new');
        unlinkSync(path);
        symlinkSync(`${path}.new`, path);
      },
    ],
  ])('when it was changed: %s', (_how, change) => {
    const path = packageFile();
    const {read, kept} = reads();
    kept(path);
    change(path);
    later(10);
    expect(String(kept(path))).toMatch(/^new/);
    expect(String(kept(path))).toMatch(/^new/);
    expect(read).toHaveBeenCalledTimes(2);
  });

  test('each time, while it was changed just now', () => {
    const path = packageFile();
    later(1);
    const {read, kept} = reads();
    kept(path);
    kept(path);
    expect(read).toHaveBeenCalledTimes(2);
    later(5);
    kept(path);
    kept(path);
    expect(read).toHaveBeenCalledTimes(3);
  });

  test('each time, while it has got the time of an old file just now', () => {
    const path = packageFile();
    later(0);
    const {read, kept} = reads();
    kept(path);
    kept(path);
    expect(read).toHaveBeenCalledTimes(2);
  });

  test('each time, when its time lies in the future', () => {
    const path = packageFile();
    const then = Date.now() / 1000 + 1000;
    utimesSync(path, then, then);
    const {read, kept} = reads();
    kept(path);
    kept(path);
    expect(read).toHaveBeenCalledTimes(2);
  });

  test('each time, when it is not of a package', () => {
    const path = join(temporaryFolder({'src/a.js': 'old'}), 'src/a.js');
    const {read, kept} = reads();
    kept(path);
    kept(path);
    expect(read).toHaveBeenCalledTimes(2);
  });

  test('each time, when the file system has no exact times', () => {
    const path = packageFile();
    const {mtimeNs: _, ...stats} = statSync(path, {bigint: true});
    jest.isolateModules(() => {
      jest.spyOn(fs, 'statSync').mockReturnValue(stats as never);
      const {keepReads: keep} = jest.requireActual<typeof import('../../../../src/worker/compile/keptReads')>(
        '../../../../src/worker/compile/keptReads',
      );
      const read = jest.fn((path: string) => fs.readFileSync(path));
      const kept = keep(read, ELSEWHERE);
      kept(path);
      expect(String(kept(path))).toBe('old');
      expect(read).toHaveBeenCalledTimes(2);
    });
  });
});

test('of a file that changes while it is read nothing is kept', () => {
  const path = packageFile();
  const kept = keepReads(path => {
    const bytes = fs.readFileSync(path);
    writeFileSync(path, 'newer');
    return bytes;
  }, ELSEWHERE);
  expect(String(kept(path))).toBe('old');
  later(10);
  expect(String(kept(path))).toBe('newer');
});

describe('what is kept is bound', () => {
  test('by the bytes of all files', () => {
    const paths = [packageFile('12345'), packageFile('12345'), packageFile('1')];
    const {read, kept} = reads(10);
    for (const path of [...paths, ...paths]) kept(path);
    expect(read.mock.calls.map(([path]) => paths.indexOf(path))).toEqual([0, 1, 2, 2]);
  });

  test('and of the texts that were made of them', () => {
    const [ascii, umlaut, other] = [packageFile('12345'), packageFile('ä'), packageFile('123')];
    const {read, kept} = reads(15);
    for (const path of [ascii, umlaut]) kept(path).toString(); // 10 bytes and 4
    for (const path of [ascii, umlaut, other, other]) kept(path);
    expect(read.mock.calls.map(([path]) => [ascii, umlaut, other].indexOf(path))).toEqual([0, 1, 2, 2]);
  });

  test('a text for which there is no place is made each time', () => {
    const {kept} = reads(8);
    const bytes = kept(packageFile('12345'));
    expect(bytes.toString()).toBe('12345');
    bytes.fill('x');
    expect(bytes.toString()).toBe('xxxxx');
  });

  test('a text of a file that was changed counts no more', () => {
    const [changing, other] = [packageFile('12345'), packageFile('12345')];
    const {read, kept} = reads(20);
    for (const text of ['1234', '123', '12345']) {
      writeFileSync(changing, text);
      later(10);
      kept(changing).toString();
    }
    kept(other).toString();
    read.mockClear();
    kept(changing);
    kept(other);
    expect(read).not.toHaveBeenCalled();
  });

  test('of which a changed one counts once', () => {
    const [changing, other] = [packageFile('12345'), packageFile('12345')];
    const {read, kept} = reads(10);
    for (const text of ['1234', '123', '12345']) {
      writeFileSync(changing, text);
      later(10);
      kept(changing);
    }
    kept(other);
    read.mockClear();
    kept(changing);
    kept(other);
    expect(read).not.toHaveBeenCalled();
  });
});

describe('what comes with a path is passed on', () => {
  test.each([['utf8'], [{encoding: 'utf8'}]])('%j', options => {
    const path = packageFile();
    const {read, kept} = reads();
    read.mockImplementation(fs.readFileSync);
    expect(kept(path)).toBeInstanceOf(Buffer);
    expect(kept(path, options as 'utf8')).toBe('old');
    expect(read.mock.calls).toEqual([[path], [path, options]]);
  });

  test('and so is what is no path', () => {
    const {kept} = reads();
    const file = fs.openSync(packageFile(), 'r');
    expect(String(kept(file))).toBe('old');
    fs.closeSync(file);
  });
});

describe('a read that fails fails as without us', () => {
  const cases: [string, (folder: string) => string][] = [
    ['a file that is gone', folder => join(folder, 'node_modules/a.js')],
    ['below a file', folder => join(folder, 'node_modules/file/a.js')],
    ['a folder', folder => join(folder, 'node_modules')],
    ['a folder of a package', folder => join(folder, 'node_modules/folder')],
  ];
  /** Where each is thrown, it has the same callers. */
  const thrownBy = (read: (path: string) => unknown, path: string) => {
    try {
      read(path);
    } catch (error) {
      return error as NodeJS.ErrnoException;
    }
    throw new Error('it was read');
  };
  test.each(cases)('%s', (_what, pathIn) => {
    const folder = temporaryFolder({'node_modules/file': ''});
    mkdirSync(join(folder, 'node_modules/folder'));
    const path = pathIn(folder);
    const kept = keepReads(fs.readFileSync, ELSEWHERE);
    const [ours, stock] = [kept, fs.readFileSync].map(read => thrownBy(read as never, path));
    expect(ours?.message).toBe(stock?.message);
    expect({...ours}).toEqual({...stock});
    expect(ours?.stack).toBe(stock?.stack);
  });

  test('after it was kept, too', () => {
    const path = packageFile();
    const {kept} = reads();
    kept(path);
    rmSync(path);
    expect(() => kept(path)).toThrow(/ENOENT: no such file or directory, open/);
  });
});

describe('a package of Jest, in the node_modules of jest-runtime', () => {
  /** Whether a file is read once more when it was changed. */
  function isReadAgain(name: string, runtime = 'node_modules/jest-runtime/build/index.js'): boolean {
    const folder = temporaryFolder({
      [name]: 'old',
      'node_modules/@jest/core/package.json': JSON.stringify({
        dependencies: {'jest-circus': '', '@jest/expect': '', expect: '', lodash: ''},
      }),
    });
    const path = join(folder, name);
    utimesSync(path, 1, 1);
    later(10);
    const jests = new JestsPackages(join(folder, 'node_modules/@jest/core/build/index.js'));
    const kept = keepReads(one => fs.readFileSync(one), {
      runtime: join(folder, runtime),
      jests,
      timeOfDay: () => time,
    });
    expect(String(kept(path))).toBe('old');
    writeFileSync(path, 'new');
    return String(kept(path)) === 'new';
  }

  test.each([
    ['node_modules/expect/build/index.js', false],
    ['node_modules/jest-circus/build/run.js', false],
    ['node_modules/@jest/expect/build/index.js', false],
    ['node_modules/lodash/index.js', true],
    ['node_modules/jest-circus/node_modules/semver/index.js', true],
    ['node_modules/expected/index.js', true],
    ['node_modules/jest-extended/dist/index.js', true],
    ['node_modules/jest-when/dist/when.js', true],
    ['node_modules/@jest/mock-of-somebody/index.js', true],
  ])('%s is looked at again: %p', (name, again) => {
    expect(isReadAgain(name)).toBe(again);
  });

  test('and not in another', () => {
    expect(isReadAgain('fixture/node_modules/expect/index.js')).toBe(true);
    expect(isReadAgain('node_modules/expect/index.js', 'packages/jest-runtime/build/index.js')).toBe(true);
  });
});
