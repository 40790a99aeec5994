import {AsyncLocalStorage} from 'node:async_hooks';
import {CircusStorages} from '../../../../src/worker/compile/circusStorages';
import {inOwnProcess} from './ownProcess';

const CIRCUS = '/project/node_modules/jest-circus/build/jestAdapterInit.js';
const areListed = Number.parseInt(process.versions.node, 10) < 24;
const whereListed = areListed ? test : test.skip;

describe('Node’s own are for', () => {
  test.each([
    null,
    '/project/test.js',
    '/project/node_modules/jest-circus/index.js',
    '/project/node_modules/my-jest-circus/build/index.js',
    '/project/node_modules/jest-circus/build/deeper/index.js',
    '/project/jest-circus/build.js',
  ])('%p', path => {
    expect(new CircusStorages().forFile(path)).toBeNull();
  });
});

whereListed('those of jest-circus are as Node’s', async () => {
  const {AsyncLocalStorage: Storage, ...others} = new CircusStorages().forFile(CIRCUS) ?? {};
  expect(others).toEqual(expect.objectContaining({executionAsyncId: expect.any(Function) as unknown}));
  if (Storage === undefined) throw new Error('there is none');
  const storage = new Storage();
  expect(storage).toBeInstanceOf(AsyncLocalStorage);
  expect(Storage.name).toBe('AsyncLocalStorage');
  expect(storage.getStore()).toBeUndefined();
  expect(storage.run({test: 1}, () => storage.getStore())).toEqual({test: 1});
  expect(await storage.run('later', () => Promise.resolve().then(() => storage.getStore()))).toBe('later');
});

whereListed('until the next file begins they know what they knew, and then no longer', async () => {
  const storages = new CircusStorages();
  const {AsyncLocalStorage: Storage = AsyncLocalStorage} = storages.forFile(CIRCUS) ?? {};
  const [storage, own] = [new Storage(), new AsyncLocalStorage()];
  let goOn = () => {};
  const leftRunning = (): Promise<unknown[]> =>
    new Promise<void>(resolve => (goOn = resolve)).then(() => [storage.getStore(), own.getStore()]);
  const inBoth = () => storage.run('a test', () => own.run('of the user', leftRunning));
  const before = inBoth();
  goOn();
  expect(await before).toEqual(['a test', 'of the user']);
  const after = inBoth();
  storages.fileBegins();
  goOn();
  expect(await after).toEqual([undefined, 'of the user']);
  own.disable();
});

whereListed('a promise carries nothing of the files before', () => {
  // A storage leaves its value on the resource of each promise, under a key of its own.
  const script = `
    const {executionAsyncResource} = require('async_hooks');
    const storages = new (ours('compile/circusStorages').CircusStorages)();
    const {AsyncLocalStorage} = storages.forFile(${JSON.stringify(CIRCUS)});
    const carried = [];
    for (let file = 0; file < 4; file++) {
      storages.fileBegins();
      carried.push(await new AsyncLocalStorage().run('a test', async () => {
        await null;
        return Object.getOwnPropertySymbols(executionAsyncResource()).filter(key => key.description === 'kResourceStore').length;
      }));
    }
    return carried;`;
  expect(inOwnProcess(script)).toEqual([1, 1, 1, 1]);
  // As it is without that.
  expect(inOwnProcess(script.replace('storages.fileBegins();', ''))).toEqual([1, 2, 3, 4]);
});
