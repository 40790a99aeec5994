/** What a worker waits for, in few words. */
import {harmless} from './harmless';
import type {WaitsFor} from './lanes';

/** @param shown the path of a file as the user knows it @returns a clause; '': the wait is short, or says nothing */
export function describeWait({reason, path}: WaitsFor, shown: (path: string) => string): string {
  const file = path === null ? 'a file' : shown(path);
  switch (reason.type) {
    case 'nothing-left':
      return 'nothing is left to run';
    case 'next':
      return '';
    case 'return':
      return 'another worker returns a file';
    case 'loading':
      return `${file} is loading, and can be shared then`;
    case 'no-gain':
      return `to share ${file} would take longer`;
    case 'resource':
      return `other files have the resource "${harmless(reason.name)}" that ${file} needs`;
    case 'group':
      return `w${reason.slot} runs the rest of a worker group`;
    case 'serial':
      return `${file} runs alone`;
    case 'fixture':
      return `${file} needs a shared fixture that is not up`;
    case 'start':
      return `${file} gets a fresh worker, which starts`;
    case 'order':
      return `${file} runs on another node first`;
    case 'node':
      return 'the files that are left are for other nodes';
    case 'arrivals':
      return 'no other file has come from the fleet yet';
    case 'stopped':
      return 'the run is being stopped';
  }
}
