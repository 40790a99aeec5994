/** `report`: a page that shows what a run did. */
import {resolve} from 'node:path';
import {readRecording} from '../recording';
import {compare} from '../report/comparison';
import {pageFile} from '../report/pageFile';
import {reportModel} from '../report/reportModel';
import {UsageError, type Command} from './command';
import {PROJECT_FLAGS} from './project';
import {recordingAt} from './recordingAt';
import {writeOutput} from './writeOutput';

export const report: Command = {
  summary: 'Write a page that shows what a run did: timeline, floor, failures',
  usage: ['report [recording] [-o report.html]', 'report <recording> <later recording> [-o report.html]'],
  help: `
Writes one HTML file that needs no network. Without a name: of this project's latest run. With two recordings, the
page is of the second one, and says what became slower, what is new, and what fails since the first one.`,
  flags: {...PROJECT_FLAGS, output: {value: 'file', short: 'o', text: 'Where to write to. Default: report.html.'}},
  run: (args, {cwd, print}) => {
    if (args.rest !== null) throw new UsageError('"report" takes no arguments after "--".');
    const [first, second] = args.positionals;
    if (args.positionals.length > 2) throw new UsageError('"report" takes one recording, or two.');
    const model = reportModel(readRecording(recordingAt(second ?? first, args, cwd)));
    const before = second === undefined || first === undefined ? null : readRecording(resolve(cwd, first));
    const comparison = before === null ? null : compare(model, reportModel(before));
    const path = args.flags.get('output')?.[0] ?? 'report.html';
    print(`${writeOutput(path, cwd, pageFile({...model, comparison}))} shows the run.\n`);
    return 0;
  },
};
