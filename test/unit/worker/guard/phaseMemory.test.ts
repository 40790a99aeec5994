import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {longCases} from '../../../random';
import {monotonicMs} from '../../../../src/pristine/clock';
import {IDLE, PhaseMemory, type Phase} from '../../../../src/worker/guard/phaseMemory';
import {compileRings} from '../../compiledSources';

const SAME: Phase = {...IDLE, name: 'same'};

/** A memory, and the same as another thread sees it. */
function shared(): {main: PhaseMemory; watchdog: PhaseMemory} {
  const main = PhaseMemory.create();
  return {main, watchdog: new PhaseMemory(main.buffer)};
}

test('at first there is a phase that may last for ever', () => {
  const {watchdog} = shared();
  const phase = watchdog.read();
  expect(phase).toMatchObject({name: '', slowMs: null, hardMs: null});
  expect(monotonicMs() - (phase?.startedAt ?? 0)).toBeLessThan(60_000);
});

test('what is written is read, from its beginning on', () => {
  const {main, watchdog} = shared();
  const before = monotonicMs();
  const written: Phase = {
    name: 'the test "größe 🦉"',
    slowMs: 1.5,
    hardMs: 300_000,
    stuckMs: 2000,
    limitBy: 'timeout',
    optionMs: 5000,
    began: true,
  };
  main.write(written);
  const after = monotonicMs();
  const phase = watchdog.read();
  expect(phase).toMatchObject(written);
  expect(phase?.startedAt).toBeGreaterThanOrEqual(before);
  expect(phase?.startedAt).toBeLessThanOrEqual(after);
});

test('nothing is left of the phase before', () => {
  const {main, watchdog} = shared();
  main.write({name: 'a long name', slowMs: 1, hardMs: 2, stuckMs: 3, limitBy: 'file', optionMs: 4, began: true});
  const short: Phase = {...IDLE, name: 'short', hardMs: 0};
  main.write(short);
  expect(watchdog.read()).toMatchObject(short);
});

test('every phase has a number of its own, though nothing else may differ', () => {
  const {main, watchdog} = shared();
  const numbers = [0, 1, 2].map(() => {
    main.write(SAME);
    return watchdog.read()?.number;
  });
  expect(new Set(numbers).size).toBe(3);
});

test('a phase is still there until the next one begins', () => {
  const {main, watchdog} = shared();
  main.write(SAME);
  const phase = watchdog.read();
  expect(phase && watchdog.isStill(phase)).toBe(true);
  main.write(SAME);
  expect(phase && watchdog.isStill(phase)).toBe(false);
});

test('of a name that is too long, whole characters are left', () => {
  const {main, watchdog} = shared();
  main.write({...SAME, name: `x${'ö'.repeat(2000)}`});
  expect(watchdog.read()?.name).toBe(`x${'ö'.repeat(511)}`);
});

test('turns of the event loop are counted', () => {
  const {main, watchdog} = shared();
  expect(watchdog.turns).toBe(0);
  main.noteTurn();
  main.noteTurn();
  expect(watchdog.turns).toBe(2);
});

test('that it is to stop is read', () => {
  const {main, watchdog} = shared();
  expect(watchdog.stopped).toBe(false);
  main.stop();
  expect(watchdog.stopped).toBe(true);
});

test('no mixture of two phases is read, while a thread writes one after the other', async () => {
  const {main, watchdog} = shared();
  // Writes as PhaseMemory does: the same module, in a thread.
  const script = `
    const {PhaseMemory} = require(${JSON.stringify(`${compileRings('worker')}/worker/guard/phaseMemory.js`)});
    const memory = new PhaseMemory(require('node:worker_threads').workerData);
    for (let number = 1; ; number = (number % 1000) + 1) {
      memory.write({name: 'x'.repeat(number), slowMs: number, hardMs: number, stuckMs: number, began: true});
      for (let turn = 0; turn < 300; turn++); // or there would be no time at which to read
    }
  `;
  const thread = new Worker(script, {eval: true, workerData: main.buffer});
  try {
    await once(thread, 'online');
    const seen = new Set<number>();
    for (let reads = 0; reads < longCases(300_000) || seen.size < 100; reads++) {
      const phase = watchdog.read();
      if (phase === null || phase.slowMs === null) continue;
      if (phase.hardMs !== phase.slowMs || phase.stuckMs !== phase.slowMs || phase.name.length !== phase.slowMs) {
        throw new Error(`a name of ${phase.name.length} with the limits ${phase.slowMs} and ${String(phase.hardMs)}`);
      }
      seen.add(phase.slowMs);
    }
  } finally {
    await thread.terminate();
  }
});
