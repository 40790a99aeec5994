/** Finds out that the server has lost a part of the run, or keeps it from going on: what is missing is never passed over. */
import {openJobs} from '../core/fleet/entry';
import type {MachineStatus} from '../core/fleet/messages';
import {UNTOLD} from './completions';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import type {JoinedRun} from './joinRun';
import {hasRound} from './planning';

/** For so many pulses the server may say that more jobs are completed than were heard of. */
const PULSES_TO_HEAR = 10;

/** What a machine has, as it says itself. */
type Claims = Pick<MachineStatus, 'waiting' | 'begun'>;

export class ServerCheck {
  readonly #fleet: Pick<FleetConnection, 'engine' | 'names'>;
  readonly #joined: Pick<JoinedRun, 'plan' | 'queue' | 'completions'>;
  readonly #mostUnclaimed: number;
  #unheard = 0;
  #unclaimed = 0;

  /** @param pulsesOfLease how many pulses a lease has */
  constructor(
    fleet: Pick<FleetConnection, 'engine' | 'names'>,
    joined: Pick<JoinedRun, 'plan' | 'queue' | 'completions'>,
    pulsesOfLease: number,
  ) {
    this.#fleet = fleet;
    this.#joined = joined;
    // A job of a machine that is gone waits for the end of its lease, and for the server's next look at the leases.
    this.#mostUnclaimed = 2 * pulsesOfLease + PULSES_TO_HEAR;
  }

  /**
   * Once in a pulse.
   *
   * @throws {FleetError} if the server has lost what belongs to the run
   */
  async check(): Promise<void> {
    const {plan, queue, completions} = this.#joined;
    const [has, counts] = await Promise.all([hasRound(this.#fleet, plan.round), queue.counts()]);
    const known = counts.waiting + counts.taken + counts.completed;
    if (!has || known < openJobs(plan)) {
      throw new FleetError(
        "the fleet's server has lost jobs of the run. Was it restarted without its data, or did somebody delete them?",
      );
    }
    this.#unheard = counts.completed > completions.count ? this.#unheard + 1 : 0;
    if (this.#unheard > PULSES_TO_HEAR) throw new FleetError(UNTOLD);
  }

  /**
   * Whether somebody has the jobs that are left. A stranger can pause the queue, or lock a job for ever.
   *
   * @param machines of this run, with this one, if it asks for jobs
   * @param pulses since the last call
   * @throws {FleetError} if no machine gets a job
   */
  checkClaims(machines: readonly Claims[], pulses: number): void {
    const {plan, completions} = this.#joined;
    const isClaimed = machines.some(({waiting, begun}) => waiting + begun.length > 0);
    const isDone = completions.count >= openJobs(plan);
    this.#unclaimed = isClaimed || isDone ? 0 : this.#unclaimed + pulses;
    if (this.#unclaimed <= this.#mostUnclaimed) return;
    throw new FleetError(
      "the fleet's server has jobs of the run and gives them to no machine. " +
        'Has somebody paused the queue on the server, or locked its jobs?',
    );
  }
}
