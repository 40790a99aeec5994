/** A machine of a simulated fleet: the production policy, and workers that exist only as timers. */
import {decideEntry, jobsOfRound, openJobs} from '../../../src/core/fleet/entry';
import type {FleetPlan} from '../../../src/core/fleet/fleetPlan';
import type {Story} from '../../../src/core/fleet/messages';
import {planRound, type JobOutcome} from '../../../src/core/fleet/planRound';
import {Pull} from '../../../src/core/fleet/pull';
import {costOf, isCause, type Loss} from '../../../src/core/fleet/stories';
import {Link, type Clock} from './link';
import type {Lease} from './queue';
import type {Round, SimulatedServer} from './server';
import type {SimulatedJob} from './world';

/** How often (ms) a machine renews its leases, and says what it does. */
export const PULSE_MS = 1000;

/** How often (ms) a machine that waits for a plan asks. */
const POLL_MS = 200;

/** How many jobs a planner adds at once. */
const CHUNK = 1000;

export interface Surroundings extends Clock {
  readonly server: SimulatedServer;
  /** In the order of the plan. */
  readonly jobs: readonly SimulatedJob[];
  latency(): number;
  /** What all jobs are expected to take, in ms. */
  readonly totalMs: number;
  /** What a machine sent so shortly (ms) before a job killed it does not arrive. */
  readonly lostMs: number;
  /** The first plan. */
  planFirst(): FleetPlan;
  /** Whether machines are told each result; otherwise they only learn the end. */
  readonly tells: boolean;
  accepted(round: Round, lease: Lease): void;
  blamed(round: Round, job: string, losses: readonly Loss[]): void;
  killed(round: Round, job: string): void;
  refused(): void;
}

interface Held {
  readonly lease: Lease;
  /** Whether a worker has begun it. */
  begun: boolean;
  /** Whether the server was told that it has begun. */
  isNoted: boolean;
}

export class Machine {
  readonly name: string;
  readonly link: Link;
  /** The ids of the jobs that its Jest was told of, in this order. */
  readonly told: string[] = [];
  state: 'enters' | 'works' | 'done' | 'left' | 'dead' = 'enters';
  readonly #world: Surroundings;
  readonly #workers: number;
  readonly #pull: Pull;
  /** Of which round; null: it has not entered. */
  round: Round | null = null;
  /** All leases that it renews. */
  readonly held = new Map<string, Held>();
  /** What the run of this machine has not begun. */
  #queue: string[] = [];
  #busy = 0;
  #serialRuns = false;
  #completions = 0;

  constructor(name: string, workers: number, world: Surroundings) {
    this.name = name;
    this.#workers = workers;
    this.#world = world;
    this.link = new Link(world, () => world.latency());
    this.#pull = new Pull(workers);
  }

