/** Measures how long the plan of shards takes. */
import {planShards} from '../src/core/shards/planShards';
import type {ShardInput} from '../src/core/shards/shardInput';
import {seeded} from '../test/seeded';
import {median} from './statistics';

const ROUNDS = 5;

/** Some files are unknown, some need fixtures or a worker group, and some are longer than a share and may be cut. */
function suiteOf(count: number, seed: number): ShardInput[] {
  const random = seeded(seed);
  return Array.from({length: count}, (_, index): ShardInput => {
    const isLong = index % 5000 === 0;
    const ms = isLong ? 500_000 : Math.round(Math.min(60_000, 20 + 200 * (1 - random()) ** (-1 / 1.5)));
    const tests = Object.fromEntries(
      Array.from({length: isLong ? 2000 : 10}, (_test, place) => [`test ${place}`, Math.floor((ms * 0.8) / 2000) + 1]),
    );
    const isKnown = random() < 0.95;
    return {
      key: `packages/p${index % 97}/src/folder${index % 13}/file${index}.test.ts`,
      record: isKnown ? {at: 0, ms, recent: [ms, ms, ms, ms, ms], tests, short: 0, end: 'passed'} : null,
      size: () => 2000 + index,
      mayCut: isLong,
      workerGroup: index % 1000 === 1 ? `group ${index % 7}` : null,
      serial: index % 1000 === 2,
      fixtures: index % 10 === 3 ? ['database', 'server'] : [],
    };
  });
}

/** Plans 50,000 files for 100 shards. */
export function benchmarkShardPlan(): void {
  for (const [files, shards] of [
    [1000, 8],
    [50_000, 100],
  ] as const) {
    const inputs = suiteOf(files, 1);
    const costs = {
      startMs: 2000,
      fixtures: new Map([...['database', 'server'].entries()].map(([ms, name]) => [name, 5000 + ms])),
      workers: 4,
    };
    const times: number[] = [];
    let quality = '';
    for (let round = 0; round < ROUNDS; round++) {
      const before = performance.now();
      const {ratio, bound, plan} = planShards(inputs, shards, costs);
      times.push(performance.now() - before);
      const cut = plan.files.filter(({given}) => given !== null).length;
      quality = `slowest/mean ${ratio.toFixed(4)} (bound ${bound.toFixed(4)}), ${cut} files cut`;
    }
    console.log(
      `plan of ${files} files for ${shards} shards: ${median(times).toFixed(0)} ms, most ` +
        `${Math.max(...times).toFixed(0)} ms; ${quality}   (goal: < 1000, median of ${ROUNDS})`,
    );
  }
}
