/** What a machine does about once in a second while it takes part: it says that it lives, and looks what others need. */
import {jobsOfRound, openJobs} from '../core/fleet/entry';
import type {MachineStatus} from '../core/fleet/messages';
import type {Pull} from '../core/fleet/pull';
import {tellFleet} from '../run/liveRun';
import type {FleetRecord} from './fleetRecord';
import type {JoinedRun} from './joinRun';
import type {MachineJobs} from './machineJobs';
import type {Presence} from './presence';
import type {ServerCheck} from './serverCheck';

export interface HeartbeatOptions {
  readonly presence: Presence;
  readonly joined: JoinedRun;
  readonly jobs: MachineJobs;
  readonly pull: Pull;
  readonly check: ServerCheck;
  readonly record: FleetRecord;
  /** How many workers this machine has. */
  readonly workers: number;
  /** Whether this machine asks for jobs: until its run has opened, it does not. */
  readonly isOpen: () => boolean;
  readonly hasLeft: () => boolean;
}

/** After so many beats, a machine looks how much work is left. */
const BEATS_TO_COUNT = 5;

/**
 * All others are asked for less often if there are many: else the bytes that the server sends would grow with the square
 * of their number. With each beat, a machine receives the status of so many others at most, on average.
 */
const STATUSES_PER_BEAT = 10;

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  /** How many machines take part, with this one. */
  #machines = 1;
  #beats = 0;
  /** How many workers the others had when they were asked for; at which beat that was, and when it is due again. */
  #workersOfOthers = 0;
  #askedAt = 0;
  #askAt = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** @throws {FleetError} if the server has lost a part of the run */
  async beat(): Promise<void> {
    const {presence, joined, jobs, pull, check, hasLeft} = this.#options;
    const [others] = await Promise.all([presence.othersAreOutOfWork(), jobs.renew(), check.check()]);
    jobs.giveBack(others);
    const idle = pull.hungryWorkers();
    // A message that a job waits may have been lost.
    pull.available();
    jobs.pull();
    if (idle > 0 && joined.completions.count < openJobs(joined.plan)) await presence.tellHunger(idle);
    if (!hasLeft()) await this.say('working');
    if (this.#beats++ % BEATS_TO_COUNT === 0) await this.#countRest();
    this.show();
  }

  say(state: MachineStatus['state']): Promise<void> {
    const {presence, joined, jobs, workers} = this.#options;
    return presence.say({...jobs.status, plan: joined.plan.id, workers, state});
  }

  /** For whoever looks on. */
  show(): void {
    const {record, jobs} = this.#options;
    tellFleet({machines: this.#machines, jobs: record.jobs, waiting: jobs.status.waiting});
  }

  /** How much work is left for each worker of the fleet: nobody should hold more than a part of it. */
  async #countRest(): Promise<void> {
    const {joined, pull, workers} = this.#options;
    if (this.#beats >= this.#askAt) await this.#askForOthers();
    const left = jobsOfRound(joined.plan).filter(({id}) => !joined.completions.has(id));
    const known = left.flatMap(({expectedMs}) => expectedMs ?? []);
    const knownMs = known.reduce((sum, ms) => sum + ms, 0);
    // An unknown job is taken to be as long as the others.
    if (known.length > 0) pull.setRest((knownMs * left.length) / known.length / (this.#workersOfOthers + workers));
  }

  async #askForOthers(): Promise<void> {
    const {presence, joined, jobs, check, record, isOpen} = this.#options;
    const all = await presence.all();
    record.heard(all);
    const others = presence.othersOf(all);
    this.#machines = 1 + others.length;
    this.#workersOfOthers = others.reduce((sum, other) => sum + other.workers, 0);
    const here = others.filter(({plan}) => plan === joined.plan.id);
    if (isOpen()) check.checkClaims([jobs.status, ...here], this.#beats - this.#askedAt);
    this.#askedAt = this.#beats;
    this.#askAt = this.#beats + others.length / STATUSES_PER_BEAT;
  }
}
