/** `trace`: a run as a trace for Perfetto. */
import {readRecording} from '../recording';
import {chromeTrace} from '../report/chromeTrace';
import {reportModel} from '../report/reportModel';
import {UsageError, type Command} from './command';
import {PROJECT_FLAGS} from './project';
import {recordingAt} from './recordingAt';
import {writeOutput} from './writeOutput';

export const trace: Command = {
  summary: 'Write a trace of a run for Perfetto or chrome://tracing',
  usage: ['trace [recording] [-o trace.json]'],
  help: `
Writes the timeline of a run in the Trace Event Format of Chrome: https://ui.perfetto.dev opens it. Without a name: of
this project's latest run.`,
  flags: {...PROJECT_FLAGS, output: {value: 'file', short: 'o', text: 'Where to write to. Default: trace.json.'}},
  run: (args, {cwd, print}) => {
    if (args.rest !== null) throw new UsageError('"trace" takes no arguments after "--".');
    if (args.positionals.length > 1) throw new UsageError('"trace" takes one recording.');
    const model = reportModel(readRecording(recordingAt(args.positionals[0], args, cwd)));
    const path = args.flags.get('output')?.[0] ?? 'trace.json';
    print(`${writeOutput(path, cwd, JSON.stringify(chromeTrace(model)))} is the trace of the run.\n`);
    return 0;
  },
};
