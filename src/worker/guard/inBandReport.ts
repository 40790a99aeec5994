/** What a watchdog without a parent has to say, for the user to read. The main thread could not print it. */
import {writeSync} from 'node:fs';
import {describePlace, hangLine, slowLine, type FromWatchdog, type HungPlace} from '../../core/wire/watchdogMessages';

const STDERR = 2;

/** How often a standard error that is full is tried again, and after how long (ms). */
const RETRIES = {count: 100, everyMs: 10};

/** A file of Jest's own packages. Jest leaves these out of the stacks that it prints. */
const JESTS = /[\\/]node_modules[\\/](?:@jest[\\/]|jest(?:-[^\\/]+)?[\\/]|expect[\\/])/;

/** @param remedy the last line of a hang's report: what the user can do */
export function printInBand(message: FromWatchdog, remedy: string): void {
  switch (message.type) {
    case 'alive':
      break;
    case 'slow':
      print(`${slowLine(message.name, message.ms, null)}\n`);
      break;
    case 'hung':
      print(
        `${hangLine(message.name, message.limitMs, message.limitBy)}\n${describePlace(withoutJest(message.place))}\n` +
          `jest-runner-xdist: ${remedy}\n`,
      );
      break;
  }
}

function withoutJest(place: HungPlace): HungPlace {
  if (place.kind !== 'stack') return place;
  const frames = place.frames.filter(({path}) => !JESTS.test(path));
  return frames.length === 0 ? place : {kind: 'stack', frames};
}

function print(text: string): void {
  let rest = Buffer.from(text);
  for (let retry = 0; rest.length > 0 && retry < RETRIES.count;) {
    try {
      rest = rest.subarray(writeSync(STDERR, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return; // there is nobody to tell
      retry++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRIES.everyMs);
    }
  }
}