  start(): void {
    const {server} = this.#world;
    this.link.call(
      () => {
        const round = server.newest();
        const completed = round?.jobs.completed.length ?? 0;
        const failed = [...outcomeOf(round).values()].some(outcome => outcome.failed);
        const entry = decideEntry({
          plan: round?.plan ?? null,
          completed,
          failed,
          alive: server.alive(round, this.#world.now()),
        });
        const number = server.rounds.indexOf(round!) + 1;
        return {entry, round, next: server.round(entry === 'plan' ? 1 : number + (entry === 'new-round' ? 1 : 0))};
      },
      ({entry, round, next}) => {
        if (entry === 'join' || entry === 'be-told') this.#join(next);
        else this.#plan(next, round);
      },
    );
    this.#pulse();
  }

  /** @param lostMs what it sent so shortly before does not arrive, in ms */
  die(lostMs = 0): void {
    if (this.link.isDead) return;
    this.link.die(lostMs);
    this.state = 'dead';
  }

  /** Says good-bye. */
  leave(): void {
    if (this.link.isDead || this.state === 'done') return;
    const {server} = this.#world;
    for (const [key, {lease, isNoted}] of this.held) {
      // Nobody gives a planner's lease back: it ends soon enough.
      if (key === 'plan') continue;
      if (isNoted) this.#note(lease, 'left');
      this.#send(() => this.round!.jobs.giveBack(lease, this.#world.now()));
    }
    this.#send(() => server.fields.delete(this.name));
    this.link.die();
    this.state = 'left';
  }

  /** Takes part in the planning until the round has a plan and all its jobs. */
  #plan(round: Round, previous: Round | null): void {
    this.link.call(
      () => {
        round.planning.add(['0']);
        return {lease: round.planning.take(this.#world.now()), done: round.planning.isCompleted('0')};
      },
      ({lease, done}) => {
        if (round.plan !== null && this.round === null) this.#join(round);
        if (lease === null) {
          if (!done) this.link.local(this.#world.now() + POLL_MS, () => this.#plan(round, previous));
          return;
        }
        this.held.set('plan', {lease, begun: false, isNoted: false});
        const made = previous === null ? this.#world.planFirst() : this.#planAgain(previous);
        this.link.call(
          () => {
            // Before the plan is there, so that nobody takes its round for one that all machines have left.
            this.#show(round);
            return (round.plan ??= made);
          },
          plan => {
            const ids = jobsOfRound(plan).map(({id}) => id);
            for (let from = 0; from < ids.length; from += CHUNK) {
              this.#send(() => round.jobs.add(ids.slice(from, from + CHUNK)));
            }
            this.#send(() => round.planning.complete(lease, this.#world.now()));
            this.held.delete('plan');
            if (this.round === null) this.#join(round);
          },
        );
      },
    );
  }

  #planAgain(previous: Round): FleetPlan {
    return planRound(previous.plan!, outcomeOf(previous), `${previous.plan!.round + 1}`);
  }

  #join(round: Round): void {
    this.round = round;
    this.state = 'works';
    this.#send(() => this.#show(round));
    if (!round.planning.isCompleted('0')) this.#plan(round, null);
    this.#follow();
    this.#pump();
  }

  /** Hears of the completed jobs, in their order. */
  #follow(): void {
    const round = this.round!;
    const all = round.jobs.completed;
    if (this.#world.tells) this.told.push(...all.slice(this.#completions).map(({id}) => id));
    this.#completions = all.length;
    if (this.#completions === openJobs(round.plan!)) this.#end();
  }

  /** The server has a completed job more. */
  hearCompletion(): void {
    if (this.round === null || this.link.isDead) return;
    this.link.tell(this.round.jobs.completed.length, count => {
      if (this.state !== 'works' || this.#completions >= count) return;
      const all = this.round!.jobs.completed;
      if (this.#world.tells) this.told.push(...all.slice(this.#completions, count).map(({id}) => id));
      this.#completions = count;
      if (count === openJobs(this.round!.plan!)) this.#end();
    });
  }

  #end(): void {
    this.state = 'done';
    this.#send(() => this.#world.server.fields.delete(this.name));
  }

  #pump(): void {
    if (this.state !== 'works') return;
    const round = this.round!;
    while (this.#pull.wantsMore(this.#world.now())) {
      this.#pull.asked();
      this.link.call(
        () => {
          const lease = round.jobs.take(this.#world.now());
          if (lease === null) this.#world.server.whenAvailable(() => this.link.tell(null, () => this.#available()));
          return lease;
        },
        lease => this.#took(lease),
      );
    }
    for (const token of this.#pull.toBegin(this.#world.now())) this.#pass(token);
    this.#begin();
  }

  /** Gives a job to the run. One that may have cost a machine comes when the server has the note that it has begun. */
  #pass(token: string): void {
    const held = this.held.get(token)!;
    if (held.lease.endedLeases === 0) this.#queue.push(token);
    else
      this.#noteBegun(held, () => {
        if (this.held.get(token) !== held) return;
        this.#queue.push(token);
        this.#begin();
      });
  }

  #available(): void {
    this.#pull.available();
    this.#pump();
  }

