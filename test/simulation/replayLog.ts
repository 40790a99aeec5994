/** `npm run replay -- <file>`: replays an XDIST_LOG and says where today's scheduler decides differently. */
import {readFileSync} from 'node:fs';
import type {LogLine} from '../../src/run/eventLog';
import {replay} from './replay';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the log: npm run replay -- <file>');
const lines = readFileSync(file, 'utf8')
  .split('\n')
  .filter(line => line !== '')
  .map(line => JSON.parse(line) as LogLine);
for (const {run, plan, events, difference, state} of replay(lines)) {
  const end = state.finished ? 'finished' : 'cut off';
  const split = plan.units.filter(unit => unit.split !== null).length;
  const units = `${plan.units.length} units (${split} of them may be split)`;
  console.log(`run ${run}: ${units}, ${state.slots.length} slots, ${events} events, ${end}`);
  if (difference !== null) {
    console.log(`  differs after ${JSON.stringify(difference.event)}`);
    console.log(`  logged: ${JSON.stringify(difference.logged)}`);
    console.log(`  now:    ${JSON.stringify(difference.now)}`);
    process.exitCode = 1;
  }
}
