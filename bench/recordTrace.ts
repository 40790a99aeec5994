/**
 * `npm run -s trace -- <recording> <Jest's --json>` prints the trace of a run. Both files must come from the same run.
 * See CONTRIBUTING.md.
 */
import {readFileSync, statSync} from 'node:fs';
import {readRecording} from '../src/recording';
import {traceOf, type JestResults} from './recording';
import {formatTrace} from './trace';

const [recordingPath, jsonPath] = process.argv.slice(2);
if (recordingPath === undefined || jsonPath === undefined)
  throw new Error('Name the recording and the results: npm run -s trace -- run.xdist out.json');
const {lines} = readRecording(recordingPath);
const results = JSON.parse(readFileSync(jsonPath, 'utf8')) as JestResults;
process.stdout.write(formatTrace(traceOf(lines, results, path => statSync(path).size)));
