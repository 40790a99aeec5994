/**
 * `npm run -s trace -- <XDIST_LOG> <Jest's --json>`: prints a run's trace. The log must be of that one run. See
 * CONTRIBUTING.md.
 */
import {readFileSync, statSync} from 'node:fs';
import type {LogLine} from '../src/run/eventLog';
import {traceOf, type JestResults} from './recording';
import {formatTrace} from './trace';

const [logPath, jsonPath] = process.argv.slice(2);
if (logPath === undefined || jsonPath === undefined)
  throw new Error('Name the log and the results: npm run -s trace -- run.log out.json');
const lines = readFileSync(logPath, 'utf8')
  .split('\n')
  .filter(line => line !== '')
  .map(line => JSON.parse(line) as LogLine);
const results = JSON.parse(readFileSync(jsonPath, 'utf8')) as JestResults;
process.stdout.write(formatTrace(traceOf(lines, results, path => statSync(path).size)));
