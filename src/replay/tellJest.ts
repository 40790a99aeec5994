/**
 * Tells Jest events in their order, each when Jest and its reporters have dealt with the one before. The order that a
 * run had by chance is then the same in each replay.
 */
import type {Test} from '@jest/test-result';
import type {TestWatcher} from 'jest-watcher';
import {failRun} from '../run/exitCode';
import {reporterErrors} from '../run/files/reporterErrors';
import type {Emitter} from '../run/jest/runningJest';
import {print} from '../run/warn';
import type {ReplayEvent} from './recordedEvents';

export interface Listeners {
  readonly emitter: Pick<Emitter, 'emit'>;
  readonly watcher: Pick<TestWatcher, 'isInterrupted' | 'isWatchMode'>;
  /** The run's rootDir. */
  readonly rootDir: string;
}

/** @param tests Jest's tests of the files that the events name by their index */
export async function tellJest(
  events: Iterable<ReplayEvent> | AsyncIterable<ReplayEvent>,
  tests: readonly Test[],
  {emitter, watcher, rootDir}: Listeners,
): Promise<void> {
  const onListenerError = reporterErrors(rootDir, watcher);
  for await (const event of events) {
    if (watcher.isInterrupted()) return;
    switch (event.type) {
      case 'warning':
        print(`${event.text}\n`);
        break;
      case 'failed-outside':
        failRun(watcher);
        break;
      case 'told': {
        const test = tests[event.file];
        if (test === undefined) throw new RangeError(`there is no file ${event.file}`);
        // With `bail`, Jest ends the process inside of this call.
        await settled(emitter.emit(event.name, payloadOf(event, test)), error => onListenerError(error, test));
        break;
      }
    }
  }
}

/**
 * Resolves when Jest has dealt with an event. Jest makes errors of its own of some events. None of our functions awaits
 * the promise of Jest itself: V8 would add that function to the stack of the error.
 */
function settled(told: Promise<unknown>, onError: (error: unknown) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    told.catch(onError).then(() => resolve(), reject);
  });
}

function payloadOf({name, told}: Extract<ReplayEvent, {type: 'told'}>, test: Test): unknown {
  switch (name) {
    case 'test-file-start':
      return [test];
    case 'test-file-success':
    case 'test-file-failure':
      return [test, told];
    case 'test-case-start':
    case 'test-case-result':
      return [test.path, told];
  }
}
