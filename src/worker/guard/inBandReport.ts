/** Prints the findings of a watchdog in band. The watchdog's thread prints, because the main thread may hang. */
import {writeSync} from 'node:fs';
import {JestsPackages} from '../compile/jestsPackages';
import {describePlace, hangLine, slowLine, type FromWatchdog, type HungPlace} from '../../core/wire/watchdogMessages';

const STDERR = 2;

/** How often to retry if standard error is full, and after how long (ms). */
const RETRIES = {count: 100, everyMs: 10};

/** The name of the package that a file belongs to. */
const PACKAGE = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

/** Jest's packages that @jest/core does not need. */
const BESIDE_CORE = /^(?:jest|jest-cli|jest-environment-jsdom|jest-jasmine2|@jest\/.+)$/;

/**
 * Prints a finding of the watchdog.
 *
 * @param remedy the last line of a hang's report: what the user can do
 * @param core a file of the running Jest's @jest/core
 */
export function printInBand(message: FromWatchdog, {remedy, core}: {remedy: string; core: string}): void {
  switch (message.type) {
    case 'alive':
      break;
    case 'slow':
      print(`${slowLine(message.name, message.ms, null)}\n`);
      break;
    case 'hung':
      print(
        `${hangLine(message.name, message.limitMs, message.limitBy)}\n` +
          `${describePlace(withoutJest(message.place, core))}\njest-runner-xdist: ${remedy}\n`,
      );
      break;
  }
}

/** Leaves out the frames of Jest's own packages, as Jest does in the stacks that it prints. */
function withoutJest(place: HungPlace, core: string): HungPlace {
  if (place.kind !== 'stack') return place;
  const jests = new JestsPackages(core);
  const isJests = (path: string) => {
    const name = PACKAGE.exec(path)?.[1]?.replace('\\', '/');
    return name !== undefined && (BESIDE_CORE.test(name) || jests.has(name));
  };
  const frames = place.frames.filter(({path}) => !isJests(path));
  return frames.length === 0 ? place : {kind: 'stack', frames};
}

function print(text: string): void {
  let rest = Buffer.from(text);
  for (let retry = 0; rest.length > 0 && retry < RETRIES.count;) {
    try {
      rest = rest.subarray(writeSync(STDERR, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return; // nobody reads standard error any more
      retry++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRIES.everyMs);
    }
  }
}