  #took(lease: Lease | null): void {
    if (lease === null) {
      this.#pull.foundNothing();
      this.#pump();
      return;
    }
    this.held.set(lease.token, {lease, begun: false, isNoted: false});
    if (lease.endedLeases === 0) this.#hold(lease, []);
    else
      this.link.call(
        () => this.round!.stories.get(lease.id) ?? [],
        stories => this.#hold(lease, stories),
      );
  }

  #hold(lease: Lease, stories: readonly Story[]): void {
    const round = this.round!;
    const losses = costOf(stories, this.name);
    if (isCause(losses)) {
      this.#pull.dropped();
      this.#complete(lease, true, () => this.#world.blamed(round, lease.id, losses));
    } else if (!this.held.has(lease.token)) {
      // The lease was lost while the stories were on their way.
      this.#pull.dropped();
    } else {
      const {expectedMs} = round.plan!.jobs[Number(lease.id)]!;
      const {serial = false} = this.#world.jobs[Number(lease.id)]!;
      this.#pull.took({id: lease.token, expectedMs, serial, suspect: lease.endedLeases > 0}, this.#world.now());
    }
    this.#pump();
  }

  #begin(): void {
    while (this.#queue.length > 0 && this.#busy < this.#workers && !this.#serialRuns) {
      const at = this.#queue.findIndex(token => !this.#job(token).serial);
      const next = at >= 0 ? at : this.#busy === 0 ? 0 : -1;
      if (next < 0) return;
      this.#run(this.held.get(this.#queue.splice(next, 1)[0]!)!);
    }
  }

  #job(token: string): SimulatedJob {
    return this.#world.jobs[Number(this.held.get(token)!.lease.id)]!;
  }

  #run(held: Held): void {
    const {lease} = held;
    const {realMs, serial = false, killsAt, passesFrom = 1} = this.#job(lease.token);
    const now = this.#world.now();
    held.begun = true;
    this.#busy++;
    this.#serialRuns = serial;
    this.#pull.began(lease.token, now);
    this.#pull.setBusy(this.#busy);
    if (!held.isNoted) this.#noteBegun(held);
    if (killsAt !== undefined) this.#world.at(now + realMs * killsAt, () => this.#dieOf(lease.id));
    this.link.local(now + realMs, () => {
      this.#busy--;
      this.#serialRuns = false;
      this.#pull.setBusy(this.#busy);
      // The next suspect begins when the result of this one is accepted.
      if (lease.endedLeases === 0 || !this.held.has(lease.token)) this.#pull.ended(lease.token, this.#world.now());
      if (this.held.has(lease.token)) this.#complete(lease, this.round!.plan!.round < passesFrom, () => {});
      this.#pump();
    });
  }

  #dieOf(id: string): void {
    if (this.link.isDead) return;
    this.#world.killed(this.round!, id);
    this.die(this.#world.lostMs);
  }

  #complete(lease: Lease, failed: boolean, then: () => void): void {
    const round = this.round!;
    this.#send(() => round.results.set(`${lease.id} ${lease.token}`, {failed, machine: this.name}));
    this.link.call(
      () => {
        const isAccepted = round.jobs.complete(lease, this.#world.now());
        if (isAccepted) {
          this.#world.accepted(round, lease);
          then();
        } else this.#world.refused();
        return isAccepted;
      },
      isAccepted => {
        this.held.delete(lease.token);
        this.#pull.ended(lease.token, this.#world.now());
        if (!isAccepted) this.#note(lease, 'lost-lease');
        this.#pump();
      },
    );
  }

  #pulse(): void {
    if (this.state === 'done') return;
    const {server} = this.#world;
    const leases = [...this.held].flatMap(([key, {lease}]) => (key === 'plan' ? [] : [lease]));
    const planning = this.held.get('plan')?.lease;
    const hungry = this.#pull.hungryWorkers();
    const {round} = this;
    this.link.call(
      () => {
        const now = this.#world.now();
        this.#show(round, hungry);
        if (planning !== undefined) server.rounds.forEach(round => round.planning.renew([planning], now));
        return {lost: this.round?.jobs.renew(leases, now) ?? [], ...this.#lookAround(now)};
      },
      ({lost, othersAreOutOfWork, restMs}) => {
        if (this.state !== 'works') return;
        for (const lease of lost) this.#lose(lease);
        this.#pull.setRest(restMs);
        for (const token of this.#pull.toGiveBack(this.#world.now(), {othersAreOutOfWork})) this.#giveBack(token);
        this.#pump();
      },
    );
    this.link.local(this.#world.now() + PULSE_MS, () => this.#pulse());
  }

  #show(round: Round | null, hungry = 0): void {
    const [at, workers] = [this.#world.now(), this.#workers];
    this.#world.server.fields.set(this.name, {at, hungry, workers, round});
  }

  #lookAround(now: number): {readonly othersAreOutOfWork: boolean; readonly restMs: number} {
    let [workers, isHungry] = [0, false];
    for (const [name, field] of this.#world.server.fields) {
      if (field.round !== this.round || now - field.at > 2 * PULSE_MS) continue;
      workers += field.workers;
      isHungry ||= field.hungry > 0 && name !== this.name;
    }
    const rest = this.round === null ? Infinity : this.#restOf(this.round);
    return {othersAreOutOfWork: isHungry, restMs: rest / Math.max(1, workers)};
  }

  #restOf({plan, jobs}: Round): number {
    const share = 1 - jobs.completed.length / Math.max(1, plan!.jobs.length);
    return share * this.#world.totalMs;
  }

  #lose(lease: Lease): void {
    const held = this.held.get(lease.token);
    if (held === undefined) return;
    this.held.delete(lease.token);
    this.#queue = this.#queue.filter(token => token !== lease.token);
    if (held.isNoted) this.#note(lease, 'lost-lease');
    this.#pull.ended(lease.token, this.#world.now());
  }

  #giveBack(token: string): void {
    const held = this.held.get(token);
    if (held === undefined || held.begun) return;
    this.held.delete(token);
    this.#queue = this.#queue.filter(other => other !== token);
    this.#pull.ended(token, this.#world.now());
    if (held.isNoted) this.#note(held.lease, 'gave-back');
    this.#send(() => this.round!.jobs.giveBack(held.lease, this.#world.now()));
  }

  #noteBegun(held: Held, then = (): void => {}): void {
    held.isNoted = true;
    this.#note(held.lease, 'began', then);
  }

  /** @param then called when the server has the note */
  #note({id, token}: Lease, what: Story['what'], then = (): void => {}): void {
    const {stories} = this.round!;
    const at = this.#world.now();
    this.link.call(() => {
      const story = {machine: this.name, name: this.name, token, at, what};
      const list = stories.get(id);
      if (list === undefined) stories.set(id, [story]);
      else list.push(story);
    }, then);
  }

  #send(there: () => unknown): void {
    this.link.call(there, () => {});
  }
}

/** How the jobs of a round have ended, those kept of earlier rounds too. */
export function outcomeOf(round: Round | null): Map<string, JobOutcome> {
  const outcome = new Map<string, JobOutcome>();
  if (round === null || round.plan === null) return outcome;
  for (const {job, plan, token} of round.plan.kept) outcome.set(job, {failed: false, plan, token});
  for (const {id, value} of round.jobs.completed) {
    const result = round.results.get(`${id} ${value.token}`);
    if (result === undefined) throw new Error(`job ${id} was completed without a result`);
    outcome.set(id, {failed: result.failed, plan: round.plan.id, token: value.token});
  }
  return outcome;
}
