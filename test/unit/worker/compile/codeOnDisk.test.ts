import {spawnSync} from 'node:child_process';
import fs, {chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import v8 from 'node:v8';
import {CodeOnDisk} from '../../../../src/worker/compile/codeOnDisk';
import type {ModuleCode} from '../../../../src/worker/compile/storedCode';
import {compileRings} from '../../compiledSources';
import {temporaryFolder} from '../../run/temporaryFolder';

const data = Buffer.from('what V8 has made');
const folderIn = () => join(temporaryFolder(), 'code');

/** As a process has left it, of one source. */
function left(warm = true) {
  const folder = folderIn();
  const disk = new CodeOnDisk(folder);
  const key = disk.key(['source']);
  disk.write(key, {data, warm});
  return {folder, key, path: join(folder, key)};
}

describe('what one process has written another reads', () => {
  test.each([true, false])('warm: %s', warm => {
    const {folder, key} = left(warm);
    expect(new CodeOnDisk(folder).read(key)).toEqual({data, warm});
  });

  test('and the one that has written it', () => {
    const disk = new CodeOnDisk(folderIn());
    const key = disk.key(['source']);
    expect(disk.read(key)).toBeNull();
    expect(disk.write(key, {data, warm: true})).toBe(true);
    expect(disk.read(key)).toEqual({data, warm: true});
  });

  test('nothing else is in the folder', () => {
    const {folder, key} = left();
    expect(readdirSync(folder)).toEqual([key]);
  });
});

describe('the key', () => {
  test.each([
    ['another part', ['a', 'b'], ['a', 'c']],
    ['another first part', ['a', 'b'], ['c', 'b']],
    ['where a part ends', ['a', 'bc'], ['ab', 'c']],
    ['a part that looks like two', ['a\0' + '1\0' + 'b'], ['a', 'b']],
    ['one more that is empty', ['a'], ['a', '']],
    ['a byte between parts', ['a\0b'], ['a', 'b']],
    ['half a character', ['\ud800'], ['\ud801']],
  ])('depends on %s', (_what, one, other) => {
    const disk = new CodeOnDisk(folderIn());
    expect(disk.key(one)).not.toBe(disk.key(other));
    expect(disk.key(one)).toBe(new CodeOnDisk(folderIn()).key(one));
  });

  test('depends on what V8 says of itself and its flags', () => {
    const key = new CodeOnDisk(folderIn()).key(['a']);
    jest.spyOn(v8, 'cachedDataVersionTag').mockReturnValueOnce(1);
    jest.isolateModules(() => {
      const {CodeOnDisk: Again} = jest.requireActual<typeof import('../../../../src/worker/compile/codeOnDisk')>(
        '../../../../src/worker/compile/codeOnDisk',
      );
      expect(new Again(folderIn()).key(['a'])).not.toBe(key);
      expect(new Again(folderIn()).key(['a'])).toBe(key);
    });
  });
});

describe('what is damaged is as if it were not there, and is written anew', () => {
  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ['a byte of its code', bytes => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])])],
    ['a byte of its digest', bytes => flipped(bytes, 10)],
    ['a byte of the magic', bytes => flipped(bytes, 0)],
    ['its end is gone', bytes => bytes.subarray(0, -1)],
    ['all of its code is gone', bytes => bytes.subarray(0, 25)],
    ['half of its head is gone', bytes => bytes.subarray(0, 7)],
    ['it is empty', () => Buffer.alloc(0)],
    ['something is added', bytes => Buffer.concat([bytes, Buffer.from('x')])],
  ];
  test.each(damages)('%s', (_what, damage) => {
    const {folder, key, path} = left();
    writeFileSync(path, damage(readFileSync(path)));
    const disk = new CodeOnDisk(folder);
    expect(disk.read(key)).toBeNull();
    expect(disk.write(key, {data, warm: true})).toBe(true);
    expect(disk.read(key)).toEqual({data, warm: true});
    expect(new CodeOnDisk(folder).read(key)).toEqual({data, warm: true});
  });

  test('it is read once', () => {
    const {folder, key, path} = left();
    const whole = readFileSync(path);
    writeFileSync(path, flipped(whole, 30));
    const disk = new CodeOnDisk(folder);
    expect(disk.read(key)).toBeNull();
    writeFileSync(path, whole);
    expect(disk.read(key)).toBeNull();
  });

  test('another process has removed the file', () => {
    const {folder, key} = left();
    const disk = new CodeOnDisk(folder);
    new CodeOnDisk(folder, 0).write('0'.repeat(40), {data, warm: true});
    const shrinking = new CodeOnDisk(folder, 0);
    shrinking.write('1'.repeat(40), {data, warm: true});
    shrinking.tidy();
    expect(disk.read(key)).toBeNull();
    disk.tidy();
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('the folder', () => {
  /** Files of 1000 bytes and a head each, written a day after the other. */
  function withFiles(count: number) {
    const folder = folderIn();
    const disk = new CodeOnDisk(folder);
    const keys = Array.from({length: count}, (_, index) => disk.key([String(index)]));
    keys.forEach((key, index) => {
      disk.write(key, {data: Buffer.alloc(1000), warm: true});
      const then = Date.now() / 1000 - (count - index) * 24 * 60 * 60 - 60;
      utimesSync(join(folder, key), then, then);
    });
    return {folder, keys};
  }

  /** As a process that has written one more. */
  function tidied(folder: string, maxBytes: number) {
    const disk = new CodeOnDisk(folder, maxBytes);
    const key = disk.key(['new']);
    disk.write(key, {data: Buffer.alloc(1000), warm: true});
    expect(disk.tidy()).toBe(true);
    return {key, left: new Set(readdirSync(folder))};
  }

  test('is left alone while it is within its bound', () => {
    const {folder, keys} = withFiles(5);
    const {key, left} = tidied(folder, 10_000);
    expect(left).toEqual(new Set([...keys, key]));
  });

  test('loses what was written first, down to three quarters', () => {
    const {folder, keys} = withFiles(9);
    const {key, left} = tidied(folder, 10_000);
    // Of ten, of 1025 bytes each, seven are left.
    expect(left).toEqual(new Set([...keys.slice(3), key]));
  });

  test('is left alone where there is no time to look through it', () => {
    const {folder, keys} = withFiles(9);
    const disk = new CodeOnDisk(folder, 10_000);
    disk.write(disk.key(['new']), {data: Buffer.alloc(1000), warm: true});
    expect(disk.tidy(() => true)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(keys.length + 1);
  });

  test('is not looked through by a process that has written nothing', () => {
    const {folder, keys} = withFiles(5);
    expect(new CodeOnDisk(folder, 10).tidy()).toBe(false);
    expect(readdirSync(folder)).toHaveLength(keys.length);
  });

  test('what is named otherwise is not ours: it is neither counted nor removed', () => {
    const {folder, keys} = withFiles(5);
    writeFileSync(join(folder, 'notes.txt'), Buffer.alloc(100_000));
    mkdirSync(join(folder, 'a folder'));
    const {left} = tidied(folder, 10_000);
    expect(left).toEqual(new Set([...left, ...keys, 'notes.txt', 'a folder']));
    expect(tidied(folder, 10).left).toEqual(new Set(['notes.txt', 'a folder']));
  });

  test('what cannot be removed stays', () => {
    const {folder} = withFiles(2);
    mkdirSync(join(folder, 'f'.repeat(40)));
    expect(tidied(folder, 10).left).toEqual(new Set(['f'.repeat(40)]));
  });

  test('a draft that was never finished goes with time', () => {
    const {folder, keys} = withFiles(2);
    const draft = join(folder, `${keys[0] ?? ''}.123-0`);
    writeFileSync(draft, Buffer.alloc(1000));
    utimesSync(draft, 1, 1);
    expect(tidied(folder, 4_000).left).not.toContain(`${keys[0] ?? ''}.123-0`);
  });
});

describe('on a disk without space', () => {
  afterEach(() => jest.restoreAllMocks());

  /** Ours, with some of Node's functions replaced. */
  function withFs(replaced: Partial<Record<'statfsSync' | 'writeSync', () => unknown>>): typeof CodeOnDisk {
    for (const [name, replacement] of Object.entries(replaced)) {
      jest.spyOn(fs, name as 'statfsSync').mockImplementation(replacement as never);
    }
    let Ours!: typeof CodeOnDisk;
    jest.isolateModules(() => {
      Ours = jest.requireActual<typeof import('../../../../src/worker/compile/codeOnDisk')>(
        '../../../../src/worker/compile/codeOnDisk',
      ).CodeOnDisk;
    });
    return Ours;
  }

  test('nothing is written if that would leave less than 64 MB', () => {
    const MB = 1024 * 1024;
    let bavail = 65 * MB + 1000;
    const Ours = withFs({statfsSync: () => ({bavail, bsize: 1, blocks: 1000 * MB})});
    const folder = folderIn();
    const disk = new Ours(folder);
    expect(disk.write(disk.key(['a']), {data: Buffer.alloc(MB), warm: true})).toBe(true);
    bavail -= MB;
    expect(disk.write(disk.key(['b']), {data: Buffer.alloc(MB), warm: true})).toBe(false);
    expect(disk.write(disk.key(['c']), {data, warm: true})).toBe(false); // nor anything small: others need it more
    expect(readdirSync(folder)).toEqual([disk.key(['a'])]);
  });

  test.each(['ENOSPC', 'EDQUOT'])('what was written is given back when a write fails (%s)', code => {
    const {writeSync: write} = fs;
    let isFull = false;
    const Ours = withFs({
      writeSync: (...given: unknown[]) => {
        if (isFull) throw Object.assign(new Error(code), {code});
        return write(...(given as Parameters<typeof write>));
      },
    });
    const {folder, key: ofAnother} = left();
    const disk = new Ours(folder);
    const module = {filename: '/a.js', source: '1', variant: ''} as ModuleCode;
    expect(disk.write(disk.key(['a']), {data, warm: true})).toBe(true);
    expect(disk.startPack('runtime').write(new Map([[{module}, {data, warm: true}]])).size).toBe(1);
    expect(readdirSync(folder)).toHaveLength(3);
    isFull = true;
    expect(disk.write(disk.key(['b']), {data, warm: true})).toBe(false);
    expect(readdirSync(folder)).toEqual([ofAnother]);
    isFull = false;
    expect(disk.write(disk.key(['c']), {data, warm: true})).toBe(false);
    expect(disk.startPack('runtime').write(new Map([[{module}, {data, warm: true}]])).size).toBe(0);
    expect(readdirSync(folder)).toEqual([ofAnother]);
  });
});

describe('nothing is kept, and nothing fails, where', () => {
  const expectNothing = (folder: string) => {
    const disk = new CodeOnDisk(folder);
    const key = disk.key(['source']);
    expect(disk.write(key, {data, warm: true})).toBe(false);
    expect(disk.read(key)).toBeNull();
    disk.tidy();
  };

  test('the folder is a file', () => {
    expectNothing(join(temporaryFolder({code: 'a file'}), 'code'));
  });

  test('it is below a file', () => {
    expectNothing(join(temporaryFolder({code: 'a file'}), 'code', 'below'));
  });

  // The superuser may write everywhere.
  (process.getuid?.() === 0 ? test.skip : test)('it may not be written to', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    expectNothing(folder);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a folder has the name of a file of ours', () => {
    const folder = folderIn();
    const disk = new CodeOnDisk(folder);
    const key = disk.key(['source']);
    mkdirSync(join(folder, key), {recursive: true});
    expect(disk.write(key, {data, warm: true})).toBe(false);
    expect(readdirSync(folder)).toEqual([key]);
  });
});

test('processes and threads that write the same at once leave what is whole', () => {
  const folder = folderIn();
  const module = JSON.stringify(join(compileRings('worker'), 'worker/compile/codeOnDisk.js'));
  const write = `
    const {CodeOnDisk} = require(${module});
    const disk = new CodeOnDisk(${JSON.stringify(folder)});
    for (let round = 0; round < 20; round++) for (const name of ['a', 'b', 'c']) {
      const data = Buffer.alloc(200_000 + 1000 * (round % 7), name);
      if (!disk.write(disk.key([name]), {data, warm: true})) throw new Error('not written');
      const read = disk.read(disk.key([name]));
      if (read === null || read.data[0] !== data[0]) throw new Error('not whole');
    }`;
  const threads = `const {Worker} = require('node:worker_threads'); for (let i = 0; i < 3; i++) new Worker(${JSON.stringify(write)}, {eval: true});`;
  const {status, stderr} = spawnSync(process.execPath, ['-e', threads], {encoding: 'utf8'});
  expect({status, stderr}).toEqual({status: 0, stderr: ''});
  const disk = new CodeOnDisk(folder);
  expect(readdirSync(folder).sort()).toEqual(['a', 'b', 'c'].map(name => disk.key([name])).sort());
  expect(disk.read(disk.key(['a']))).toMatchObject({warm: true});
});
