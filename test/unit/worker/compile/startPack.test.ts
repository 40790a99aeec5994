import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {StartPack} from '../../../../src/worker/compile/startPack';
import type {ModuleCode, StoredCode} from '../../../../src/worker/compile/storedCode';
import {compileRings} from '../../compiledSources';
import {temporaryFolder} from '../../run/temporaryFolder';

const pathIn = () => join(temporaryFolder(), 'code', 'pack.start');

function moduleOf(filename: string, source = 'source', variant = 'v'): ModuleCode {
  const unused = () => {
    throw new Error('nobody asks this of a module');
  };
  return {filename, source, variant, isNewEachTime: unused, wouldDiffer: unused, asScript: unused};
}

const codeOf = (text: string, warm = true): StoredCode => ({data: Buffer.from(text), warm});

/** As a process leaves some modules, and the names of those that it was told are there. */
function leave(path: string, codes: readonly (readonly [ModuleCode, StoredCode])[], maxBytes?: number): string[] {
  const written = new StartPack(path, {...(maxBytes !== undefined && {maxBytes})}).write(
    new Map(codes.map(([module, code]) => [{module}, code])),
  );
  return [...written].map(({module}) => module.filename);
}

/** What the next process finds of a module. */
function found(path: string, module: ModuleCode): string | null {
  const code = new StartPack(path).find(module);
  return code && `${code.data.toString()} ${code.warm ? 'warm' : 'cold'}`;
}

test('what one process leaves another finds', () => {
  const path = pathIn();
  const [a, b] = [moduleOf('/a.js', 'of a'), moduleOf('/b.js', 'of b')];
  expect(leave(path, [[a, codeOf('code of a')], [b, codeOf('code of b', false)]])).toEqual(['/a.js', '/b.js']); // prettier-ignore
  expect([a, b].map(module => found(path, module))).toEqual(['code of a warm', 'code of b cold']);
  expect(readdirSync(dirname(path))).toEqual(['pack.start']);
});

test('and the one that has left it', () => {
  const pack = new StartPack(pathIn());
  const module = moduleOf('/a.js');
  expect(pack.find(module)).toBeNull();
  pack.write(new Map([[{module}, codeOf('code')]]));
  expect(pack.find(module)).toMatchObject({warm: true});
});

test.each([
  ['name', moduleOf('/b.js')],
  ['source', moduleOf('/a.js', 'sourcf')],
  ['variant', moduleOf('/a.js', 'source', 'w')],
])('it is not found under another %s', (_what, other) => {
  const path = pathIn();
  leave(path, [[moduleOf('/a.js'), codeOf('code')]]);
  expect(found(path, other)).toBeNull();
});

test.each([
  ['letters of one byte', 'é', 'è'],
  ['letters that are one in bytes of UTF-8 and latin1', 'Ã©', 'é'],
  ['letters of two', '\u4e00', '\u4e01'],
  ['halves of letters', '\ud800', '\ud801'],
  ['nothing', '', ' '],
])('sources are told apart, character by character: %s', (_what, one, other) => {
  const path = pathIn();
  leave(path, [[moduleOf('/a.js', one), codeOf('code')], [moduleOf('/b.js', other), codeOf('other')]]); // prettier-ignore
  expect(found(path, moduleOf('/a.js', one))).toBe('code warm');
  expect(found(path, moduleOf('/a.js', other))).toBeNull();
  expect(found(path, moduleOf('/b.js', other))).toBe('other warm');
});

test('what is left is added to what is there, in the place of what has its name', () => {
  const path = pathIn();
  leave(path, [[moduleOf('/a.js'), codeOf('a', false)], [moduleOf('/b.js'), codeOf('b')]]); // prettier-ignore
  leave(path, [[moduleOf('/a.js', 'newer'), codeOf('newer a')], [moduleOf('/c.js'), codeOf('c')]]); // prettier-ignore
  const sources = [
    moduleOf('/a.js'),
    moduleOf('/a.js', 'newer'),
    moduleOf('/b.js'),
    moduleOf('/c.js'),
    moduleOf('/a.js', 'newer', 'w'),
  ];
  expect(sources.map(module => found(path, module))).toEqual([null, 'newer a warm', 'b warm', 'c warm', null]);
});

