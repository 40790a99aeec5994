/**
 * `npm run bench [-- <parts> --node 24 --line 30 --pairs 5 --cold]`: prints figures, ratios first;
 * docs/design/benchmarks.md describes the parts and their goals.
 */
import {spawnSync} from 'node:child_process';
import {dirname, join} from 'node:path';
import {benchmarkColdCache} from './coldCache';
import {CommandError, parseCommand, type Command} from './command';
import {benchmarkCrashes} from './crashes';
import {benchmarkFixtures} from './fixtures';
import {benchmarkFleet, benchmarkFleetDeath} from './fleet';
import {benchmarkFleetEngine} from './fleetEngine';
import {benchmarkLiveView} from './liveCost';
import {benchmarkMerge} from './merge';
import {benchmarkModes} from './modes';
import {pathOfNode} from './nodes';
import {benchmarkRecording} from './recordingCost';
import {benchmarkPrefetch, benchmarkResources, benchmarkThroughput} from './scheduler';
import {benchmarkShardBalance} from './shardBalance';
import {benchmarkShardPlan} from './shardPlan';
import {benchmarkSlots} from './slots';
import {compareRunners} from './speed/compare';
import {installFor} from './speed/install';
import {SPEED_SUITES} from './speed/suites';
import {benchmarkSplitting} from './splitting';
import {benchmarkSuites} from './suites';
import {installed, type Install} from './turns';
import {benchmarkWatch} from './watch';

const BENCHMARKS: Readonly<Record<string, (installs: readonly Install[]) => void | Promise<void>>> = {
  scheduler: () => {
    benchmarkThroughput();
    benchmarkResources();
    benchmarkPrefetch();
  },
  shardPlan: benchmarkShardPlan,
  shards: benchmarkShardBalance,
  suites: benchmarkSuites,
  splitting: benchmarkSplitting,
  crashes: benchmarkCrashes,
  fixtures: benchmarkFixtures,
  modes: benchmarkModes,
  slots: benchmarkSlots,
  watch: benchmarkWatch,
  cold: benchmarkColdCache,
  merge: benchmarkMerge,
  fleetEngine: benchmarkFleetEngine,
};

/** A round of a fleet takes two minutes. */
const FLEET_ROUNDS = 3;

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommand(args, [
    ...Object.keys(BENCHMARKS),
    'recording',
    'live',
    'fleet',
    'fleetDeath',
    'speed',
    ...Object.keys(SPEED_SUITES),
  ]);
  const node = pathOfNode(command.node);
  if (node === process.execPath) return run(command);
  // A benchmark starts all its processes on the Node on which it runs itself.
  const jiti = join(dirname(require.resolve('jiti/package.json')), 'lib', 'jiti-cli.mjs');
  process.exitCode = spawnSync(node, [jiti, __filename, ...args], {stdio: 'inherit'}).status ?? 1;
}

async function run(command: Command): Promise<void> {
  const {parts, lines} = command;
  const isWanted = (...names: string[]) => parts.length === 0 || names.some(name => parts.includes(name));
  const installs = lines.map(line => installed(line, `jest-${line}`));
  console.log(`Measured on ${installs.map(({label}) => label).join('; ')}`);
  for (const [name, benchmark] of Object.entries(BENCHMARKS)) if (isWanted(name)) await benchmark(installs);
  if (isWanted('recording')) await benchmarkRecording(lines, command.pairs);
  if (isWanted('live')) await benchmarkLiveView(installs, command.pairs);
  if (isWanted('fleet')) await benchmarkFleet(installs, command.pairs ?? FLEET_ROUNDS);
  if (isWanted('fleetDeath')) await benchmarkFleetDeath(installs, command.pairs ?? FLEET_ROUNDS);
  for (const [name, makeSuite] of Object.entries(SPEED_SUITES)) {
    if (!isWanted(name, 'speed')) continue;
    const suite = makeSuite();
    for (const line of lines) await compareRunners(await installFor(name, suite, line), suite, command);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof CommandError ? error.message : error);
  process.exitCode = 1;
});
