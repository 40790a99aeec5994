/** Who is at what in the runs of a family: for whoever asks from outside of them. */
import {openJobs} from '../core/fleet/entry';
import type {RunIdentity} from '../core/fleet/runIdentity';
import type {ResolvedFleet} from '../core/rules/resolvedOptions';
import {record, text} from '../core/wire/values';
import type {FleetConnection} from './fleetConnection';
import {identityOf, inRound, newestPlan, outcomesOf} from './joinRun';
import {connectionFor, openConnection} from './openConnection';
import {nodeMajor} from './nodeMajor';
import {Presence} from './presence';
import {jsonBytes, parsed, type Place} from './sealedValues';
import {fleetSettings} from './settings';

export interface RunStatus {
  /** null: the run is being planned. */
  readonly jobs: {
    readonly round: number;
    readonly all: number;
    /** Of this round and of those before. */
    readonly completed: number;
    readonly failed: number;
  } | null;
  readonly machines: readonly MachineAtWork[];
}

export interface MachineAtWork {
  readonly name: string;
  readonly state: 'working' | 'left' | 'silent';
  /** The id of the plan that it works for; null: it has none yet. */
  readonly plan: string | null;
  readonly workers: number;
  /** How many jobs it holds that have not begun. */
  readonly waiting: number;
  /** What it runs, and for how long, in ms. */
  readonly running: readonly {readonly files: readonly string[]; readonly ms: number}[];
}

/** Notes the run, so that it can be asked for. */
export function registerRun({family, names}: FleetConnection, {run}: RunIdentity): Promise<void> {
  return family.putField(runsAt(names.runs), names.field, jsonBytes({run}));
}

/**
 * @param option the option `fleet`
 * @param named the name of the run; null: the environment says which one it is
 * @param rootDir of the project
 * @returns the runs that the server knows: a CI's pipeline may have several
 * @throws {FleetError | FleetSettingsError}
 */
export async function statusOfFleet(
  option: ResolvedFleet,
  named: string | null,
  rootDir: string,
): Promise<RunStatus[]> {
  const settings = fleetSettings(option, process.env, rootDir);
  const identity = identityOf(named, rootDir, {config: '', node: nodeMajor()});
  const fleet = await openConnection(settings, identity);
  try {
    const runs = await fleet.family.fields(runsAt(fleet.names.runs), bytes =>
      parsed(bytes, 'the name of a run', value => text(record(value, 'a run').run)),
    );
    const statuses: RunStatus[] = [];
    for (const run of runs) {
      statuses.push(await statusOf(connectionFor(fleet, settings, {...identity, run})));
    }
    return statuses;
  } finally {
    await fleet.engine.close();
  }
}

async function statusOf(fleet: FleetConnection): Promise<RunStatus> {
  const plan = await newestPlan(fleet);
  const outcomes = plan === null ? null : await outcomesOf(fleet, inRound(fleet, plan));
  const presence = new Presence(fleet);
  const now = fleet.clock.now();
  const filesOf = (id: string) => {
    const job = plan?.jobs.find(one => one.id === id);
    return (job?.files ?? []).map(file => plan?.collection.files[file] ?? '');
  };
  const machines = (await presence.all()).map(
    ({name, state, plan: of, workers, waiting, begun, at}): MachineAtWork => ({
      name,
      state: state !== 'left' && !presence.isRecent(at) ? 'silent' : state,
      plan: of,
      workers,
      waiting,
      running: state === 'left' ? [] : begun.map(({job, at: since}) => ({files: filesOf(job), ms: now - since})),
    }),
  );
  return {
    jobs: plan &&
      outcomes && {
        round: plan.round,
        all: plan.jobs.length,
        completed: plan.jobs.length - openJobs(plan) + outcomes.size,
        failed: [...outcomes.values()].filter(({failed}) => failed).length,
      },
    machines,
  };
}

function runsAt(key: string): Place {
  return {key, kind: 'run', about: []};
}
