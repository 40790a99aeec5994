/** Compares the makespans of the modes of `dist` by replaying recorded runs in the simulation. */
import {MODES} from '../src/core/plan/dist';
import {lowerBound} from './lowerBound';
import {actualFiles, NODES, replayer} from './replayTrace';
import {median} from './statistics';
import {committedTraces} from './trace';

const SLOTS = [4, 16];
const SEEDS = 101;

export function benchmarkModes(): void {
  const traces = committedTraces();
  const width = Math.max(...[...traces.keys()].map(name => name.length)) + 2;
  const line = (head: string, bound: string, cells: readonly string[]) =>
    console.log(head.padEnd(width + 10) + bound.padStart(10) + cells.map(cell => cell.padStart(11)).join(''));
  console.log(
    `Makespan / lower bound, where all takes up to 30 % more or less than recorded: median of ${SEEDS} seeds.\n` +
      'The bound: a worker starts, then max(sum / slots, the longest that is indivisible), once its fixtures are up;\n' +
      `for each, which runs every file on ${NODES} nodes, with so many times the files. It is that of --ci: a file may run\n` +
      'on all nodes at once; without, where snapshots may be written, it would run on one after the other.\n',
  );
  for (const known of [true, false]) {
    const head = known ? 'durations known' : 'durations unknown';
    line(head, 'bound ms', Object.keys(MODES));
    for (const [name, trace] of traces) {
      const runs = Array.from({length: SEEDS}, (_, seed) => actualFiles(trace, seed + 1));
      for (const slots of SLOTS) {
        const ratios = Object.values(MODES).map(mode => {
          const replay = replayer(trace, mode, {slots, known});
          return median(runs.map(actual => replay(actual) / lowerBound(trace, mode, slots, actual)));
        });
        const bounds = runs.map(actual => lowerBound(trace, MODES.load, slots, actual));
        line(
          `${name.padEnd(width)}-w ${slots}`,
          median(bounds).toFixed(0),
          ratios.map(ratio => ratio.toFixed(2)),
        );
      }
    }
    console.log('');
  }
}
