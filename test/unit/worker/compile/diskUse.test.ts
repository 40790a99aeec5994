import fs, {existsSync, mkdirSync, readdirSync, truncateSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type * as DiskUse from '../../../../src/worker/compile/diskUse';
import {temporaryFolder} from '../../run/temporaryFolder';

const {rmSync} = fs;

/** Our functions, where some files are of somebody else. */
function diskUse(ofOthers: readonly string[] = []): typeof DiskUse {
  let ours!: typeof DiskUse;
  jest.spyOn(fs, 'rmSync').mockImplementation((path, options) => {
    if (ofOthers.includes(String(path))) throw Object.assign(new Error('EACCES'), {code: 'EACCES'});
    rmSync(path, options);
  });
  jest.isolateModules(() => {
    ours = jest.requireActual<typeof DiskUse>('../../../../src/worker/compile/diskUse');
  });
  jest.restoreAllMocks();
  return ours;
}

/** A folder with files of these sizes, the first touched longest ago. */
function folderOf(sizes: Readonly<Record<string, number>>) {
  const folder = temporaryFolder();
  const paths = Object.entries(sizes).map(([name, size], index) => {
    const path = join(folder, name);
    writeFileSync(path, '');
    truncateSync(path, size);
    utimesSync(path, 1000 + index, 1000 + index);
    return path;
  });
  return {paths, left: () => readdirSync(folder).sort().join(' '), pathOf: (name: string) => join(folder, name)};
}

const TEN = Object.fromEntries([...'zyxwvutsrq'].map(name => [name, 10]));

test('what is within its bound is left alone', () => {
  const {paths, left} = folderOf(TEN);
  diskUse().keepWithin(paths, 100);
  expect(left()).toBe('q r s t u v w x y z');
});

test('beyond it those go that were touched longest ago, down to three quarters of it', () => {
  const {paths, left} = folderOf(TEN);
  diskUse().keepWithin(paths.reverse(), 99);
  // 74.25 is what may be left of 99.
  expect(left()).toBe('q r s t u v w');
});

test('to be at three quarters is enough, to be just above is not', () => {
  const leftOf = (sizes: Readonly<Record<string, number>>) => {
    const {paths, left} = folderOf(sizes);
    diskUse().keepWithin(paths, 100);
    return left();
  };
  expect(leftOf({old: 26, middle: 40, young: 35})).toBe('middle young');
  expect(leftOf({old: 25, middle: 41, young: 35})).toBe('young');
});

test('where there is no time to look at all, nothing goes: which is the oldest is not known', () => {
  const {paths, left} = folderOf(TEN);
  let asked = 0;
  diskUse().keepWithin(paths, 10, () => ++asked > 9);
  expect({left: left(), asked}).toEqual({left: 'q r s t u v w x y z', asked: 10});
});

test('where there is no time to remove all, the oldest of them go', () => {
  const {paths, left} = folderOf(TEN);
  let asked = 0;
  diskUse().keepWithin(paths, 10, () => ++asked > 10 + 2);
  expect(left()).toBe('q r s t u v w x');
});

test('for what cannot be removed others go', () => {
  const {paths, left, pathOf} = folderOf({old: 40, middle: 40, young: 30});
  diskUse([pathOf('old')]).keepWithin(paths, 100);
  expect(left()).toBe('old young');
});

test('a folder is neither counted nor removed, nor what is not there any more', () => {
  const {paths, left, pathOf} = folderOf({old: 50, young: 50});
  mkdirSync(pathOf('folder'));
  utimesSync(pathOf('folder'), 1, 1);
  const all = [pathOf('folder'), pathOf('gone'), ...paths];
  diskUse().keepWithin(all, 100);
  expect(left()).toBe('folder old young');
  diskUse().keepWithin(all, 99);
  expect(left()).toBe('folder young');
});

test('what was to be removed is told', () => {
  const {paths, pathOf} = folderOf({one: 1, other: 1});
  mkdirSync(pathOf('folder'));
  const {remove} = diskUse([pathOf('other')]);
  expect([...paths, pathOf('folder'), pathOf('gone')].map(remove)).toEqual([true, false, false, true]);
  expect([existsSync(pathOf('one')), existsSync(pathOf('folder'))]).toEqual([false, true]);
});

test('a test that spies on Node sees none of our calls', () => {
  const {paths, left} = folderOf({old: 50, young: 50});
  const {keepWithin} = diskUse();
  const spies = (['rmSync', 'statSync'] as const).map(name => jest.spyOn(fs, name));
  keepWithin(paths, 60);
  expect(spies.map(({mock}) => mock.calls)).toEqual([[], []]);
  jest.restoreAllMocks();
  expect(left()).toBe('');
});

describe('there is room for a file', () => {
  /** Our functions, on a disk that has so many bytes left, in blocks of 10. */
  function diskOf(stats: {bavail: number; blocks: number} | Error): (folder: string, bytes: number) => boolean {
    const asked = jest.spyOn(fs, 'statfsSync').mockImplementation((() => {
      if (stats instanceof Error) throw stats;
      return {...stats, bsize: 10};
    }) as never);
    let ours!: typeof DiskUse;
    jest.isolateModules(() => {
      ours = jest.requireActual<typeof DiskUse>('../../../../src/worker/compile/diskUse');
    });
    return (folder, bytes) => {
      const room = ours.hasRoom(folder, bytes, 100);
      expect(asked).toHaveBeenCalledTimes(1);
      expect(existsSync(String(asked.mock.calls[0]?.[0]))).toBe(true);
      return room;
    };
  }
  afterEach(() => jest.restoreAllMocks());

  test('if so much is left beside it', () => {
    expect(diskOf({bavail: 12, blocks: 1000})(temporaryFolder(), 20)).toBe(true);
    jest.restoreAllMocks();
    expect(diskOf({bavail: 12, blocks: 1000})(temporaryFolder(), 21)).toBe(false);
  });

  test('in a folder that is not there yet', () => {
    expect(diskOf({bavail: 0, blocks: 1000})(join(temporaryFolder(), 'a', 'b'), 1)).toBe(false);
  });

  test('where the file system does not say', () => {
    expect(diskOf({bavail: 0, blocks: 0})(temporaryFolder(), 20)).toBe(true);
    jest.restoreAllMocks();
    expect(diskOf(new Error('ENOSYS'))(temporaryFolder(), 20)).toBe(true);
  });
});
