import type {TestWatcher} from 'jest-watcher';
import {EarlyEnd} from '../../../src/run/earlyEnd';

type Change = (state: {interrupted: boolean}) => void;

/** A run that remembers what was asked of it, in order. */
function watched({interrupted = false, watchMode = false, fault = false} = {}) {
  const asked: string[] = [];
  let change: Change | null = null;
  let findFault: () => void = () => undefined;
  const watcher = {
    on: (_event: string, listener: Change) => {
      change = listener;
      return () => (change = null);
    },
    isWatchMode: () => watchMode,
    isInterrupted: () => interrupted,
    setState: (state: object) => {
      asked.push(`tell Jest ${JSON.stringify(state)}`);
      return Promise.resolve();
    },
  } as unknown as TestWatcher;
  const earlyEnd = EarlyEnd.watch({
    dispatch: {
      stop: reason => {
        asked.push(`stop: ${reason}`);
        return Promise.resolve();
      },
      interrupt: signal => asked.push(`interrupt: ${signal}`),
      halt: () => asked.push('halt'),
    },
    workers: {kill: () => asked.push('kill'), terminate: signal => asked.push(`terminate: ${signal}`)},
    watcher,
    faults: {
      whenFound: endRun => {
        findFault = endRun;
        if (fault) endRun();
      },
    },
    notices: {interrupted: signal => asked.push(`notice: ${signal}`)},
  });
  return {
    earlyEnd,
    asked,
    findFault: () => findFault(),
    interruptJest: (state = {interrupted: true}) => change?.(state),
  };
}

/** How many listeners this process has for each way out. */
const listeners = () => (['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'] as const).map(event => process.listenerCount(event));

test('an interrupted Jest ends the run, until no worker is left', () => {
  const {earlyEnd, asked, interruptJest} = watched();
  interruptJest({interrupted: false});
  expect(asked).toEqual([]);
  interruptJest();
  earlyEnd.close();
  interruptJest();
  expect(asked).toEqual(['stop: interrupted']);
});

test.each([true, false])('so does a Jest that was interrupted before the run began (%s)', interrupted => {
  const {earlyEnd, asked} = watched({interrupted});
  expect(asked).toEqual([]);
  earlyEnd.begun();
  earlyEnd.close();
  expect(asked).toEqual(interrupted ? ['stop: interrupted'] : []);
});

test('a fault ends the run, even one that came before', () => {
  const [late, early] = [watched(), watched({fault: true})];
  late.findFault();
  expect([late.asked, early.asked]).toEqual([['halt'], ['halt']]);
  for (const {earlyEnd} of [late, early]) earlyEnd.close();
});

test('a signal is told, ends the run with what is known, then the workers; Jest hears of it at the end', async () => {
  // Real listeners would let this process die of the signal.
  const heard = new Map<string | symbol, (...given: unknown[]) => void>();
  const on = jest.spyOn(process, 'on').mockImplementation((event, listener) => {
    heard.set(event, listener as (...given: unknown[]) => void);
    return process;
  });
  const {earlyEnd, asked} = watched();
  heard.get('SIGHUP')?.('SIGHUP');
  on.mockRestore();
  await earlyEnd.tellJest();
  earlyEnd.close();
  expect(asked).toEqual(['notice: SIGHUP', 'interrupt: SIGHUP', 'terminate: SIGHUP', 'tell Jest {"interrupted":true}']);
});

test('without a signal Jest is told nothing, and no listener stays', async () => {
  const before = listeners();
  const {earlyEnd, asked} = watched();
  await earlyEnd.tellJest();
  earlyEnd.close();
  expect([asked, listeners()]).toEqual([[], before]);
});
