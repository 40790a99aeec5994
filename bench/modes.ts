/** The makespans of the modes of `dist`, side by side: recorded runs, replayed in the simulation. */
import {lowerBound} from './lowerBound';
import {actualFiles, replayer, type Mode} from './replayTrace';
import {median} from './statistics';
import {committedTraces} from './trace';

/** The columns. */
export const MODES: readonly Mode[] = [
  {dist: 'load', splits: true, grouping: 'none', evenShares: false},
  {dist: 'loadfile', splits: false, grouping: 'none', evenShares: false},
  {dist: 'loadscope', splits: true, grouping: 'scope', evenShares: false},
  {dist: 'loadgroup', splits: true, grouping: 'named', evenShares: false},
  {dist: 'worksteal', splits: true, grouping: 'none', evenShares: true},
];

const SLOTS = [4, 16];
const SEEDS = 101;

export function benchmarkModes(): void {
  const traces = committedTraces();
  const width = Math.max(...[...traces.keys()].map(name => name.length)) + 2;
  const line = (head: string, bound: string, cells: readonly string[]) =>
    console.log(head.padEnd(width + 10) + bound.padStart(10) + cells.map(cell => cell.padStart(11)).join(''));
  console.log(
    `Makespan / lower bound, where all takes up to 30 % more or less than recorded: median of ${SEEDS} seeds.\n` +
      'The bound: a worker starts, then max(sum / slots, the longest that is indivisible), once its fixtures are up.\n',
  );
  for (const known of [true, false]) {
    const head = known ? 'durations known' : 'durations unknown';
    line(
      head,
      'bound ms',
      MODES.map(({dist}) => dist),
    );
    for (const [name, trace] of traces) {
      const runs = Array.from({length: SEEDS}, (_, seed) => actualFiles(trace, seed + 1));
      for (const slots of SLOTS) {
        const bounds = runs.map(actual => lowerBound(trace, slots, actual));
        const ratios = MODES.map(mode => {
          const replay = replayer(trace, mode, {slots, known});
          return median(runs.map((actual, run) => replay(actual) / bounds[run]!));
        });
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