test('for more than it may take there is no place: what came first goes, and the one that is too large', () => {
  const path = pathIn();
  const large = codeOf('x'.repeat(40));
  const names = ['/a.js', '/b.js', '/c.js'].map(name => moduleOf(name, '1234567890'));
  for (const module of names) expect(leave(path, [[module, large]], 120)).toEqual([module.filename]);
  expect(names.map(module => found(path, module) !== null)).toEqual([false, true, true]);
  const tooLarge = moduleOf('/d.js');
  expect(leave(path, [[tooLarge, codeOf('x'.repeat(121))]], 120)).toEqual([]);
  expect(found(path, tooLarge)).toBeNull();
});

describe('what is damaged is as if it were not there, and is written anew', () => {
  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ['a byte of the code', bytes => flipped(bytes, 40)],
    ['a byte of the digest', bytes => flipped(bytes, 10)],
    ['a byte of the magic', bytes => flipped(bytes, 0)],
    ['the place of the table', bytes => flipped(bytes, 24)],
    ['the place of the sources', bytes => flipped(bytes, 28)],
    ['a place far out', bytes => flipped(bytes, 31)],
    ['a byte of the table', bytes => flipped(bytes, bytes.indexOf('filename'))],
    ['a byte of the source', bytes => flipped(bytes, bytes.length - 1)],
    ['its end is gone', bytes => bytes.subarray(0, -1)],
    ['its half is gone', bytes => bytes.subarray(0, bytes.length >> 1)],
    ['its head is gone', bytes => bytes.subarray(0, 20)],
    ['it is empty', () => Buffer.alloc(0)],
  ];
  test.each(damages)('%s', (_what, damage) => {
    const path = pathIn();
    const module = moduleOf('/a.js');
    const code = codeOf('some code of V8');
    leave(path, [[module, code]]);
    writeFileSync(path, damage(readFileSync(path)));
    expect(found(path, module)).toBeNull();
    leave(path, [[module, code]]);
    expect(found(path, module)).toBe('some code of V8 warm');
  });

  function flipped(bytes: Buffer, at: number): Buffer {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  }
});

describe('nothing is kept, and nothing fails, where', () => {
  test('the folder is a file', () => {
    const path = join(temporaryFolder({code: 'a file'}), 'code', 'pack.start');
    expect(leave(path, [[moduleOf('/a.js'), codeOf('code')]])).toEqual([]);
    expect(found(path, moduleOf('/a.js'))).toBeNull();
  });

  // The superuser may write everywhere.
  (process.getuid?.() === 0 ? test.skip : test)('it may not be written to', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    expect(leave(join(folder, 'pack.start'), [[moduleOf('/a.js'), codeOf('code')]])).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('it is not made where nothing was left, and read once', () => {
  const path = pathIn();
  const pack = new StartPack(path);
  expect(pack.find(moduleOf('/a.js'))).toBeNull();
  expect(existsSync(path)).toBe(false);
  leave(path, [[moduleOf('/a.js'), codeOf('code')]]);
  expect(pack.find(moduleOf('/a.js'))).toBeNull();
});

test('threads that leave the same at once leave what is whole', () => {
  const path = pathIn();
  const module = JSON.stringify(join(compileRings('worker'), 'worker/compile/startPack.js'));
  const write = `
    const {StartPack} = require(${module});
    for (let round = 0; round < 20; round++) {
      const pack = new StartPack(${JSON.stringify(path)});
      const codes = ['/a.js', '/b.js'].map(filename => [{module: {filename, variant: '', source: 'source'}}, {data: Buffer.alloc(200_000 + 1000 * (round % 7), filename), warm: true}]);
      if (pack.write(new Map(codes)).size !== 2) throw new Error('not written');
      const found = new StartPack(${JSON.stringify(path)}).find({filename: '/a.js', variant: '', source: 'source'});
      if (found === null || found.data.toString('latin1', 0, 5) !== '/a.js') throw new Error('not whole');
    }`;
  const threads = `const {Worker} = require('node:worker_threads'); for (let i = 0; i < 3; i++) new Worker(${JSON.stringify(write)}, {eval: true});`;
  const {status, stderr} = spawnSync(process.execPath, ['-e', threads], {encoding: 'utf8'});
  expect({status, stderr}).toEqual({status: 0, stderr: ''});
  expect(readdirSync(dirname(path))).toEqual(['pack.start']);
  expect(statSync(path).size).toBeLessThan(500_000);
});
