/** `npm run bench [-- scheduler suites speed splitting crashes fixtures modes slots watch cold]`: prints figures, ratios first; the goals are those of docs/design/benchmarks.md. */
import {benchmarkColdCache} from './coldCache';
import {benchmarkCrashes} from './crashes';
import {benchmarkFixtures} from './fixtures';
import {benchmarkModes} from './modes';
import {benchmarkPrefetch, benchmarkResources, benchmarkThroughput} from './scheduler';
import {benchmarkSlots} from './slots';
import {benchmarkSpeed} from './speed';
import {benchmarkSplitting} from './splitting';
import {benchmarkSuites} from './suites';
import {benchmarkWatch} from './watch';

const BENCHMARKS: Readonly<Record<string, () => void | Promise<void>>> = {
  scheduler: () => {
    benchmarkThroughput();
    benchmarkResources();
    benchmarkPrefetch();
  },
  suites: benchmarkSuites,
  speed: benchmarkSpeed,
  splitting: benchmarkSplitting,
  crashes: benchmarkCrashes,
  fixtures: benchmarkFixtures,
  modes: benchmarkModes,
  slots: benchmarkSlots,
  watch: benchmarkWatch,
  cold: benchmarkColdCache,
};

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!Object.hasOwn(BENCHMARKS, name))
    throw new Error(`No benchmark "${name}": there are ${Object.keys(BENCHMARKS).join(', ')}.`);
}
void (async () => {
  for (const [name, run] of Object.entries(BENCHMARKS)) if (wanted.length === 0 || wanted.includes(name)) await run();
})();
