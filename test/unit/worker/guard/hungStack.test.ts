import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {HungPlace, StackFrame} from '../../../../src/core/wire/watchdogMessages';
import {compile, compileRings} from '../../compiledSources';
import {WatchedProcess} from '../watchedProcess';

const worker = join(compileRings('worker'), 'worker', 'guard');

/** Where a process hangs that runs a script; its second line is the script's first. */
async function placeOf(script: string, files: Readonly<Record<string, string>> = {}) {
  const prelude = `Watchdog.start({transport}).begin({name: 'hangs', slowMs: null, hardMs: 300});`;
  const watched = WatchedProcess.start(worker, `${prelude}\n${script}`, {files});
  const {place} = await watched.next('hung');
  return {place, path: watched.path, folder: watched.folder};
}

function framesOf(place: HungPlace): readonly StackFrame[] {
  if (place.kind !== 'stack') throw new Error(`it is no stack: ${JSON.stringify(place)}`);
  return place.frames;
}

describe('of a main thread that runs code the calls are read', () => {
  test.each([
    ['an endless loop', 'for (;;);'],
    ['one that calls', 'for (;;) Math.sqrt(2);'],
    ['one that catches everything', 'for (;;) try { for (;;); } finally { continue; }'],
    ['a regular expression that backtracks', `/^(a+)+$/.test('a'.repeat(50) + 'b');`],
    ['a wait for another thread', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'],
    ['one that is entered later', `await new Promise(resolve => setTimeout(resolve, 10)); for (;;);`],
    ['an endless chain of promises', `for (;;) await null;`],
    ['one that begins later', `await new Promise(setImmediate); for (;;) await null;`],
    ['an endless chain of ticks', `process.nextTick(hangs);`],
  ])('%s', async (_what, statement) => {
    const {place, path} = await placeOf(`(async function hangs() {\n${statement}\n})();`);
    expect(framesOf(place)[0]).toEqual({
      functionName: 'hangs',
      path,
      line: 4,
      column: expect.any(Number) as number,
    });
  });

  // Node calls functions of its own for each promise then, up to Node 23: nearly always one of them is met.
  test.each([
    ['a timer', 'setTimeout(hangs, 1);'],
    ['one of two timers', 'setTimeout(hangs, 1); setTimeout(() => {}, 1);'],
    ['an immediate', 'setImmediate(hangs);'],
  ])(
    'an endless chain of promises that %s begins, while somebody keeps contexts of promises',
    async (_what, begins) => {
      const {place, path} = await placeOf(
        `new (require('node:async_hooks').AsyncLocalStorage)().run(1, () => {${begins}}); async function hangs() { for (;;) await null; }`,
      );
      expect(framesOf(place)).toEqual([expect.objectContaining({functionName: 'hangs', path}) as unknown]);
    },
  );

  test('the innermost first, without those of Node', async () => {
    const {place, path} = await placeOf(`const inner = () => { for (;;); };
function outer() { [1].forEach(inner); }
process.nextTick(outer);`);
    expect(framesOf(place).map(({functionName, line}) => ({functionName, line}))).toEqual([
      {functionName: 'inner', line: 3},
      {functionName: 'outer', line: 4},
    ]);
    expect(new Set(framesOf(place).map(frame => frame.path))).toEqual(new Set([path]));
  });

  test('no more than 30 of them', async () => {
    const {place} = await placeOf(`(function deeper(depth) { if (depth === 0) for (;;); deeper(depth - 1); })(100);`);
    expect(framesOf(place).map(({functionName}) => functionName)).toEqual(Array(30).fill('deeper'));
  });

  const SOURCE = `interface Gone {
  of: 'the code';
  that: 'runs';
}
export function spin(): void {
  for (;;) {}
}
spin();
`;

  test.each([
    ['compileFunction', `vm.compileFunction(code, ['exports'], {filename, parsingContext: vm.createContext()})({});`],
    [
      'Script',
      `new vm.Script('({"": function (exports) {' + code + '\\n}});', {filename}).runInContext(vm.createContext())['']({});`,
    ],
  ])('in a realm of its own, at the place in the source: vm.%s', async (_what, run) => {
    const code = compile(SOURCE, {inlineSourceMap: true});
    const line = code.split('\n').findIndex(text => text.includes('for (;;)')) + 1;
    const {place} = await placeOf(`const vm = require('node:vm');
      const code = ${JSON.stringify(code)};
      const filename = '/app/a b.test.ts';
      ${run}`);
    expect(line).not.toBe(6); // or the test would say nothing
    expect(framesOf(place)[0]).toMatchObject({
      functionName: 'spin',
      path: expect.stringMatching(/^\/app\//) as string,
      line: 6,
    });
  });

  test('in a module that a URL names', async () => {
    const {place, folder} = await placeOf(`import('./a b.mjs');`, {'a b.mjs': 'for (;;);\n'});
    expect(framesOf(place)[0]).toMatchObject({path: join(folder, 'a b.mjs'), line: 1});
  });

  test('in code without a file', async () => {
    const {place, path} = await placeOf(`eval('(function spin() { for (;;); })();');`);
    const frames = framesOf(place);
    expect(frames[0]).toMatchObject({functionName: 'spin', path: '<anonymous>', line: 1});
    expect(frames.at(-1)).toMatchObject({path, line: 3});
  });
});

describe('of a main thread that runs none it is read what is open', () => {
  test.each([
    ['a promise that nobody settles', `require('node:net').createServer().listen(0); new Promise(() => {});`],
    ['a timer that goes on and on', `require('node:net').createServer().listen(0); setInterval(() => {}, 100);`],
  ])('%s', async (_what, script) => {
    const {place} = await placeOf(script);
    expect(place).toEqual({kind: 'open', resources: expect.arrayContaining(['TCPServerWrap']) as string[]});
  });
});

test.each([
  ['a synchronous process', `require('node:child_process').execSync('sleep 100', {stdio: 'ignore'});`],
  ['a computation of one call', 'let big = 3n ** 10_000_000n; for (;;) big *= big;'],
])('of a main thread in native code it is known that it is there: %s', async (_what, script) => {
  const {place} = await placeOf(script);
  expect(place).toEqual({kind: 'native'});
});

test('a main thread goes on as if nothing had been, whatever was read of it', async () => {
  const watched = WatchedProcess.start(
    worker,
    `const watchdog = Watchdog.start({transport});
    const {existsSync} = require('node:fs');
    const {setTimeout: sleep} = require('node:timers/promises');
    const {execFileSync} = require('node:child_process');
    process.on('message', () => {});
    (async () => {
      watchdog.begin({name: 'loops', slowMs: null, hardMs: 1});
      while (!existsSync('loops'));
      watchdog.begin({name: 'waits', slowMs: null, hardMs: 1});
      while (!existsSync('waits')) await sleep(20);
      watchdog.begin({name: 'is in native code', slowMs: null, hardMs: 1});
      execFileSync(process.execPath, ['-e', "while (!require('node:fs').existsSync('native'));"]);
      watchdog.idle();
      console.log('all have ended');
      for (let turn = 0; turn < 1e6; turn++) if (turn % 1e4 === 0) await null;
      process.disconnect();
    })();`,
  );
  const kinds: string[] = [];
  for (const name of ['loops', 'waits', 'native']) {
    kinds.push((await watched.next('hung')).place.kind);
    writeFileSync(join(watched.folder, name), '');
  }
  expect(kinds).toEqual(['stack', expect.stringMatching(/open|stack/), 'native']);
  expect(await watched.end).toEqual({code: 0, signal: null, stdout: 'all have ended\n', stderr: ''});
});

test('of a main thread that has gone on to something else nothing is read', async () => {
  const thread = `
    const {writeSync} = require('node:fs');
    const {MainThread} = require(${JSON.stringify(join(worker, 'mainThread.js'))});
    const {findHungPlace} = require(${JSON.stringify(join(worker, 'hungStack.js'))});
    const main = MainThread.connect();
    setInterval(() => {}, 1000); // see MainThread
    let asked = 0;
    findHungPlace(main, () => { asked++; return false; }).then(place => {
      main.disconnect();
      writeSync(1, JSON.stringify({place, asked}));
      new Int32Array(require('node:worker_threads').workerData)[0] = 1;
    });`;
  const watched = WatchedProcess.start(
    worker,
    `const goOn = new Int32Array(new SharedArrayBuffer(4));
    const {Worker} = require('node:worker_threads');
    new Worker(${JSON.stringify(thread)}, {eval: true, workerData: goOn.buffer}).unref();
    while (Atomics.load(goOn, 0) === 0);`,
  );
  expect(await watched.end).toEqual({code: 0, signal: null, stdout: '{"place":null,"asked":1}', stderr: ''});
});
