/** A run of a fleet: many machines, each with a Jest of its own, share the files, and each Jest is told all results. */
import {recordOnNodes} from '../core/fleet/recordOnNodes';
import type {ResolvedFleet} from '../core/rules/resolvedOptions';
import {workerCount} from '../core/rules/workerCount';
import {checkoutPaths} from '../run/checkoutPaths';
import type {RunOptions} from '../run/runOptions';
import {FleetError} from './fleetError';
import {FleetRun} from './fleetRun';
import {identityOf, joinRun, readDurations} from './joinRun';
import {openConnection, reached} from './openConnection';
import {ownCollection} from './ownCollection';
import {ownFiles} from './ownFiles';
import {Presence, pulseOf} from './presence';
import {fleetSettings, FleetSettingsError, type FleetSettings} from './settings';
import {registerRun} from './status';
import {whyNoFleet} from './whyNoFleet';

/**
 * @param option the option `fleet`
 * @throws {FleetError} if this machine takes no part in the run
 */
export async function runInFleet(run: RunOptions, option: ResolvedFleet): Promise<void> {
  if (run.tests.length === 0 || run.watcher.isInterrupted()) return;
  const why = whyNoFleet(run);
  if (why !== null) throw new FleetError(why);
  const {rootDir} = run.globalConfig;
  const settings = settingsOf(option, rootDir);
  const paths = checkoutPaths(run);
  const bare = ownCollection(run, [], paths);
  const identity = identityOf(option.run, rootDir, {config: bare.config, node: bare.versions.node});
  const fleet = await openConnection(settings, identity);
  const takePart = async () => {
    const presence = new Presence(fleet);
    const timings = await readDurations(fleet);
    const files = ownFiles(run, paths, key => recordOnNodes(timings.files, key, bare.nodes));
    const collection = {...bare, files: files.map(({input}) => input.key)};
    const workers = workerCount(run.options, run.globalConfig.maxWorkers);
    await registerRun(fleet, identity);
    const joined = await joinRun({fleet, presence, identity, collection, files, workers});
    const pulseMs = pulseOf(fleet.leaseMs);
    await new FleetRun(run, {fleet, presence, pulseMs, joined, files, workers, paths, timings}).run();
  };
  try {
    await reached(takePart());
  } finally {
    await fleet.engine.close();
  }
}

function settingsOf(option: ResolvedFleet, rootDir: string): FleetSettings {
  try {
    return fleetSettings(option, process.env, rootDir);
  } catch (error) {
    throw error instanceof FleetSettingsError ? new FleetError(error.message) : error;
  }
}
