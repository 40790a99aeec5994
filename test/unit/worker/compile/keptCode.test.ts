import {readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import vm from 'node:vm';
import {CodeOnDisk} from '../../../../src/worker/compile/codeOnDisk';
import {KeptCode} from '../../../../src/worker/compile/keptCode';
import {StartPack} from '../../../../src/worker/compile/startPack';
import type {ModuleCode} from '../../../../src/worker/compile/storedCode';
import {temporaryFolder} from '../../run/temporaryFolder';
import {inOwnProcess} from './ownProcess';

const importer = () => null;

function moduleOf(filename: string, source = '0', variant = 'v'): ModuleCode {
  return {
    filename,
    source,
    variant,
    isNewEachTime: () => false,
    wouldDiffer: () => false,
    asScript: () => ({code: `(function () {${source}\n})`, lineOffset: 0, columnOffset: -14}),
  };
}

/** A module of a package. */
const packageOf = (name: string, source?: string) => moduleOf(`/node_modules/${name}.js`, source);

describe('in one process', () => {
  test('a module is kept from its second compilation on', () => {
    const kept = new KeptCode({disk: null});
    const module = moduleOf('/a.js');
    expect(kept.find(module)).toBeNull();
    kept.accepted(module);
    expect(kept.find(module)).not.toBeNull();
    expect(kept.find({...module})).toBe(kept.find(module));
  });

  test('the running test file is not, before it ends', () => {
    const kept = new KeptCode({disk: null});
    const module = moduleOf('/a.test.js');
    kept.fileBegins('/a.test.js');
    kept.accepted(module);
    expect(kept.find(module)).toBeNull();
    kept.fileBegins('/b.test.js');
    kept.accepted(module);
    expect(kept.find(module)).not.toBeNull();
  });

  test('what cannot be a script is compiled as ever', () => {
    const kept = new KeptCode({disk: null});
    for (const module of [moduleOf('/a.js', '#!/bin/node'), {...moduleOf('/b.js'), wouldDiffer: () => true}]) {
      kept.accepted(module);
      expect(kept.find(module)).toBeNull();
      expect(kept.find(module)).toBeNull();
    }
  });

  describe('no more is kept than', () => {
    /** Which of some files are kept. */
    const keptOf = (kept: KeptCode, names: string) =>
      [...names].filter(name => kept.find(moduleOf(name, name.repeat(4)))).join('');
    const keep = (kept: KeptCode, names: string) => {
      for (const name of names) kept.accepted(moduleOf(name, name.repeat(4)));
    };

    test('is allowed', () => {
      const kept = new KeptCode({disk: null, maxBytes: 8 * 12});
      keep(kept, 'abc');
      expect(keptOf(kept, 'abc')).toBe('abc');
      keep(kept, 'd');
      expect(keptOf(kept, 'abcd')).toBe('bcd');
    });

    test('and what was used last stays', () => {
      const kept = new KeptCode({disk: null, maxBytes: 8 * 12});
      keep(kept, 'abc');
      expect(keptOf(kept, 'a')).toBe('a');
      keep(kept, 'd');
      expect(keptOf(kept, 'abcd')).toBe('acd');
    });

    test('one that is larger than all of it is not, and nothing goes for it', () => {
      const kept = new KeptCode({disk: null, maxBytes: 8 * 12});
      keep(kept, 'abc');
      kept.accepted(moduleOf('large', 'x'.repeat(100)));
      expect(keptOf(kept, 'abc')).toBe('abc');
      expect(kept.find(moduleOf('large', 'x'.repeat(100)))).toBeNull();
    });

    test('old versions of one file go, too', () => {
      const kept = new KeptCode({disk: null, maxBytes: 8 * 12});
      const versions = ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee'].map(source => moduleOf('/a.js', source));
      for (const version of versions) kept.accepted(version);
      expect(versions.map(version => kept.find(version) !== null)).toEqual([false, false, true, true, true]);
    });
  });
});

test('what V8 has made of the sources is within the bound, even if all functions have been called', () => {
  const script = `
    const fs = require('fs'); const path = require('path'); const vm = require('vm');
    const {KeptCode} = ours('compile/keptCode');
    const used = () => { gc(); gc(); return process.memoryUsage().heapUsed; };
    const folder = ${JSON.stringify(join(require.resolve('@babel/parser'), '..', '..', '..'))};
    const names = ['parser', 'traverse', 'types', 'core'].flatMap(name =>
      fs.readdirSync(path.join(folder, name, 'lib'), {recursive: true})
        .filter(file => file.endsWith('.js')).map(file => path.join(folder, name, 'lib', file)));
    let characters;
    const keepAll = kept => {
      characters = 0;
      for (const filename of names) {
        const source = fs.readFileSync(filename, 'utf8');
        characters += source.length;
        const module = {filename, source, variant: '', isNewEachTime: () => false, wouldDiffer: () => false,
          asScript: () => ({code: '(function () {' + source + '\\n})', lineOffset: 0, columnOffset: 0})};
        kept.accepted(module);
        kept.find(module);
      }
      return kept;
    };
    const maxBytes = 5 * 1024 * 1024;
    const before = used();
    const kept = keepAll(new KeptCode({disk: null, maxBytes}));
    const share = (used() - before) / maxBytes;
    return {isMoreThanFits: characters > maxBytes / 8, isKept: share > 0.2, isWithin: share < 1, kept: typeof kept};`;
  // Without a flag V8 compiles what is called, and forgets what has not been called for long.
  const nodeArguments = ['--expose-gc', '--no-lazy', '--no-flush-bytecode'];
  expect(inOwnProcess(script, {nodeArguments})).toMatchObject({isMoreThanFits: true, isKept: true, isWithin: true});
});

describe('on disk', () => {
  const run = (kept: KeptCode, module: ModuleCode) => {
    const script = kept.find(module);
    if (script === null) {
      kept.accepted(module);
      return null;
    }
    (script.runIn(vm.createContext(), importer) as () => void)();
    return script;
  };
  const started = (folder: string) => new KeptCode({disk: new CodeOnDisk(folder)});
  const folderIn = () => join(temporaryFolder(), 'code');

  test('what a process has run twice the next one has at once', () => {
    const folder = folderIn();
    const first = started(folder);
    for (let time = 0; time < 2; time++) run(first, moduleOf('/a.js'));
    first.save();
    expect(readdirSync(folder)).toHaveLength(1);
    const second = started(folder);
    expect(run(second, moduleOf('/a.js'))?.onDisk).toBe('warm');
    for (const other of [moduleOf('/a.js', 'other'), moduleOf('/b.js')]) expect(run(second, other)).toBeNull();
  });

  test('what it has run once is left only if it is of a package, and without the functions that were called', () => {
    const folder = folderIn();
    const first = started(folder);
    for (const module of [moduleOf('/own.js'), packageOf('a')]) run(first, module);
    first.save();
    const second = started(folder);
    expect(run(second, moduleOf('/own.js'))).toBeNull();
    expect(run(second, packageOf('a'))?.onDisk).toBe('cold');
    second.save();
    expect(run(started(folder), packageOf('a'))?.onDisk).toBe('warm');
  });

  test('what is there is not written again', () => {
    const folder = folderIn();
    const first = started(folder);
    for (let time = 0; time < 2; time++) run(first, packageOf('a'));
    first.save();
    const write = jest.spyOn(CodeOnDisk.prototype, 'write');
    first.save();
    const second = started(folder);
    run(second, packageOf('a'));
    second.save();
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
  });

  test('the running test file is neither left nor taken', () => {
    const folder = folderIn();
    const first = started(folder);
    for (let time = 0; time < 2; time++) run(first, packageOf('a'));
    first.save();
    const second = started(folder);
    second.fileBegins(packageOf('a').filename);
    expect(run(second, packageOf('a'))).toBeNull();
  });

  test.each(['() => import("a")', '"import(a)"', '() => import /* lazily */ ("a")'])(
    'a module that may import is kept in its process only: %s',
    source => {
      const folder = folderIn();
      const kept = started(folder);
      run(kept, packageOf('a', source));
      expect(run(kept, packageOf('a', source))).not.toBeNull();
      kept.save();
      expect(() => readdirSync(folder)).toThrow('ENOENT');
    },
  );

  test('what V8 refuses is compiled, and written anew', () => {
    // V8 does not look at what it is given where it has compiled the same before.
    const unknownToV8 = moduleOf('/a.js', '"refused"');
    const folder = folderIn();
    const disk = new CodeOnDisk(folder);
    const {code, columnOffset} = unknownToV8.asScript();
    const key = disk.key(['/a.js', `0 ${columnOffset}`, code]);
    disk.write(key, {data: Buffer.from('not of V8'), warm: true});
    const kept = started(folder);
    expect(run(kept, unknownToV8)?.onDisk).toBe('nothing');
    kept.save();
    expect(run(started(folder), unknownToV8)?.onDisk).toBe('warm');
  });

  describe('what is loaded before the first test', () => {
    const startedWithPack = (folder: string, maxBytes?: number) => {
      const disk = new CodeOnDisk(folder);
      return new KeptCode({
        disk,
        start: new StartPack(join(folder, `${'0'.repeat(40)}.start`), {...(maxBytes !== undefined && {maxBytes})}),
      });
    };
    /** As a process that loads some packages, a test file, and others; which of them it had from the disk. */
    const play = (kept: KeptCode, before: readonly ModuleCode[], after: readonly ModuleCode[] = []) => {
      kept.fileBegins('/a.test.js');
      const found = [...before, moduleOf('/a.test.js'), ...after].filter(module => run(kept, module) !== null);
      kept.save();
      return found.map(({filename}) => filename);
    };
    const [a, b, c] = ['a', 'b', 'c'].map(name => packageOf(name)) as [ModuleCode, ModuleCode, ModuleCode];

    test('is in one file; what comes later is not, nor what is of the project', () => {
      const folder = folderIn();
      play(startedWithPack(folder), [a, b, moduleOf('/own.js')], [c]);
      expect(readdirSync(folder).filter(name => name.endsWith('.start'))).toHaveLength(1);
      expect(readdirSync(folder)).toHaveLength(2);
      expect(play(startedWithPack(folder), [a, b], [c]).sort()).toEqual([a, b, c].map(({filename}) => filename));
      for (const name of readdirSync(folder)) if (!name.endsWith('.start')) rmSync(join(folder, name));
      expect(play(startedWithPack(folder), [a, b, c]).sort()).toEqual([a, b].map(({filename}) => filename));
    });

    test('of the first file only', () => {
      const folder = folderIn();
      const kept = startedWithPack(folder);
      kept.fileBegins('/a.test.js');
      kept.fileBegins('/b.test.js');
      run(kept, a);
      kept.save();
      expect(readdirSync(folder).filter(name => name.endsWith('.start'))).toEqual([]);
    });

    test('is written a second time with the functions that were called, and no third time', () => {
      const folder = folderIn();
      const write = jest.spyOn(StartPack.prototype, 'write');
      for (const times of [1, 2, 2]) {
        play(startedWithPack(folder), [a, b]);
        expect(write).toHaveBeenCalledTimes(times);
      }
      write.mockRestore();
    });

    test('has a file of its own where there is no place left in the one', () => {
      const folder = folderIn();
      play(startedWithPack(folder, 0), [a, b]);
      expect(readdirSync(folder)).toHaveLength(3);
      expect(play(startedWithPack(folder, 0), [a, b])).toHaveLength(2);
    });

    test('was looked through for what cannot be a script before it was left', () => {
      const folder = folderIn();
      play(startedWithPack(folder), [a]);
      const wouldDiffer = jest.fn(() => false);
      expect(play(startedWithPack(folder), [{...a, wouldDiffer}])).toHaveLength(1);
      expect(wouldDiffer).not.toHaveBeenCalled();
    });
  });

  test('what there is no time for a later process leaves', () => {
    const folder = folderIn();
    const names = [...'abcdef'];
    for (const expected of [2, 4, 6, 6]) {
      const kept = started(folder);
      for (const name of names) run(kept, packageOf(name));
      // It is asked before each file; of those that are there, too.
      const there = expected - 2;
      let asked = 0;
      kept.save(() => ++asked > there + 2);
      expect(readdirSync(folder)).toHaveLength(expected);
      names.sort(
        (a, b) =>
          Number(started(folder).find(packageOf(a)) === null) - Number(started(folder).find(packageOf(b)) === null),
      );
    }
  });

  test('where nothing can be written, it is tried a few times only', () => {
    const folder = join(temporaryFolder({code: 'a file'}), 'code');
    const kept = started(folder);
    const write = jest.spyOn(CodeOnDisk.prototype, 'write');
    for (const name of 'abcdefgh') run(kept, packageOf(name));
    kept.save();
    expect(write).toHaveBeenCalledTimes(3);
    write.mockClear();
    rmSync(folder);
    kept.save();
    expect(write).toHaveBeenCalledTimes(8);
    write.mockRestore();
  });

  test('the same code of two files tells each where it stands', () => {
    const folder = folderIn();
    const source = 'return new Error("x").stack';
    const first = started(folder);
    for (let time = 0; time < 2; time++) for (const name of ['a', 'b']) run(first, packageOf(name, source));
    first.save();
    const script = `
      const {KeptCode} = ours('compile/keptCode'); const {CodeOnDisk} = ours('compile/codeOnDisk');
      const kept = new KeptCode({disk: new CodeOnDisk(${JSON.stringify(folder)})});
      return ['a', 'b', 'c'].map(name => {
        const script = kept.find({filename: '/node_modules/' + name + '.js', source: ${JSON.stringify(source)}, variant: 'v', isNewEachTime: () => false, wouldDiffer: () => false,
          asScript: () => ({code: ${JSON.stringify(`(function () {${source}\n})`)}, lineOffset: 0, columnOffset: -14})});
        return script && script.onDisk + script.runIn(require('vm').createContext(), null)().split('\\n')[1];
      });`;
    expect(inOwnProcess(script)).toEqual([
      'warm    at /node_modules/a.js:1:8',
      'warm    at /node_modules/b.js:1:8',
      null,
    ]);
  });
});

test('a realm goes when its file has ended, though its scripts are kept', () => {
  const script = `
    const vm = require('vm'); const {KeptCode} = ours('compile/keptCode'); const {vmFor} = ours('compile/jestVm');
    const kept = new KeptCode({disk: null}); const mine = process.env.OURS ? vmFor(kept, () => true) : vm;
    const realms = [];
    const file = index => {
      kept.fileBegins('/' + index + '.test.js');
      const realm = vm.createContext({payload: new Array(1000)}); realms.push(new WeakRef(realm));
      for (const tag of ['', 'exports.s = (s => s)\`x\`;']) for (let time = 0; time < 2; time++) {
        const exports = {};
        mine.compileFunction(tag + 'exports.f = () => [exports];', ['exports'], {filename: '/m' + tag + '.js', importModuleDynamically: () => realm, parsingContext: realm})(exports);
        exports.f();
      }
    };
    for (let index = 0; index < 5; index++) { file(index); await new Promise(setImmediate); }
    for (let round = 0; round < 5; round++) { gc(); await new Promise(setImmediate); }
    return realms.filter(realm => realm.deref() !== undefined).length;`;
  const nodeArguments = ['--expose-gc'];
  const leftOf = (flags: string[], environment = {}) =>
    inOwnProcess(script, {nodeArguments: [...nodeArguments, ...flags], environment});
  expect(leftOf([], {OURS: '1'})).toBe(0);
  // Node 22 itself lets none go where it answers imports.
  const flags = ['--experimental-vm-modules'];
  expect(leftOf(flags, {OURS: '1'})).toBe(leftOf(flags));
});
