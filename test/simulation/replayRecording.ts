/**
 * `npm run replay:schedule -- <recording>`: replays the scheduler's events of a recording and says where today's
 * scheduler decides differently.
 */
import {readRecording} from '../../src/recording';
import {replay} from './replay';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the recording: npm run replay:schedule -- <file>');
const {run, lines, problem} = readRecording(file);
const {plan, events, difference, state} = replay(lines);
const end = state.finished ? 'finished' : 'cut off';
const split = plan.units.filter(unit => unit.split !== null).length;
const units = `${plan.units.length} units (${split} of them may be split)`;
console.log(`run ${run.runId}: ${units}, ${state.slots.length} slots, ${events} events, ${end}`);
if (problem !== null) console.log(`  ${problem}`);
if (difference !== null) {
  console.log(`  differs after ${JSON.stringify(difference.event)}`);
  console.log(`  recorded: ${JSON.stringify(difference.recorded)}`);
  console.log(`  now:      ${JSON.stringify(difference.now)}`);
  process.exitCode = 1;
}
