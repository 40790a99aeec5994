/** What a watchdog without a parent has to say, for the user to read. The main thread could not print it. */
import {writeSync} from 'node:fs';
import {describePlace, hangLine, slowLine, type FromWatchdog} from '../../core/wire/watchdogMessages';

const STDERR = 2;

/** How often a standard error that is full is tried again, and after how long (ms). */
const RETRIES = {count: 100, everyMs: 10};

export function printInBand(message: FromWatchdog): void {
  switch (message.type) {
    case 'alive':
      break;
    case 'slow':
      print(`${slowLine(message.name, message.ms, null)}\n`);
      break;
    case 'hung':
      print(`${hangLine(message.name, message.limitMs)}\n${describePlace(message.place)}\n`);
      break;
  }
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
